-- a row is one payment of an employer or public payer to one person, paid out through this bank
{{ config(
    materialized='daily', date_column='pay_date', part='party_id', owner='customer_id',
    keyed=[
        {'to': 'dwd_party_xref', 'key': 'source_id', 'where': "source_system = 'ecif'", 'reads': ['customer_id', 'entity'], 'by': 'party_id'},
        {'to': 'dwd_party_xref', 'key': 'source_id', 'where': "source_system = 'ecif'", 'reads': ['customer_id', 'entity'], 'by': 'payer_ecif'},
    ]
) }}
with source_rows as (
    select * from {{ ref('stg_pay_detail') }} where {{ daily_rows('pay_date', 'party_id') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        source_rows.party_id,
        customers.customer_id,
        source_rows.batch_no,
        source_rows.seq,
        source_rows.payer_id,
        source_rows.payer_ecif,
        payers.customer_id as payer_customer_id,
        source_rows.pay_date,
        source_rows.amt,
        source_rows.pay_type,
        source_rows.result_code,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
    -- Public payers are no customers: they have a number of the payroll system only.
    left join customers as payers on source_rows.payer_ecif = payers.source_id and payers.entity = 'corporate'
)

select * from final
