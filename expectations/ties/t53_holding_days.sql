-- a row is one amount on one side: left a day of the last year that the holdings have, right a day that they must have
with days as (
    select distinct hold_date as day
    from warehouse.dwd.holding
    where hold_date > getvariable('biz_date') - 365 and hold_date <= getvariable('biz_date')
)

select 'left' as side, null as gl_org, 'holding' as subject, 'days' as ccy, day::varchar as key, 1 as amount
from days
union all
-- A bank that has come later has history from its first day on only.
select
    'right' as side, null as gl_org, 'holding' as subject, 'days' as ccy,
    unnest(generate_series(min(day), getvariable('biz_date'), interval 1 day))::date::varchar as key, 1 as amount
from days
having count(*) > 0
