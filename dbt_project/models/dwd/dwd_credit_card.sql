-- a row is one credit card account at the end of one day
{{ config(
    materialized='daily', date_column='bal_date', part='party_id', owner='customer_id',
    keyed=[{'to': 'dwd_party_xref', 'key': 'source_id', 'where': "source_system = 'ecif'", 'reads': ['customer_id', 'entity'], 'by': 'party_id'}]
) }}
with source_rows as (
    select * from {{ ref('stg_cc_acct') }} where {{ daily_rows('bal_date', 'party_id') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        source_rows.party_id,
        customers.customer_id,
        source_rows.cc_acct_no,
        source_rows.bal_date,
        source_rows.limit_amt,
        source_rows.bal,
        source_rows.credit_bal,
        source_rows.instal_bal,
        source_rows.last_stmt_amt,
        source_rows.dpd,
        source_rows.class_code,
        source_rows.status_code,
        source_rows.open_date,
        source_rows.temp_limit_amt,
        source_rows.is_autopay,
        source_rows.min_pay_amt,
        source_rows.stmt_day,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
