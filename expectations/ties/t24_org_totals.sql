-- a row is one amount on one side: left a customer's assets or deposits under the managing organisation, right under the bank
with recursive beneath as (
    select org_id from warehouse.dwd.branch where parent_id is null
    union all
    select branch.org_id
    from warehouse.dwd.branch as branch
    inner join beneath on branch.parent_id = beneath.org_id
),

customers as (
    select customer_id, prof_mng_org as org_id, 'AUM' as what, aum_bal as amount from mart.tags_retail
    union all
    select customer_id, prof_mng_org as org_id, 'retail deposits' as what, dep_bal as amount from mart.tags_retail
    union all
    select customer_id, prof_mng_org as org_id, 'corporate deposits' as what, dep_bal as amount from mart.tags_corporate
)

-- Whoever has no managing organisation is counted under none; one that is not in the tree of the bank is counted nowhere.
select 'left' as side, null as gl_org, customers.what as subject, 'CNY' as ccy, customers.customer_id as key, customers.amount
from customers
left join beneath on customers.org_id = beneath.org_id
where customers.org_id is null or beneath.org_id is not null
union all
select 'right' as side, null as gl_org, what as subject, 'CNY' as ccy, customer_id as key, amount
from customers
