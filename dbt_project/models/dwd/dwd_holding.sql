-- a row is what a customer holds of one investment product at the end of one day
{{ config(
    materialized='daily', date_column='hold_date', part='party_id', owner='customer_id',
    keyed=[{'to': 'dwd_party_xref', 'key': 'source_id', 'where': "source_system = 'ecif'", 'reads': ['customer_id', 'entity'], 'by': 'party_id'}]
) }}
with source_rows as (
    select * from {{ ref('stg_inv_hold') }} where {{ daily_rows('hold_date', 'party_id') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        source_rows.party_id,
        customers.customer_id,
        source_rows.prod_id,
        source_rows.line_code,
        source_rows.hold_date,
        source_rows.units,
        source_rows.market_amt,
        source_rows.cost_amt,
        source_rows.start_date,
        source_rows.due_date,
        source_rows.redeem_from_date,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
