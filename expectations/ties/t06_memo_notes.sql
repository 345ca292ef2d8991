-- a row is one amount on one side: left the principal of a note that was given up or is other people's money, right the memo subject's
with book as (
    select gl.*
    from warehouse.dwd.gl_balance as gl
    inner join warehouse.ref.ledger_subject as chart on gl.subject like chart.subject
    where chart.role in ('memo_note') and chart.bank = (select night.bank from warehouse.ops.run_context as night)
        and gl.acct_date = getvariable('biz_date') and gl.acct_date between chart.valid_from and coalesce(chart.valid_to, gl.acct_date)
)

select 'left' as side, gl_org, gl_subject as subject, ccy, note_no as key, principal_amt as amount
from warehouse.dwd.ledger_note
where bal_date = getvariable('biz_date') and (write_off_date is not null or is_entrusted)
union all
select 'right' as side, gl_org, subject, ccy, null as key, close_dr - close_cr as amount
from book
