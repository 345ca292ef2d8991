-- a row is one credit limit that is in force for 30 days without a drawing, or expires undrawn in 15 days
with night as (
    {{ night_dates() }}
),

limits as (
    select
        limits.*,
        night.biz_date,
        night.biz_date - limits.from_date as age_days,
        limits.to_date - night.biz_date as left_days
    from {{ ref('dwd_credit_limit') }} as limits
    cross join night
    where limits.status_code = 'live' and limits.used_amt = 0 and limits.kind_code <> 'group'
),

final as (
    select
        customer_id,
        'main' as variant_code,
        {{ evidence_key('limit', 'limit_no') }} as dedupe_part,
        from_date as evidence_from,
        biz_date as evidence_to,
        {{ evidence_key('limit', 'limit_no') }} as evidence_keys,
        1 as evidence_cnt,
        amt,
        cast(null as date) as expiry_date
    from limits
    where
        (age_days = {{ lead_threshold('undrawn_days') }} and left_days > 0)
        or (left_days = {{ lead_threshold('undrawn_expiry_days') }} and age_days >= 0)
)

select * from final
