-- a row is one entry on a credit card account
{{ config(
    materialized='daily', date_column='acct_date', part='party_id', owner='customer_id',
    keyed=[{'to': 'dwd_party_xref', 'key': 'source_id', 'where': "source_system = 'ecif'", 'reads': ['customer_id', 'entity'], 'by': 'party_id'}]
) }}
with source_rows as (
    select * from {{ ref('stg_cc_txn') }} where {{ daily_rows('acct_date', 'party_id') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        source_rows.party_id,
        customers.customer_id,
        source_rows.cc_acct_no,
        source_rows.txn_no,
        source_rows.acct_date,
        source_rows.txn_time,
        source_rows.amt,
        source_rows.kind_code,
        source_rows.mcc,
        source_rows.country_code,
        source_rows.is_instal,
        source_rows.init_code = 'C' as is_self,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
