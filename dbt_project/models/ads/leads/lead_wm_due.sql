-- a row is one retail customer and wealth product that is paid out or may be redeemed in some days or tomorrow
with night as (
    {{ night_dates() }}
),

workdays as (
    select cal_date from {{ ref('calendar_day') }} where is_workday
),

holdings as (
    select
        holdings.customer_id,
        holdings.prod_id,
        holdings.market_amt,
        night.biz_date,
        case products.kind_code when 'closed' then holdings.due_date when 'min_hold' then holdings.redeem_from_date end as free_date,
        holdings.prod_id || '|' || coalesce(holdings.due_date, holdings.redeem_from_date) as hold_key
    from {{ ref('dwd_holding') }} as holdings
    inner join night on holdings.hold_date = night.biz_date
    inner join {{ ref('dwd_product') }} as products on holdings.prod_id = products.prod_id
    where holdings.line_code = 'wm' and products.kind_code in ('closed', 'min_hold')
),

-- A product that matures on a day of rest is paid on the next workday.
dated as (
    select holdings.*, workdays.cal_date - holdings.biz_date as free_days
    from holdings
    asof inner join workdays on holdings.free_date <= workdays.cal_date
),

final as (
    select
        customer_id,
        'main' as variant_code,
        prod_id as dedupe_part,
        max(biz_date) as evidence_from,
        max(biz_date) as evidence_to,
        {{ evidence_keys('hold', "customer_id || '|' || hold_key") }} as evidence_keys,
        cast(count(*) as integer) as evidence_cnt,
        cast(sum(market_amt) as decimal(18, 2)) as amt,
        cast(null as date) as expiry_date
    from dated
    where free_days in ({{ lead_threshold('wm_far_days') }}, {{ lead_threshold('wm_near_days') }})
    group by customer_id, prod_id
    having sum(market_amt) >= {{ lead_threshold('wm_min_amt') }}
)

select * from final
