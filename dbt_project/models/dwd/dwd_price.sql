-- a row is the price of one unit of an investment product on one trading day, the one before, and the day that it values
-- A plain table: the day that a price values is the next trading day, and calendars are delivered again.
with source_rows as (
    select * from {{ ref('stg_ref_price') }}
    where kind_code in ('nav', 'gold')
),

products as (
    select prod_id, line_code from {{ ref('stg_ref_product') }}
),

-- Every product of metals is held by the gram and follows the one price of gold.
priced as (
    select products.prod_id, products.line_code, source_rows.*
    from source_rows
    inner join products
        on
            (source_rows.kind_code = 'nav' and source_rows.price_code = products.prod_id)
            or (source_rows.kind_code = 'gold' and products.line_code = 'pm')
),

final as (
    select
        prod_id,
        price_date,
        price,
        prev_price,
        -- The price of a fund or trust arrives the next morning: the night after its own counts it, be that day one of rest.
        case when line_code in ('fund', 'trust') then price_date + 1 else price_date end as valued_date,
        src_file,
        src_line
    from priced
)

select * from final
