-- a row is the price of one unit of an investment product on one trading day, and the one before
with source_rows as (
    select * from {{ ref('stg_ref_price') }}
    where kind_code in ('nav', 'gold')
),

products as (
    select prod_id, line_code from {{ ref('stg_ref_product') }}
),

final as (
    -- Every product of metals is held by the gram and follows the one price of gold.
    select
        coalesce(products.prod_id, source_rows.price_code) as prod_id,
        source_rows.price_date,
        source_rows.price,
        source_rows.prev_price,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join products on source_rows.kind_code = 'gold' and products.line_code = 'pm'
)

select * from final
