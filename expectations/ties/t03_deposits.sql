-- a row is one amount on one side: left the balance of a deposit or margin account as tags count it, right the ledger's
with book as (
    select gl.*
    from warehouse.dwd.gl_balance as gl
    inner join warehouse.ref.ledger_subject as chart on gl.subject like chart.subject
    where chart.role in ('deposit', 'margin') and chart.bank = (select night.bank from warehouse.ops.run_context as night)
        and gl.acct_date = getvariable('biz_date') and gl.acct_date between chart.valid_from and coalesce(chart.valid_to, gl.acct_date)
)

select
    'left' as side, account.gl_org, account.gl_subject as subject, balance.ccy, balance.acct_no as key, balance.bal_orig as amount
from warehouse.dwd.account_balance_daily as balance
left join warehouse.dwd.account as account on balance.acct_no = account.acct_no
where balance.bal_date = getvariable('biz_date')
union all
select 'right' as side, gl_org, subject, ccy, null as key, close_cr - close_dr as amount
from book
