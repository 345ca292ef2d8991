-- a row is what one account or loan note of a customer contributed in one closed month, by funds transfer pricing
{{ config(
    materialized='daily', date_column='month_end', part='party_id', owner='customer_id',
    keyed=[
        {'to': 'dwd_party_xref', 'key': 'source_id', 'where': "source_system = 'ecif'", 'reads': ['customer_id', 'entity'], 'by': 'party_id'},
        {'to': 'dwd_account', 'key': 'acct_no', 'reads': ['acct_no'], 'by': 'item_no'},
    ]
) }}
with source_rows as (
    select * from {{ ref('stg_fin_contrib') }} where {{ daily_rows('month', 'party_id') }}
),

customers as (
    {{ customers_of('ecif') }}
),

accounts as (
    select acct_no from {{ ref('dwd_account') }}
),

final as (
    select
        source_rows.party_id,
        customers.customer_id,
        customers.entity,
        source_rows.month as month_end,
        source_rows.acct_or_note as item_no,
        -- What is no deposit account is a loan note: finance delivers nothing else.
        case when accounts.acct_no is not null then 'dep' else 'loan' end as side_code,
        source_rows.ftp_income as ftp_amt,
        source_rows.fee_income as fee_amt,
        source_rows.cost as cost_amt,
        source_rows.provision as provision_amt,
        source_rows.net as net_amt,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
    left join accounts on source_rows.acct_or_note = accounts.acct_no
)

select * from final
