-- a row is one amount on one side: left a person whose number says the birth date, right a person with a number and a birth date
select 'left' as side, null as gl_org, 'persons' as subject, 'persons' as ccy, customer_id as key, prof_is_id_birth_same::integer as amount
from mart.tags_retail
where prof_is_id_birth_same is not null
union all
select 'right' as side, null as gl_org, 'persons' as subject, 'persons' as ccy, customer_id as key, 1 as amount
from mart.tags_retail
where prof_is_id_birth_same is not null
