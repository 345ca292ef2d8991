-- a row is one amount on one side: left the principal of a note on the books, right the ledger's, normal and overdue together
with book as (
    select gl.*
    from warehouse.dwd.gl_balance as gl
    inner join warehouse.ref.ledger_subject as chart on gl.subject like chart.subject
    where chart.role in ('loan') and chart.bank = (select night.bank from warehouse.ops.run_context as night)
        and gl.acct_date = getvariable('biz_date') and gl.acct_date between chart.valid_from and coalesce(chart.valid_to, gl.acct_date)
),

notes as (
    select ledger.gl_org, ledger.gl_subject, ledger.ccy, note.note_no, note.principal_amt
    from warehouse.dwd.loan_note as note
    left join warehouse.dwd.ledger_note as ledger on note.note_no = ledger.note_no and note.bal_date = ledger.bal_date
    where note.bal_date = getvariable('biz_date')
)

select 'left' as side, gl_org, gl_subject as subject, ccy, note_no as key, principal_amt as amount
from notes
union all
-- What is overdue stands in a sub-subject of its own, behind that of the note.
select
    'right' as side, book.gl_org, coalesce(subjects.gl_subject, book.subject) as subject, book.ccy, null as key,
    book.close_dr - book.close_cr as amount
from book
left join (select distinct gl_subject from notes) as subjects on starts_with(book.subject, subjects.gl_subject)
