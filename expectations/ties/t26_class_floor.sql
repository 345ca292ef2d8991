-- a row is one amount on one side: left the class that a note was given today, right at least the floor of its days past due
with floors as (
    select floor.prod, floor.dpd_from, floor.class_code
    from warehouse.ref.class_floor as floor
    cross join warehouse.ops.run_context as night
    where
        floor.bank in ('all', night.bank)
        and floor.valid_from <= getvariable('biz_date')
        and coalesce(floor.valid_to, getvariable('biz_date')) >= getvariable('biz_date')
),

least_class as (
    select classed_today.note_no, max(floors.class_code) as class_code
    from classed_today
    inner join floors on classed_today.kind_code = floors.prod and classed_today.dpd >= floors.dpd_from
    group by classed_today.note_no
)

select 'left' as side, gl_org, gl_subject as subject, 'class' as ccy, note_no as key, class_code as amount
from classed_today
union all
select
    'right' as side, classed_today.gl_org, classed_today.gl_subject as subject, 'class' as ccy, classed_today.note_no as key,
    greatest(classed_today.class_code, coalesce(least_class.class_code, 1)) as amount
from classed_today
left join least_class on classed_today.note_no = least_class.note_no
