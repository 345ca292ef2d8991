-- a row is one amount on one side: left the units that a customer holds of a product, right the units that the registry has of it
select 'left' as side, null as gl_org, prod_id as subject, 'units' as ccy, customer_id || ' ' || prod_id as key, units as amount
from warehouse.dwd.holding
where hold_date = getvariable('biz_date')
union all
select 'right' as side, null as gl_org, prod_id as subject, 'units' as ccy, null as key, units as amount
from warehouse.dwd.registry_unit
where reg_date = getvariable('biz_date')
