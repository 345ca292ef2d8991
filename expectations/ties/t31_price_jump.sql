-- a row is one amount on one side: left by how many per cent a price moved in a day, right at most ten, of money products a tenth
with moved as (
    select
        price.prod_id, product.line_code, round(100 * abs(price.price - price.prev_price) / price.prev_price, 4) as change,
        case when product.kind_code = 'money' then 0.1 else 10 end as most
    from warehouse.dwd.price as price
    inner join warehouse.dwd.product as product on price.prod_id = product.prod_id
    where price.price_date = getvariable('biz_date') and price.prev_price > 0
)

select 'left' as side, null as gl_org, line_code as subject, '%' as ccy, prod_id as key, change as amount
from moved
union all
select 'right' as side, null as gl_org, line_code as subject, '%' as ccy, prod_id as key, least(change, most) as amount
from moved
