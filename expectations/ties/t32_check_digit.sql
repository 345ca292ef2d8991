-- a row is one amount on one side: left a person whose number has the right check digit, right a person with a number that has one
select
    'left' as side,
    null as gl_org,
    'persons' as subject,
    'persons' as ccy,
    customer_id as key,
    prof_is_id_checkdigit_right::integer as amount
from mart.tags_retail
where prof_is_id_checkdigit_right is not null
union all
select 'right' as side, null as gl_org, 'persons' as subject, 'persons' as ccy, customer_id as key, 1 as amount
from mart.tags_retail
where prof_is_id_checkdigit_right is not null
