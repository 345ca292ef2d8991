-- a row is what a customer holds of one investment product at the end of one day
with source_rows as (
    select * from {{ ref('stg_inv_hold') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
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
