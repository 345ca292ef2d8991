-- a row is one merchant that has been silent for three business days, or whose week is far below the weeks before
with night as (
    {{ night_dates() }}
),

before as (
    select customer_id, mer_silent_bizdays from {{ source('ops', 'prior_tag_merchant') }}
),

-- Schools stop in vacations, and who has left says nothing.
merchants as (
    select customer_id, mer_silent_bizdays
    from {{ ref('tags_merchant') }}
    where not coalesce(mer_is_seasonal, false) and mer_status_code = 'normal'
),

silent as (
    select merchants.customer_id
    from merchants
    inner join before on merchants.customer_id = before.customer_id
    where
        coalesce(before.mer_silent_bizdays, 0) < {{ lead_threshold('silent_days') }}
        and merchants.mer_silent_bizdays >= {{ lead_threshold('silent_days') }}
),

days as (
    select calendar_day.cal_date, isodow(calendar_day.cal_date) as weekday, night.biz_date
    from {{ ref('calendar_day') }} as calendar_day
    inner join night
        on
            calendar_day.cal_date > night.biz_date - 7 * (1 + cast({{ lead_threshold('drop_weeks') }} as integer))
            and calendar_day.cal_date <= night.biz_date
    where nullif(calendar_day.holiday_code, '') is null
),

sales as (
    select sales.customer_id, sales.acct_date, sum(sales.amt) as amt
    from {{ ref('dwd_merchant_transaction') }} as sales
    inner join night
        on
            sales.acct_date > night.biz_date - 7 * (1 + cast({{ lead_threshold('drop_weeks') }} as integer))
            and sales.acct_date <= night.biz_date
    where sales.is_ok
    group by sales.customer_id, sales.acct_date
),

merchant_days as (
    select merchants.customer_id, days.weekday, days.biz_date, days.cal_date > days.biz_date - 7 as is_week, coalesce(sales.amt, 0) as amt
    from merchants
    cross join days
    left join sales on merchants.customer_id = sales.customer_id and days.cal_date = sales.acct_date
),

-- Each day of the week is measured against the same weekday of some weeks before, holidays left out on both sides.
weekdays as (
    select
        customer_id,
        sum(case when is_week then amt else 0 end) as amt,
        sum(case when is_week then 0 else amt end) as before_amt,
        count(case when not is_week then 1 end) as before_cnt
    from merchant_days
    group by customer_id, weekday
    having count(case when is_week then 1 end) > 0 and count(case when not is_week then 1 end) > 0
),

weeks as (
    select
        customer_id,
        sum(amt) as amt,
        cast(sum({{ divided('before_amt', 'before_cnt', 2) }}) as decimal(18, 2)) as usual_amt
    from weekdays
    group by customer_id
),

found as (
    select
        coalesce(silent.customer_id, weeks.customer_id) as customer_id,
        silent.customer_id is not null as is_silent,
        weeks.amt,
        weeks.usual_amt
    from weeks
    full join silent on weeks.customer_id = silent.customer_id
    where
        silent.customer_id is not null
        or (
            weeks.usual_amt >= {{ lead_threshold('drop_base_amt') }}
            and weeks.amt <= {{ lead_threshold('drop_ratio') }} * weeks.usual_amt
        )
),

final as (
    select
        found.customer_id,
        case when found.is_silent then 'main' else 'drop' end as variant_code,
        '' as dedupe_part,
        night.biz_date - 6 as evidence_from,
        night.biz_date as evidence_to,
        {{ evidence_key('sales', "found.customer_id || '|' || night.biz_date") }} as evidence_keys,
        1 as evidence_cnt,
        cast(coalesce(found.usual_amt, 0) as decimal(18, 2)) as amt,
        cast(null as date) as expiry_date
    from found
    cross join night
)

select * from final
