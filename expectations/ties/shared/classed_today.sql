-- a row is one note that was classed on the business date: its class, the one before, days past due, whose it is
select
    class.note_no, class.class_code, class.prev_class, note.gl_org, note.gl_subject, note.kind_code, note.dpd,
    note.principal_amt, loan.customer_id, loan.entity
from warehouse.dwd.loan_class as class
inner join warehouse.dwd.ledger_note as note on class.note_no = note.note_no and note.bal_date = getvariable('biz_date')
inner join warehouse.dwd.loan_note as loan on class.note_no = loan.note_no and loan.bal_date = getvariable('biz_date')
where class.class_date = getvariable('biz_date')
