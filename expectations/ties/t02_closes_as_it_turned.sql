-- a row is one amount on one side: left the net debit with which a subject closes, right its opening and the turnover of the day
with book as (
    select * from warehouse.dwd.gl_balance where acct_date = getvariable('biz_date')
)

select 'left' as side, gl_org, subject, ccy, subject as key, close_dr - close_cr as amount
from book
union all
select 'right' as side, gl_org, subject, ccy, subject as key, open_dr - open_cr + turn_dr - turn_cr as amount
from book
