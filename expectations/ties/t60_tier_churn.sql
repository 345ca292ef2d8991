-- a row is one amount on one side: left a customer whose tier moved on the day of evaluation, right as many as 12 % of those with a tier
with today as (
    select customer_id, tier_no from tier_days where is_today
),

yesterday as (
    select customer_id, tier_no from tier_days where not is_today
),

moved as (
    select today.customer_id
    from today
    inner join yesterday on today.customer_id = yesterday.customer_id
    -- Tiers are judged once a month, on its first day. The lowest tier is no tier: everybody has it.
    where day(getvariable('biz_date')) = 1 and today.tier_no <> yesterday.tier_no
),

most as (
    select floor(0.12 * count(*)) as heads from yesterday where tier_no > 1
)

select 'left' as side, null as gl_org, 'moved' as subject, 'customers' as ccy, customer_id as key, 1 as amount
from moved
union all
select
    'right' as side,
    null as gl_org,
    'moved' as subject,
    'customers' as ccy,
    null as key,
    least(count(*), (select most.heads from most)) as amount
from moved
having count(*) > 0
