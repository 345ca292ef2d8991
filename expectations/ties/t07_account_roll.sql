-- a row is one amount on one side: left the balance of an account, right that of the day before and what was posted on the day
with accounts as (
    select acct_no, gl_org, gl_subject, ccy from warehouse.dwd.account
),

has_yesterday as (
    select count(*) > 0 as is_there from warehouse.dwd.account_balance_daily where bal_date = getvariable('biz_date') - 1
),

amounts as (
    select 'left' as side, acct_no, bal_orig as amount from warehouse.dwd.account_balance_daily where bal_date = getvariable('biz_date')
    union all
    select 'right' as side, acct_no, bal_orig as amount
    from warehouse.dwd.account_balance_daily
    where bal_date = getvariable('biz_date') - 1
    union all
    select 'right' as side, acct_no, case when direction = 'in' then amt_orig else -amt_orig end as amount
    from warehouse.dwd.transaction
    where acct_date = getvariable('biz_date')
)

select
    amounts.side, accounts.gl_org, accounts.gl_subject as subject, accounts.ccy, amounts.acct_no as key, amounts.amount
from amounts
-- A posting on nobody's account is gate 1's to name (no_orphans).
inner join accounts on amounts.acct_no = accounts.acct_no
where (select has_yesterday.is_there from has_yesterday)
