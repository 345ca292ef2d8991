-- a row is one amount on one side: left the overdue principal of a note, right the overdue subject's
with book as (
    select gl.*
    from warehouse.dwd.gl_balance as gl
    inner join warehouse.ref.ledger_subject as chart on gl.subject like chart.subject
    where chart.role in ('loan_overdue') and chart.bank = (select night.bank from warehouse.ops.run_context as night)
        and gl.acct_date = getvariable('biz_date') and gl.acct_date between chart.valid_from and coalesce(chart.valid_to, gl.acct_date)
),

notes as (
    select gl_org, gl_subject, ccy, note_no, overdue_amt
    from warehouse.dwd.ledger_note
    where bal_date = getvariable('biz_date') and write_off_date is null and not coalesce(is_entrusted, false)
)

select 'left' as side, gl_org, gl_subject as subject, ccy, note_no as key, overdue_amt as amount
from notes
where overdue_amt <> 0
union all
-- What is overdue stands in a sub-subject of its own, behind that of the note.
select
    'right' as side, book.gl_org, coalesce(subjects.gl_subject, book.subject) as subject, book.ccy, null as key,
    book.close_dr - book.close_cr as amount
from book
left join (select distinct gl_subject from notes) as subjects on starts_with(book.subject, subjects.gl_subject)
