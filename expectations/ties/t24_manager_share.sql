-- a row is one amount on one side: left a customer's assets times the shares of the managers, right the assets once
with customers as (
    select customer_id, aum_bal as amount from mart.tags_retail
),

shares as (
    select customer_id, sum(share_ratio) as share_sum
    from warehouse.dwd.manager_assignment
    where from_date <= getvariable('biz_date') and coalesce(to_date, date '9999-12-31') > getvariable('biz_date')
    group by customer_id
)

select
    'left' as side, null as gl_org, 'AUM' as subject, 'CNY' as ccy, customers.customer_id as key,
    cast(cast(customers.amount as decimal(38, 2)) * coalesce(shares.share_sum, 1) as decimal(18, 2)) as amount
from customers
left join shares on customers.customer_id = shares.customer_id
union all
select 'right' as side, null as gl_org, 'AUM' as subject, 'CNY' as ccy, customer_id as key, amount
from customers
