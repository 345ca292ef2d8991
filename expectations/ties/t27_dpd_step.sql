-- a row is one amount on one side: left the days past due of a note, right as many of them as one day can have brought
with notes as (
    select * from warehouse.dwd.ledger_note
),

steps as (
    select today.*, least(today.dpd, yesterday.dpd + 1) as most
    from notes as today
    inner join notes as yesterday on today.note_no = yesterday.note_no and yesterday.bal_date = getvariable('biz_date') - 1
    where today.bal_date = getvariable('biz_date')
)

select 'left' as side, gl_org, gl_subject as subject, 'days' as ccy, note_no as key, dpd as amount
from steps
union all
select 'right' as side, gl_org, gl_subject as subject, 'days' as ccy, note_no as key, most as amount
from steps
