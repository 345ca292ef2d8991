-- a row is one amount on one side: left the principal that the plan of a note has still to bring, right the note's principal
with notes as (
    select * from warehouse.dwd.ledger_note where bal_date = getvariable('biz_date')
),

plans as (
    select note_no, sum(prin_amt - coalesce(paid_prin_amt, 0)) as left_amt from warehouse.dwd.loan_schedule group by note_no
)

select 'left' as side, notes.gl_org, notes.gl_subject as subject, notes.ccy, notes.note_no as key, coalesce(plans.left_amt, 0) as amount
from notes
left join plans on notes.note_no = plans.note_no
union all
select 'right' as side, gl_org, gl_subject as subject, ccy, note_no as key, principal_amt as amount
from notes
