-- a row is one amount on one side: left the face of off-balance business in force, right the memo subject's
with book as (
    select gl.*
    from warehouse.dwd.gl_balance as gl
    inner join warehouse.ref.ledger_subject as chart on gl.subject like chart.subject
    where chart.role in ('off_balance') and chart.bank = (select night.bank from warehouse.ops.run_context as night)
        and gl.acct_date = getvariable('biz_date') and gl.acct_date between chart.valid_from and coalesce(chart.valid_to, gl.acct_date)
)

select
    'left' as side, gl_org, gl_subject as subject, (select any_value(book.ccy) from book) as ccy, biz_no as key, face_amt as amount
from warehouse.dwd.off_balance
where kind_code <> 'discount' and start_date <= getvariable('biz_date') and due_date > getvariable('biz_date')
union all
select 'right' as side, gl_org, subject, ccy, null as key, close_dr - close_cr as amount
from book
