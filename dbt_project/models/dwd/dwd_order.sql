-- a row is one order of a customer for an investment product
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with source_rows as (
    select * from {{ ref('stg_inv_order') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        customers.customer_id,
        source_rows.order_no,
        source_rows.prod_id,
        source_rows.line_code,
        source_rows.order_type,
        source_rows.amt,
        source_rows.order_date,
        source_rows.confirm_date,
        source_rows.settle_date,
        source_rows.status_code,
        source_rows.units,
        source_rows.to_prod_id,
        source_rows.to_units,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
