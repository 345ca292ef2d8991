-- a row is one amount on one side: left the class of a company's note today, right at least 3 where a tenth of its debt is
with debtors as (
    select customer_id, sum(case when class_code >= 3 then principal_amt else 0 end) > 0.1 * sum(principal_amt) as is_bad
    from classed_today
    where entity = 'corporate'
    group by customer_id
)

select 'left' as side, gl_org, gl_subject as subject, 'class' as ccy, note_no as key, class_code as amount
from classed_today
where entity = 'corporate'
union all
select
    'right' as side, classed_today.gl_org, classed_today.gl_subject as subject, 'class' as ccy, classed_today.note_no as key,
    case when debtors.is_bad then greatest(classed_today.class_code, 3) else classed_today.class_code end as amount
from classed_today
inner join debtors on classed_today.customer_id = debtors.customer_id
