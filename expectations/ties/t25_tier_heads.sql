-- a row is one amount on one side: left a customer with a tier, right the tiers of the dated rules that its code is
with tiers as (
    select rule.tier
    from warehouse.ref.tier_rule as rule
    cross join warehouse.ops.run_context as night
    where rule.entity = 'retail' and rule.bank in ('all', night.bank)
        and rule.valid_from <= getvariable('biz_date') and coalesce(rule.valid_to, getvariable('biz_date')) >= getvariable('biz_date')
)

select 'left' as side, null as gl_org, 'heads' as subject, 'customers' as ccy, customer_id as key, 1 as amount
from mart.tags_retail
where tier_code is not null
union all
select 'right' as side, null as gl_org, 'heads' as subject, 'customers' as ccy, tagged.customer_id as key, 1 as amount
from mart.tags_retail as tagged
inner join tiers on tagged.tier_code = tiers.tier
