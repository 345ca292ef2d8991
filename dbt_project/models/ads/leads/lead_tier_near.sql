-- a row is one retail customer whose forecast of the month comes near the line of the next tier, or falls under her own
with night as (
    {{ night_dates() }}
),

before as (
    select * from {{ source('ops', 'prior_tag_retail') }}
),

workdays as (
    select cal_date from {{ ref('calendar_day') }} where is_workday
),

-- Day 20, and the last workdays of the month, when something can still be done.
days as (
    select
        night.biz_date,
        night.month_start,
        day(night.biz_date) = {{ lead_threshold('tier_near_day') }}
        or (
            bool_or(workdays.cal_date = night.biz_date)
            and count(workdays.cal_date) <= {{ lead_threshold('tier_near_workdays') }}
        ) as is_due
    from night
    left join workdays on night.biz_date <= workdays.cal_date and last_day(night.biz_date) >= workdays.cal_date
    group by night.biz_date, night.month_start
),

own_lines as (
    select tier_rule.tier, tier_rule.lower_bound
    from {{ ref('tier_rule') }} as tier_rule
    cross join {{ source('ops', 'run_context') }} as run_context
    where tier_rule.entity = 'retail' and {{ in_force('tier_rule') }}
),

judged as (
    select
        before.customer_id,
        before.tier_forecast_amt,
        before.tier_next_amt,
        own_lines.lower_bound,
        days.biz_date,
        coalesce(
            before.tier_forecast_amt >= {{ lead_threshold('tier_near_ratio') }} * before.tier_next_amt
            and before.tier_forecast_amt < before.tier_next_amt,
            false
        ) as is_near,
        coalesce(
            before.tier_forecast_amt < own_lines.lower_bound
            and before.tier_watch_months >= {{ lead_threshold('tier_fall_watch_months') }},
            false
        ) as is_falling
    from before
    inner join days on days.is_due
    left join own_lines on before.tier_code = own_lines.tier
),

-- The evidence is the series of the month up to the evening before.
final as (
    select
        customer_id,
        case when is_near then 'main' else 'fall' end as variant_code,
        strftime(biz_date, '%Y-%m') as dedupe_part,
        cast(date_trunc('month', biz_date - 1) as date) as evidence_from,
        biz_date - 1 as evidence_to,
        {{ evidence_key('aum', "customer_id || '|' || (biz_date - 1)") }} as evidence_keys,
        1 as evidence_cnt,
        cast(case when is_near then tier_next_amt - tier_forecast_amt else lower_bound - tier_forecast_amt end as decimal(18, 2)) as amt,
        cast(last_day(biz_date) as date) as expiry_date
    from judged
    where is_near or is_falling
)

select * from final
