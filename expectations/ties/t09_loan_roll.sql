-- a row is one amount on one side: left the principal of a note, right that of the day before less what was repaid, and what was drawn
with notes as (
    select * from warehouse.dwd.ledger_note
),

repaid as (
    select note_no, sum(prin_amt) as prin_amt from warehouse.dwd.loan_repayment where acct_date = getvariable('biz_date') group by note_no
),

amounts as (
    select 'left' as side, note_no, principal_amt as amount from notes where bal_date = getvariable('biz_date')
    union all
    select 'right' as side, note_no, principal_amt as amount from notes where bal_date = getvariable('biz_date') - 1
    union all
    select 'right' as side, note_no, -prin_amt as amount from repaid
    union all
    -- Drawn on the day: nothing says how much but the note itself, so what is checked of it is that it is new.
    select 'right' as side, notes.note_no, notes.principal_amt + coalesce(repaid.prin_amt, 0) as amount
    from notes
    left join repaid on notes.note_no = repaid.note_no
    where notes.bal_date = getvariable('biz_date') and notes.start_date = getvariable('biz_date')
),

places as (
    select note_no, gl_org, gl_subject, ccy
    from notes
    qualify row_number() over (partition by note_no order by bal_date desc) = 1
)

select amounts.side, places.gl_org, places.gl_subject as subject, places.ccy, amounts.note_no as key, amounts.amount
from amounts
inner join places on amounts.note_no = places.note_no
where exists (select 1 from notes where notes.bal_date = getvariable('biz_date') - 1)
