-- a row is one amount on one side: left the trading days since the last price of what is held, right at most five of them
with trading as (
    select cal_date from warehouse.dwd.calendar where is_trading_day and cal_date <= getvariable('biz_date')
),

latest as (
    select holding.prod_id as code, holding.line_code as what, max(price.price_date) as price_date
    from (select distinct prod_id, line_code from warehouse.dwd.holding where hold_date = getvariable('biz_date')) as holding
    -- A product that never has a price is held at its face, as savings bonds are.
    inner join warehouse.dwd.price as price on holding.prod_id = price.prod_id
    group by all
    union all
    -- A rate is carried until the next one comes: the first of the days that one row stands for is its own.
    select rate.ccy as code, 'fx' as what, min(rate.rate_date) as price_date
    from warehouse.dwd.fx_rate as rate
    inner join warehouse.dwd.fx_rate as today
        on
            rate.ccy = today.ccy
            and rate.src_file = today.src_file
            and rate.src_line = today.src_line
            and today.rate_date = getvariable('biz_date')
    group by all
),

aged as (
    select latest.what, latest.code, count(trading.cal_date) as days
    from latest
    left join trading on trading.cal_date > latest.price_date
    group by all
)

select 'left' as side, null as gl_org, what as subject, 'days' as ccy, code as key, days as amount
from aged
union all
select 'right' as side, null as gl_org, what as subject, 'days' as ccy, code as key, least(days, 5) as amount
from aged
