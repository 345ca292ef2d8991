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

trading_days as (
    select cal_date, lead(cal_date) over (order by cal_date) as next_date from {{ ref('dwd_calendar') }}
    where is_trading_day
),

final as (
    select
        priced.prod_id,
        priced.price_date,
        priced.price,
        priced.prev_price,
        -- The price of a fund arrives the next morning: holdings count it from the next trading day on.
        case when priced.line_code = 'fund' then trading_days.next_date else priced.price_date end as valued_date,
        priced.src_file,
        priced.src_line
    from priced
    left join trading_days on priced.price_date = trading_days.cal_date
)

select * from final
