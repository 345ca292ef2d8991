-- a row is one amount on one side: left a day of the last year that a table of states has, right a day that it must have
with days as (
    select distinct 'account_balance_daily' as what, bal_date as day
    from warehouse.dwd.account_balance_daily
    where bal_date > getvariable('biz_date') - 365
    union all
    select distinct 'loan_note' as what, bal_date as day from warehouse.dwd.loan_note where bal_date > getvariable('biz_date') - 365
    union all
    select distinct 'credit_card' as what, bal_date as day from warehouse.dwd.credit_card where bal_date > getvariable('biz_date') - 365
    union all
    select distinct 'holding' as what, hold_date as day from warehouse.dwd.holding where hold_date > getvariable('biz_date') - 365
)

select 'left' as side, null as gl_org, what as subject, 'days' as ccy, day::varchar as key, 1 as amount
from days
where day <= getvariable('biz_date')
union all
-- A bank that has come later has history from its first day on only.
select
    'right' as side, null as gl_org, what as subject, 'days' as ccy,
    unnest(generate_series(min(day), getvariable('biz_date'), interval 1 day))::date::varchar as key, 1 as amount
from days
group by what
