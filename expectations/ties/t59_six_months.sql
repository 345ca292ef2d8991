-- a row is one amount on one side: left a day past due of a note that was classed up, in the time that must be clean, right none
with upgraded as (
    select note_no, gl_org, gl_subject from classed_today where prev_class >= 3 and class_code <= 2
),

instalments as (
    -- The due date of the last but one instalment: two must have been paid on time.
    select plan.note_no, nth_value(plan.due_date, 2) over (
        partition by plan.note_no order by plan.due_date desc rows between unbounded preceding and unbounded following
    ) as second_last
    from warehouse.dwd.loan_schedule as plan
    where plan.due_date <= getvariable('biz_date')
),

clean_from as (
    -- Two instalments or six months, whichever is longer.
    select
        upgraded.note_no, any_value(upgraded.gl_org) as gl_org, any_value(upgraded.gl_subject) as gl_subject,
        least(getvariable('biz_date') - interval 6 month, min(instalments.second_last)) as first_day
    from upgraded
    left join instalments on upgraded.note_no = instalments.note_no
    group by upgraded.note_no
)

select
    'left' as side, clean_from.gl_org, clean_from.gl_subject as subject, 'days' as ccy, clean_from.note_no as key,
    case when coalesce(note.dpd, 0) > 0 then 1 else 0 end as amount
from clean_from
inner join warehouse.dwd.loan_note as note on clean_from.note_no = note.note_no
where note.bal_date > clean_from.first_day and note.bal_date <= getvariable('biz_date')
