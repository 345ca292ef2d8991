-- a row is one retail customer of the spine; tier by dated rules, the way to the next one, and how it came about
{% set assets = ['core_acct', 'core_acct_person', 'core_bal', 'inv_hold', 'inv_order'] %}
{% set overrides_feed = ['crm_override'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

tier_rules as (
    select
        tier_rule.tier,
        tier_rule.tier_no,
        tier_rule.lower_bound,
        tier_rule.grace_m,
        lead(tier_rule.tier) over (order by tier_rule.tier_no) as next_tier,
        lead(tier_rule.lower_bound) over (order by tier_rule.tier_no) as next_bound
    from {{ ref('tier_rule') }} as tier_rule
    cross join {{ source('ops', 'run_context') }} as run_context
    where tier_rule.entity = 'retail' and {{ in_force('tier_rule') }}
),

tier_weights as (
    select tier_weight.prod, tier_weight.weight
    from {{ ref('tier_weight') }} as tier_weight
    cross join {{ source('ops', 'run_context') }} as run_context
    where tier_weight.entity = 'retail' and {{ in_force('tier_weight') }}
),

parties as (
    select customer_id, open_date from {{ ref('dwd_party') }}
),

tier_months as (
    select tier_months.*, tier_months.eval_date = night.month_start as is_last
    from {{ ref('dws_retail_tier_month') }} as tier_months
    cross join night
    where tier_months.eval_date > night.month_start - interval 13 month
),

told_tiers as (
    select * from {{ ref('dws_retail_tier_told') }}
),

overrides as (
    select overrides.customer_id, tier_rules.tier, tier_rules.tier_no
    from {{ ref('dwd_override') }} as overrides
    inner join tier_rules on overrides.value_code = tier_rules.tier
    cross join night
    where
        overrides.kind_code = 'tier' and overrides.entity = 'retail' and overrides.from_date <= night.biz_date
        and (overrides.to_date is null or overrides.to_date > night.biz_date)
    qualify row_number() over (partition by overrides.customer_id order by overrides.from_date desc, tier_rules.tier_no desc) = 1
),

recent_assets as (
    select
        asset_history.customer_id,
        asset_history.bal * tier_weights.weight as counted_amt,
        greatest(asset_history.valid_from, cast(night.month_start - interval 1 month as date)) as from_date,
        least(asset_history.valid_to, night.biz_date + 1) as to_date
    from {{ ref('dws_retail_asset_history') }} as asset_history
    inner join tier_weights on asset_history.prod = tier_weights.prod
    inner join night
        on asset_history.valid_from <= night.biz_date and asset_history.valid_to > night.month_start - interval 1 month
),

month_sums as (
    select
        recent_assets.customer_id,
        sum(recent_assets.counted_amt * greatest(0, recent_assets.to_date - greatest(recent_assets.from_date, night.month_start)))
            as mtd_sum,
        sum(recent_assets.counted_amt * greatest(0, least(recent_assets.to_date, night.month_start) - recent_assets.from_date))
            as lm_sum,
        sum(case when recent_assets.to_date > night.biz_date then recent_assets.counted_amt else 0 end) as bal
    from recent_assets
    cross join night
    group by recent_assets.customer_id
),

-- The averages are those of aum_davg_mtd and aum_davg_lm.
measures as (
    select
        spine.customer_id,
        cast({{ divided('coalesce(month_sums.mtd_sum, 0)', 'night.biz_date - night.month_start + 1', 2) }} as decimal(18, 2))
            as mtd_amt,
        cast({{ divided(
            'coalesce(month_sums.lm_sum, 0)', 'night.month_start - cast(night.month_start - interval 1 month as date)', 2
        ) }} as decimal(18, 2)) as lm_amt,
        cast({{ divided(
            'coalesce(month_sums.mtd_sum, 0) + coalesce(month_sums.bal, 0) * (last_day(night.biz_date) - night.biz_date)',
            'day(last_day(night.biz_date))', 2
        ) }} as decimal(18, 2)) as forecast_amt
    from spine
    cross join night
    left join month_sums on spine.customer_id = month_sums.customer_id
),

-- Whose first full month is not over: she came after the first day of the last closed month.
newcomers as (
    select parties.customer_id, parties.open_date
    from parties
    inner join night on parties.open_date > night.month_start - interval 1 month
),

newcomer_days as (
    select
        newcomers.customer_id,
        days.cal_date,
        sum(
            recent_assets.counted_amt
            * greatest(
                0,
                least(recent_assets.to_date, days.cal_date + 1)
                - greatest(recent_assets.from_date, cast(date_trunc('month', days.cal_date) as date))
            )
        ) as running_sum
    from newcomers
    inner join recent_assets on newcomers.customer_id = recent_assets.customer_id
    cross join (
        select
            cast(unnest(generate_series(night.month_start - interval 1 month, night.biz_date, interval 1 day)) as date)
                as cal_date
        from night
    ) as days
    where days.cal_date >= newcomers.open_date
    group by newcomers.customer_id, days.cal_date
),

newcomer_tiers as (
    select newcomer_days.customer_id, max(tier_rules.tier_no) as tier_no
    from newcomer_days
    inner join tier_rules on {{ divided('newcomer_days.running_sum', 'day(newcomer_days.cal_date)', 2) }} >= tier_rules.lower_bound
    group by newcomer_days.customer_id
),

month_steps as (
    select
        tier_months.*,
        tier_months.tier_no - lag(tier_months.tier_no) over (
            partition by tier_months.customer_id order by tier_months.eval_date
        ) as step_no
    from tier_months
),

evaluated as (
    select
        month_steps.customer_id,
        max(case when month_steps.eval_date > night.month_start - interval 12 month then month_steps.tier_no end) as max_no,
        count(case when month_steps.step_no > 0 then 1 end) as up_cnt,
        count(case when month_steps.step_no < 0 then 1 end) as down_cnt
    from month_steps
    cross join night
    group by month_steps.customer_id
),

lowest as (
    select min(tier_no) as tier_no from tier_rules
),

-- Who has no month of her own in the replay was always in the lowest tier; a newcomer is not evaluated yet.
numbered as (
    select
        measures.*,
        newcomers.customer_id is null as is_evaluated,
        case when newcomers.customer_id is null then coalesce(told_tiers.tier_no, lowest.tier_no) end as eval_no,
        coalesce(
            overrides.tier_no,
            case when newcomers.customer_id is null then told_tiers.tier_no end,
            newcomer_tiers.tier_no,
            lowest.tier_no
        ) as own_no,
        case when newcomers.customer_id is null then coalesce(greatest(evaluated.max_no, told_tiers.tier_no), lowest.tier_no) end
            as max_no,
        lowest.tier_no as lowest_no,
        coalesce(told_tiers.watch_months, 0) as watch_months,
        told_tiers.since_date,
        newcomers.customer_id is null and told_tiers.is_restated as is_restated,
        case when newcomers.customer_id is null and told_tiers.judged_no < told_tiers.tier_no then told_tiers.judged_no end
            as restated_no,
        evaluated.up_cnt,
        evaluated.down_cnt
    from measures
    cross join lowest
    left join newcomers on measures.customer_id = newcomers.customer_id
    left join newcomer_tiers on measures.customer_id = newcomer_tiers.customer_id
    left join evaluated on measures.customer_id = evaluated.customer_id
    left join told_tiers on measures.customer_id = told_tiers.customer_id
    left join overrides on measures.customer_id = overrides.customer_id
),

limits as (
    select {{ parameter('tier_near_ratio') }} as near_ratio, {{ parameter('tier_close_ratio') }} as close_ratio
),

tiered as (
    select
        numbered.*,
        limits.near_ratio,
        limits.close_ratio,
        own_rules.tier,
        own_rules.lower_bound as own_amt,
        own_rules.next_tier,
        own_rules.next_bound as next_amt,
        {% for measure in ['mtd', 'lm', 'forecast'] %}
        (
            select max_by(tier_rules.tier, tier_rules.tier_no) from tier_rules
            where tier_rules.lower_bound <= numbered.{{ measure }}_amt
        ) as {{ measure }}_tier,
        {% endfor %}
        eval_rules.tier as eval_tier,
        -- What is watched is the evaluated tier, whatever was set by hand since.
        eval_rules.grace_m,
        max_rules.tier as max_tier,
        restated_rules.tier as restated_tier
    from numbered
    cross join limits
    left join tier_rules as own_rules on numbered.own_no = own_rules.tier_no
    left join tier_rules as eval_rules on numbered.eval_no = eval_rules.tier_no
    left join tier_rules as max_rules on numbered.max_no = max_rules.tier_no
    left join tier_rules as restated_rules on numbered.restated_no = restated_rules.tier_no
),

final as (
    select
        spine.customer_id,
        {{ tag_value(assets, 'tiered.tier', 'varchar') }} as tier_code,
        {{ tag_value(assets, 'tiered.eval_tier', 'varchar') }} as tier_eval_code,
        {{ tag_value(assets, 'case when tiered.is_evaluated then tiered.since_date end', 'date') }} as tier_date,
        {{ tag_value(assets, 'case when tiered.is_evaluated then tiered.watch_months end', 'integer') }} as tier_watch_months,
        {{ tag_value(assets, 'case when tiered.watch_months > 0 then tiered.grace_m - tiered.watch_months end', 'integer') }}
            as tier_grace_left_months,
        {{ tag_value(assets, 'tiered.watch_months > 0', 'boolean', 'false') }} as tier_is_watch,
        {{ tag_value(overrides_feed, 'overrides.tier', 'varchar') }} as tier_override_code,
        {{ tag_value(assets, 'tiered.mtd_tier', 'varchar') }} as tier_mtd_code,
        {{ tag_value(assets, 'tiered.lm_tier', 'varchar') }} as tier_lm_code,
        {{ tag_value(assets, 'tiered.next_tier', 'varchar') }} as tier_next_code,
        {{ tag_value(assets, 'tiered.next_amt', 'decimal(18,2)') }} as tier_next_amt,
        {{ tag_value(
            assets,
            'case when tiered.next_amt is not null then greatest(0, tiered.next_amt - tiered.forecast_amt) end',
            'decimal(18,2)'
        ) }} as tier_gap_up_amt,
        {{ tag_value(
            assets,
            'case when tiered.own_no > tiered.lowest_no then greatest(0, tiered.own_amt - tiered.mtd_amt) end',
            'decimal(18,2)'
        ) }} as tier_gap_down_amt,
        {{ tag_value(assets, divided('tiered.mtd_amt', 'tiered.next_amt'), 'decimal(18,4)') }} as tier_next_ratio,
        {{ tag_value(
            assets,
            'tiered.mtd_amt >= tiered.near_ratio * tiered.next_amt and tiered.mtd_amt < tiered.next_amt',
            'boolean'
        ) }} as tier_is_near_next,
        {{ tag_value(
            assets,
            'tiered.mtd_amt >= tiered.close_ratio * tiered.next_amt and tiered.mtd_amt < tiered.next_amt',
            'boolean'
        ) }} as tier_is_close_next,
        {{ tag_value(assets, 'tiered.forecast_amt', 'decimal(18,2)', '0') }} as tier_forecast_amt,
        {{ tag_value(assets, 'tiered.forecast_tier', 'varchar') }} as tier_forecast_code,
        {{ tag_value(assets, 'tiered.max_tier', 'varchar') }} as tier_max_code_l12m,
        {{ tag_value(assets, 'tiered.up_cnt', 'integer', '0') }} as tier_up_cnt_l12m,
        {{ tag_value(assets, 'tiered.down_cnt', 'integer', '0') }} as tier_down_cnt_l12m,
        {{ tag_value(assets, 'tiered.is_restated', 'boolean', 'false') }} as tier_is_restated,
        {{ tag_value(assets, 'tiered.restated_tier', 'varchar') }} as tier_restated_code
    from spine
    left join tiered on spine.customer_id = tiered.customer_id
    left join overrides on spine.customer_id = overrides.customer_id
)

select * from final
