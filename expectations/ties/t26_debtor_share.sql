-- a row is one amount on one side: left the class of a company's note today, right at least 3 where a tenth of its debt is
with classed as (
    select
        class.note_no, class.class_code, class.prev_class, note.gl_org, note.gl_subject, note.kind_code, note.dpd,
        note.principal_amt, loan.customer_id, loan.entity
    from warehouse.dwd.loan_class as class
    inner join warehouse.dwd.ledger_note as note on class.note_no = note.note_no and note.bal_date = getvariable('biz_date')
    inner join warehouse.dwd.loan_note as loan on class.note_no = loan.note_no and loan.bal_date = getvariable('biz_date')
    where class.class_date = getvariable('biz_date')
),

debtors as (
    select customer_id, sum(case when class_code >= 3 then principal_amt else 0 end) > 0.1 * sum(principal_amt) as is_bad
    from classed
    where entity = 'corporate'
    group by customer_id
)

select 'left' as side, gl_org, gl_subject as subject, 'class' as ccy, note_no as key, class_code as amount
from classed
where entity = 'corporate'
union all
select
    'right' as side, classed.gl_org, classed.gl_subject as subject, 'class' as ccy, classed.note_no as key,
    case when debtors.is_bad then greatest(classed.class_code, 3) else classed.class_code end as amount
from classed
inner join debtors on classed.customer_id = debtors.customer_id
