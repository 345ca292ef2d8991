-- a row is one amount on one side: left what all customers have in the mart, right what accounts and notes add up to
select 'left' as side, null as gl_org, 'deposits' as subject, 'CNY' as ccy, null as key, dep_bal as amount from mart.tags_retail
union all
select 'left' as side, null as gl_org, 'deposits' as subject, 'CNY' as ccy, null as key, dep_bal as amount from mart.tags_corporate
union all
select 'right' as side, null as gl_org, 'deposits' as subject, 'CNY' as ccy, acct_no as key, bal as amount
from warehouse.dwd.account_balance_daily
-- Margin is not the customer's to spend: no tag counts it as a deposit.
where bal_date = getvariable('biz_date') and prod <> 'margin'
union all
select 'left' as side, null as gl_org, 'loans' as subject, 'CNY' as ccy, null as key, loan_bal as amount from mart.tags_retail
union all
select 'left' as side, null as gl_org, 'loans' as subject, 'CNY' as ccy, null as key, loan_bal as amount from mart.tags_corporate
union all
select 'right' as side, null as gl_org, 'loans' as subject, 'CNY' as ccy, note_no as key, principal_amt as amount
from warehouse.dwd.loan_note
where bal_date = getvariable('biz_date')
