-- a row is one amount on one side: left a person whose last identity check agreed, right a person who was checked
with latest as (
    select customer_id, result_code
    from warehouse.dwd.identity_check
    where check_date <= getvariable('biz_date')
    qualify row_number() over (partition by customer_id order by check_time desc, check_no desc) = 1
)

select
    'left' as side, null as gl_org, 'persons' as subject, 'persons' as ccy, customer_id as key, (result_code = 'match')::integer as amount
from latest
union all
select 'right' as side, null as gl_org, 'persons' as subject, 'persons' as ccy, customer_id as key, 1 as amount
from latest
