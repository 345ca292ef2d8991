-- a row is one amount on one side: left a customer whose tier moved on the day of evaluation, right as many as 12 % of those with a tier
with tiers as (
    select rule.tier, rule.tier_no
    from warehouse.ref.tier_rule as rule
    cross join warehouse.ops.run_context as night
    where rule.entity = 'retail' and rule.bank in ('all', night.bank)
        and rule.valid_from <= getvariable('biz_date') and coalesce(rule.valid_to, getvariable('biz_date')) >= getvariable('biz_date')
),

today as (
    select tagged.customer_id, tiers.tier_no from mart.tags_retail as tagged inner join tiers on tagged.tier_code = tiers.tier
),

yesterday as (
    select tagged.customer_id, tiers.tier_no from prior.mart.tags_retail as tagged inner join tiers on tagged.tier_code = tiers.tier
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
