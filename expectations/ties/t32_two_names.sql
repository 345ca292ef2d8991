-- a row is one amount on one side: left a number of a document, right the names that customers of record with it have
with persons as (
    select id_type, id_no, count(distinct name_key) as names, any_value(customer_id) as customer_id
    from warehouse.dwd.party
    where entity = 'retail' and coalesce(id_no, '') <> '' and coalesce(status_code, '') not in ('merged', 'erased')
    group by id_type, id_no
)

-- The number itself is not taken along: one of the customers stands for it.
select 'left' as side, null as gl_org, 'numbers' as subject, 'names' as ccy, customer_id as key, 1 as amount
from persons
union all
select 'right' as side, null as gl_org, 'numbers' as subject, 'names' as ccy, customer_id as key, names as amount
from persons
