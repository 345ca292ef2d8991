-- a row is one amount on one side: left the class that a note was given today, right at least the floor of its days past due
with classed as (
    select
        class.note_no, class.class_code, class.prev_class, note.gl_org, note.gl_subject, note.kind_code, note.dpd,
        note.principal_amt, loan.customer_id, loan.entity
    from warehouse.dwd.loan_class as class
    inner join warehouse.dwd.ledger_note as note on class.note_no = note.note_no and note.bal_date = getvariable('biz_date')
    inner join warehouse.dwd.loan_note as loan on class.note_no = loan.note_no and loan.bal_date = getvariable('biz_date')
    where class.class_date = getvariable('biz_date')
),

floors as (
    select floor.prod, floor.dpd_from, floor.class_code
    from warehouse.ref.class_floor as floor
    cross join warehouse.ops.run_context as night
    where
        floor.bank in ('all', night.bank)
        and floor.valid_from <= getvariable('biz_date')
        and coalesce(floor.valid_to, getvariable('biz_date')) >= getvariable('biz_date')
),

least_class as (
    select classed.note_no, max(floors.class_code) as class_code
    from classed
    inner join floors on classed.kind_code = floors.prod and classed.dpd >= floors.dpd_from
    group by classed.note_no
)

select 'left' as side, gl_org, gl_subject as subject, 'class' as ccy, note_no as key, class_code as amount
from classed
union all
select
    'right' as side, classed.gl_org, classed.gl_subject as subject, 'class' as ccy, classed.note_no as key,
    greatest(classed.class_code, coalesce(least_class.class_code, 1)) as amount
from classed
left join least_class on classed.note_no = least_class.note_no
