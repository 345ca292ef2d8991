-- a row is one product of the bank
with products as (
    select * from {{ ref('dwd_product') }}
),

final as (
    select
        products.prod_id,
        products.prod_name,
        products.line_code,
        products.kind_code,
        products.business_line,
        products.risk_level,
        products.is_on_balance,
        products.min_amt,
        products.hold_days
    from products
)

select * from final
