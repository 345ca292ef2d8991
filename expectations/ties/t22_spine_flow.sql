-- a row is one amount on one side: left a customer of the spine, right one of the day before who was not merged or erased, or is new
with today as (
    select customer_id, 'retail' as entity from mart.tags_retail
    union all
    select customer_id, 'corporate' as entity from mart.tags_corporate
    union all
    select customer_id, 'merchant' as entity from mart.tags_merchant
),

yesterday as (
    select customer_id, 'retail' as entity from prior.mart.tags_retail
    union all
    select customer_id, 'corporate' as entity from prior.mart.tags_corporate
    union all
    select customer_id, 'merchant' as entity from prior.mart.tags_merchant
),

parties as (
    select customer_id, entity, status_code, open_date from warehouse.dwd.party
)

select 'left' as side, null as gl_org, entity as subject, 'customers' as ccy, customer_id as key, 1 as amount
from today
union all
select 'right' as side, null as gl_org, yesterday.entity as subject, 'customers' as ccy, yesterday.customer_id as key, 1 as amount
from yesterday
left join parties on yesterday.customer_id = parties.customer_id
where coalesce(parties.status_code, 'normal') not in ('merged', 'erased')
union all
-- New: opened in the last days, for a record may come late over a weekend, or known without an opening, as prospects are.
select 'right' as side, null as gl_org, parties.entity as subject, 'customers' as ccy, parties.customer_id as key, 1 as amount
from parties
anti join yesterday on parties.customer_id = yesterday.customer_id
where
    coalesce(parties.status_code, 'normal') not in ('merged', 'erased')
    and coalesce(parties.open_date, getvariable('biz_date')) > getvariable('biz_date') - 5
