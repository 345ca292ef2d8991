-- a row is one amount on one side: left the margin agreed for business in force, right as much of it as lies frozen
with agreed as (
    select margin_acct_no, any_value(gl_org) as gl_org, sum(margin_amt) as amount
    from warehouse.dwd.off_balance
    where start_date <= getvariable('biz_date') and due_date > getvariable('biz_date') and margin_acct_no is not null
    group by margin_acct_no
)

select 'left' as side, gl_org, 'margin' as subject, 'CNY' as ccy, margin_acct_no as key, amount
from agreed
union all
select
    'right' as side, agreed.gl_org, 'margin' as subject, 'CNY' as ccy, agreed.margin_acct_no as key,
    least(agreed.amount, coalesce(account.bal, 0), coalesce(account.frozen_amt, 0)) as amount
from agreed
left join warehouse.dwd.ledger_account as account on agreed.margin_acct_no = account.acct_no and account.bal_date = getvariable('biz_date')
