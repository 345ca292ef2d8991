-- a row is one amount on one side: left an id of a source system, right the customers that it became
select distinct 'left' as side, null as gl_org, source_system as subject, 'customers' as ccy, source_id as key, 1 as amount
from warehouse.dwd.party_xref
union all
select
    'right' as side, null as gl_org, source_system as subject, 'customers' as ccy, source_id as key, count(distinct customer_id) as amount
from warehouse.dwd.party_xref
group by source_system, source_id
