-- a row is one amount on one side: left the units that a customer holds of a product, right those of the day before and what was confirmed
with held as (
    select customer_id || ' ' || prod_id as key, line_code, hold_date, units
    from warehouse.dwd.holding
    where hold_date between getvariable('biz_date') - 1 and getvariable('biz_date')
),

confirmed as (
    select * from warehouse.dwd."order" where confirm_date = getvariable('biz_date') and status_code <> 'failed'
),

moved as (
    select
        customer_id || ' ' || prod_id as key, line_code,
        case
            when order_type in ('sub', 'sip') then units
            -- A dividend is reinvested where it brings units, and paid out where it does not.
            when order_type = 'div' then coalesce(units, 0)
            else -units
        end as units
    from confirmed
    union all
    select customer_id || ' ' || to_prod_id as key, line_code, to_units as units
    from confirmed
    where order_type = 'conv'
)

select 'left' as side, null as gl_org, line_code as subject, 'units' as ccy, key, units as amount
from held
where hold_date = getvariable('biz_date')
union all
select 'right' as side, null as gl_org, line_code as subject, 'units' as ccy, key, units as amount
from held
where hold_date = getvariable('biz_date') - 1
union all
select 'right' as side, null as gl_org, line_code as subject, 'units' as ccy, key, units as amount
from moved
