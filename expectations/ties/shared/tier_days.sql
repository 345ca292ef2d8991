-- a row is the tier of a customer on one day: of the business date, or in the mart that was published for the day before
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
)

select customer_id, true as is_today, tier_no
from today
union all
select customer_id, false as is_today, tier_no
from yesterday
