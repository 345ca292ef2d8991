-- a row is one amount on one side: left interest accrued on an account, right the interest payable of the ledger
select 'left' as side, gl_org, 'interest payable' as subject, ccy, acct_no as key, accrued_int as amount
from warehouse.dwd.ledger_account
where bal_date = getvariable('biz_date') and accrued_int <> 0
union all
select 'right' as side, gl.gl_org, 'interest payable' as subject, gl.ccy, null as key, gl.close_cr - gl.close_dr as amount
from warehouse.dwd.gl_balance as gl
inner join warehouse.ref.ledger_subject as chart on gl.subject like chart.subject
where
    chart.role = 'interest_payable'
    and chart.bank = (select night.bank from warehouse.ops.run_context as night)
    and gl.acct_date = getvariable('biz_date')
    and gl.acct_date between chart.valid_from and coalesce(chart.valid_to, gl.acct_date)
