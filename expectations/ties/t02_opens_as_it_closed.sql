-- a row is one amount on one side: left the net debit with which a subject opens, right that with which it closed the day before
with yesterday as (
    select * from warehouse.dwd.gl_balance where acct_date = getvariable('biz_date') - 1
)

select 'left' as side, gl_org, subject, ccy, subject as key, open_dr - open_cr as amount
from warehouse.dwd.gl_balance
-- The first day that was ever delivered has no day before.
where acct_date = getvariable('biz_date') and exists (select 1 from yesterday)
union all
select 'right' as side, gl_org, subject, ccy, subject as key, close_dr - close_cr as amount
from yesterday
