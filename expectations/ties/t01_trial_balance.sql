-- a row is one amount on one side: left what is debited, right what is credited, of the day and at its end
with book as (
    select * from warehouse.dwd.gl_balance where acct_date = getvariable('biz_date')
),

amounts as (
    select gl_org, ccy, subject, is_on_balance, 'turnover' as what, turn_dr as dr, turn_cr as cr from book
    union all
    select gl_org, ccy, subject, is_on_balance, 'closing' as what, close_dr as dr, close_cr as cr from book
)

select
    'left' as side, gl_org, case when is_on_balance then 'on balance, ' else 'off balance, ' end || what as subject,
    ccy, subject as key, dr as amount
from amounts
union all
select
    'right' as side, gl_org, case when is_on_balance then 'on balance, ' else 'off balance, ' end || what as subject,
    ccy, subject as key, cr as amount
from amounts
