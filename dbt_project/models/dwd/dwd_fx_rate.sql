-- a row is one foreign currency and calendar day, with its middle rate in the bank's base currency
-- A plain table: a rate holds until the next one comes. Tables built by day read it with `dated`.
with prices as (
    select
        price_code as ccy,
        price_date,
        -- A price is for so many units as `unit` says: CNY/1, CNY/100.
        cast(price / cast(split_part(unit, '/', 2) as integer) as decimal(18, 8)) as rate,
        src_file,
        src_line
    from {{ ref('stg_ref_price') }}
    where kind_code = 'fx'
),

-- A rate holds until the next one: none is made on days of rest.
spans as (
    select
        *,
        coalesce(lead(price_date) over (partition by ccy order by price_date) - 1, {{ biz_date() }}) as last_date
    from prices
    where price_date <= {{ biz_date() }}
),

final as (
    select
        spans.ccy,
        cast(unnest(generate_series(spans.price_date, spans.last_date, interval 1 day)) as date) as rate_date,
        spans.rate,
        spans.src_file,
        spans.src_line
    from spans
)

select * from final
