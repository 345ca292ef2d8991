-- a row is one amount on one side: left a customer in a tier today, right one who by the migration matrix has come or stayed there
with today as (
    select customer_id, tier_no from tier_days where is_today
),

yesterday as (
    select customer_id, tier_no from tier_days where not is_today
),

parties as (
    select customer_id, coalesce(status_code, 'normal') in ('merged', 'erased') as is_gone, open_date
    from warehouse.dwd.party
    where entity = 'retail'
),

-- The margins of the matrix: without a tier today, or the day before.
tierless as (
    select customer_id, true as is_today from mart.tags_retail where tier_code is null
    union all
    select customer_id, false as is_today from prior.mart.tags_retail where tier_code is null
)

select 'left' as side, null as gl_org, 'tier ' || tier_no as subject, 'customers' as ccy, customer_id as key, 1 as amount
from today
union all
-- Rows of the matrix: whoever had a tier has one today, the same or another.
select
    'right' as side, null as gl_org, 'tier ' || coalesce(today.tier_no, yesterday.tier_no) as subject, 'customers' as ccy,
    yesterday.customer_id as key, 1 as amount
from yesterday
left join today on yesterday.customer_id = today.customer_id
left join parties on yesterday.customer_id = parties.customer_id
left join tierless on yesterday.customer_id = tierless.customer_id and tierless.is_today
where today.customer_id is not null or (tierless.customer_id is null and not coalesce(parties.is_gone, false))
union all
-- Its last row: who had no tier, or is new. A record may come late over a weekend, and a prospect is known without an opening.
select 'right' as side, null as gl_org, 'tier ' || today.tier_no as subject, 'customers' as ccy, today.customer_id as key, 1 as amount
from today
inner join parties on today.customer_id = parties.customer_id
left join tierless on today.customer_id = tierless.customer_id and not tierless.is_today
anti join yesterday on today.customer_id = yesterday.customer_id
where tierless.customer_id is not null or coalesce(parties.open_date, getvariable('biz_date')) > getvariable('biz_date') - 5
