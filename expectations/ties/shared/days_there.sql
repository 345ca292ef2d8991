-- a row is one day of the last year of a table that windows and averages are folded from: it is there (left), or it must be (right)
with days as (
    select distinct 'account_balance_daily' as what, bal_date as day from warehouse.dwd.account_balance_daily
    union all
    select distinct 'loan_note' as what, bal_date as day from warehouse.dwd.loan_note
    union all
    select distinct 'credit_card' as what, bal_date as day from warehouse.dwd.credit_card
    union all
    select distinct 'holding' as what, hold_date as day from warehouse.dwd.holding
),

year_days as (
    select what, day from days where day > getvariable('biz_date') - 365 and day <= getvariable('biz_date')
)

select 'left' as side, what, day
from year_days
union all
-- A bank that has come later has history from its first day on only; one without the feed has no day, and needs none.
select 'right' as side, what, unnest(generate_series(min(day), getvariable('biz_date'), interval 1 day))::date as day
from year_days
group by what
