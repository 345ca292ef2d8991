-- a row is one corporate customer of the spine; credit limits: granted, used, free, when they end
{% set limits = ['crd_limit'] %}
{% set exposure = ['crd_note', 'crd_offbal'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

limits as (
    select
        limits.*,
        limits.amt as limit_amt,
        night.biz_date,
        limits.from_date <= night.biz_date and limits.to_date >= night.biz_date and limits.status_code <> 'expired' as is_in_force,
        -- The limit of the customer itself; limits of products below it would count the same money twice.
        not limits.is_low_risk
        and (limits.kind_code = 'single' or (limits.kind_code = 'product' and limits.parent_limit_no is null)) as is_main,
        case
            when limits.status_code = 'frozen' then 0
            else greatest(0, limits.amt - limits.used_amt - coalesce(limits.frozen_amt, 0))
        end as avail_amt,
        limits.to_date < night.biz_date
        and limits.to_date >= night.month_start - interval 12 month
        and limits.to_date < night.month_start as is_expired_l12m
    from {{ ref('dwd_credit_limit') }} as limits
    cross join night
    where limits.entity = 'corporate' and limits.from_date <= night.biz_date
),

main_sums as (
    select
        customer_id,
        count(*) as cnt,
        sum(limit_amt) as limit_amt,
        sum(used_amt) as used_amt,
        sum(avail_amt) as avail_amt,
        sum(frozen_amt) as frozen_amt,
        sum(case when status_code = 'live' then limit_amt else 0 end) as live_amt,
        sum(case when status_code = 'live' then used_amt else 0 end) as live_used_amt,
        sum(case when is_revolving then limit_amt else 0 end) as revolving_amt,
        max(limit_amt) as max_amt,
        min(to_date - biz_date) as expiry_days,
        min(to_date) as expiry_date,
        max(biz_date - from_date) as age_days,
        min(biz_date - from_date) as newest_days,
        sum(case when to_date - biz_date <= 30 then limit_amt else 0 end) as end_30d,
        sum(case when to_date - biz_date <= 90 then limit_amt else 0 end) as end_90d
    from limits
    where is_in_force and is_main
    group by customer_id
),

low_risk_sums as (
    select customer_id, sum(limit_amt) as limit_amt, sum(used_amt) as used_amt, sum(avail_amt) as avail_amt
    from limits
    where is_in_force and is_low_risk
    group by customer_id
),

limit_history as (
    select
        customer_id,
        min(from_date) as first_date,
        max(from_date) as last_date,
        count(*) as cnt,
        count(case when is_expired_l12m then 1 end) as expired_cnt
    from limits
    where is_main
    group by customer_id
),

-- The group's limit stands on its head and binds every member whose own limit names it.
group_limits as (
    select members.customer_id, max(parents.limit_amt) as limit_amt, max(parents.used_amt) as used_amt, max(parents.avail_amt) as avail_amt
    from limits as members
    inner join limits as parents on coalesce(members.parent_limit_no, members.limit_no) = parents.limit_no
    where parents.kind_code = 'group' and parents.is_in_force and members.is_in_force
    group by members.customer_id
),

exposures as (
    select * from {{ ref('dws_corporate_exposure') }}
),

-- What can be drawn ends at the limit of the group, where there is one.
drawables as (
    select main_sums.customer_id, least(main_sums.avail_amt, group_limits.avail_amt) as amt
    from main_sums
    left join group_limits on main_sums.customer_id = group_limits.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(limits, 'main_sums.limit_amt', 'decimal(18,2)', '0') }} as crd_limit_amt,
        {{ tag_value(limits, 'main_sums.used_amt', 'decimal(18,2)', '0') }} as crd_used_amt,
        {{ tag_value(limits, 'main_sums.avail_amt', 'decimal(18,2)') }} as crd_avail_amt,
        {{ tag_value(limits, 'main_sums.frozen_amt', 'decimal(18,2)', '0') }} as crd_frozen_amt,
        {{ tag_value(limits, divided('main_sums.live_used_amt', 'main_sums.live_amt'), 'decimal(18,4)') }}
            as crd_util_ratio,
        {{ tag_value(limits, 'main_sums.expiry_days', 'integer') }} as crd_limit_expiry_days,
        {{ tag_value(limits, 'main_sums.expiry_date', 'date') }} as crd_limit_expiry_date,
        {{ tag_value(limits, 'main_sums.end_30d', 'decimal(18,2)', '0') }} as crd_limit_expire_amt_next30d,
        {{ tag_value(limits, 'main_sums.end_90d', 'decimal(18,2)', '0') }} as crd_limit_expire_amt_next90d,
        {{ tag_value(limits, 'main_sums.cnt', 'integer', '0') }} as crd_limit_cnt,
        {{ tag_value(limits, 'main_sums.max_amt', 'decimal(18,2)', '0') }} as crd_limit_max_amt,
        {{ tag_value(limits, 'main_sums.limit_amt > 0', 'boolean', 'false') }} as crd_has_limit,
        {{ tag_value(limits, 'main_sums.limit_amt > 0 and main_sums.used_amt = 0', 'boolean') }} as crd_is_undrawn,
        {{ tag_value(limits, 'case when main_sums.limit_amt > 0 and main_sums.used_amt = 0 then main_sums.newest_days end', 'integer') }}
            as crd_undrawn_days,
        {{ tag_value(limits, 'main_sums.age_days', 'integer') }} as crd_limit_age_days,
        {{ tag_value(limits, 'main_sums.revolving_amt', 'decimal(18,2)', '0') }} as crd_revolve_amt,
        {{ tag_value(limits, 'limit_history.first_date', 'date') }} as crd_limit_first_date,
        {{ tag_value(limits, 'limit_history.last_date', 'date') }} as crd_limit_last_date,
        {{ tag_value(limits, 'limit_history.cnt', 'integer', '0') }} as crd_limit_cnt_ltd,
        {{ tag_value(limits, 'limit_history.expired_cnt', 'integer', '0') }} as crd_limit_expired_cnt_l12m,
        {{ tag_value(limits, 'low_risk_sums.limit_amt', 'decimal(18,2)', '0') }} as crd_lowrisk_limit_amt,
        {{ tag_value(limits, 'low_risk_sums.used_amt', 'decimal(18,2)', '0') }} as crd_lowrisk_used_amt,
        {{ tag_value(limits, 'low_risk_sums.avail_amt', 'decimal(18,2)', '0') }} as crd_lowrisk_avail_amt,
        {{ tag_value(limits, 'group_limits.limit_amt', 'decimal(18,2)') }} as crd_group_limit_amt,
        {{ tag_value(limits, 'group_limits.used_amt', 'decimal(18,2)') }} as crd_group_used_amt,
        {{ tag_value(limits, 'group_limits.avail_amt', 'decimal(18,2)') }} as crd_group_avail_amt,
        {{ tag_value(limits, 'drawables.amt', 'decimal(18,2)') }}
            as crd_drawable_amt,
        {{ tag_value(exposure, 'exposures.exposure_amt', 'decimal(18,2)', '0') }} as crd_exposure_amt,
        {{ tag_value(exposure, 'exposures.obs_amt', 'decimal(18,2)', '0') }} as crd_obs_exposure_amt
    from spine
    left join main_sums on spine.customer_id = main_sums.customer_id
    left join low_risk_sums on spine.customer_id = low_risk_sums.customer_id
    left join limit_history on spine.customer_id = limit_history.customer_id
    left join group_limits on spine.customer_id = group_limits.customer_id
    left join drawables on spine.customer_id = drawables.customer_id
    left join exposures on spine.customer_id = exposures.customer_id
)

select * from final
