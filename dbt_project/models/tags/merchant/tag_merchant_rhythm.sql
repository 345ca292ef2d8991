-- a row is one merchant of the spine; on which days it usually sells, how long it has been silent, its peaks and stable months
{% set sold = ['mer_info', 'mer_txn'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_merchant_spine') }}
),

merchants as (
    select merchants.customer_id, merchants.start_date, night.biz_date - merchants.start_date as age_days
    from {{ ref('dwd_merchant') }} as merchants
    cross join night
),

days as (
    select
        calendar_day.cal_date,
        isodow(calendar_day.cal_date) as weekday,
        nullif(calendar_day.holiday_code, '') is not null as is_holiday
    from {{ ref('calendar_day') }} as calendar_day
    inner join night on calendar_day.cal_date <= night.biz_date
),

sales as (
    select
        sales_daily.customer_id,
        sales_daily.acct_date,
        cast(sum(sales_daily.amt_sum) as decimal(18, 2)) as amt,
        cast(sum(sales_daily.cnt) as integer) as cnt
    from {{ ref('dws_merchant_transaction_daily') }} as sales_daily
    inner join night on sales_daily.acct_date <= night.biz_date
    group by sales_daily.customer_id, sales_daily.acct_date
),

latest as (
    select customer_id, max(acct_date) as last_date from sales where cnt > 0 group by customer_id
),

-- Before the first day that the bank delivered nobody is known to have rested.
delivered as (
    select min(acct_date) as first_date from sales
),

-- The profile is that of the 56 days up to the last sale: those of a merchant that has been silent for long would show nothing.
weekdays as (
    select
        latest.customer_id,
        days.weekday,
        count(*) as day_cnt,
        count(case when sales.cnt > 0 then 1 end) as sold_cnt
    from latest
    inner join merchants on latest.customer_id = merchants.customer_id
    inner join days on days.cal_date > latest.last_date - 56 and days.cal_date <= latest.last_date
    cross join delivered
    left join sales on latest.customer_id = sales.customer_id and days.cal_date = sales.acct_date
    where not days.is_holiday and days.cal_date >= greatest(merchants.start_date, delivered.first_date)
    group by latest.customer_id, days.weekday
),

usual_days as (
    select weekdays.customer_id, weekdays.weekday
    from weekdays
    where weekdays.sold_cnt >= {{ parameter('mer_usual_day_ratio') }} * weekdays.day_cnt
),

profiles as (
    select
        customer_id,
        count(*) as usual_cnt,
        string_agg(cast(weekday as varchar), '' order by weekday) as usual_code,
        count(case when weekday >= 6 then 1 end) as usual_weekend_cnt
    from usual_days
    group by customer_id
),

silences as (
    select latest.customer_id, count(usual_days.weekday) as silent_cnt
    from latest
    left join days on latest.last_date < days.cal_date and not days.is_holiday
    left join usual_days on latest.customer_id = usual_days.customer_id and days.weekday = usual_days.weekday
    group by latest.customer_id
),

month_numbers as (
    select unnest(range(1, 13)) as months_ago
),

months as (
    select
        merchants.customer_id,
        month_numbers.months_ago,
        coalesce(sum(sales.amt), 0) as amt,
        count(case when sales.cnt > 0 then 1 end) as day_cnt
    from merchants
    cross join month_numbers
    cross join night
    left join sales
        on
            merchants.customer_id = sales.customer_id
            and sales.acct_date >= night.month_start - to_months(cast(month_numbers.months_ago as integer))
            and sales.acct_date < night.month_start - to_months(cast(month_numbers.months_ago - 1 as integer))
    group by merchants.customer_id, month_numbers.months_ago
),

month_medians as (
    select customer_id, quantile_disc(amt, 0.5) as median_amt, max(amt) as max_amt, min(amt) as min_amt
    from months
    group by customer_id
),

stable as (
    select
        months.customer_id,
        count(case
            when
                months.amt > 0
                and months.day_cnt >= {{ parameter('mer_stable_day_cnt') }}
                and months.amt >= {{ parameter('mer_stable_amt_ratio') }} * month_medians.median_amt
                then 1
        end) as stable_cnt,
        min(case when months.amt <= 0 then months.months_ago end) - 1 as run_cnt
    from months
    inner join month_medians on months.customer_id = month_medians.customer_id
    group by months.customer_id
),

peaks as (
    select
        sales.customer_id,
        max(sales.amt) as day_max_90d,
        -- Of equal days the later one.
        arg_max(sales.acct_date, (sales.amt, sales.acct_date)) as day_max_date_90d
    from sales
    inner join night on sales.acct_date > night.biz_date - 90
    where sales.cnt > 0
    group by sales.customer_id
),

hours as (
    select transactions.customer_id, transactions.txn_hour, count(*) as cnt
    from {{ ref('dwd_merchant_transaction') }} as transactions
    inner join night on transactions.acct_date > night.biz_date - 90 and transactions.acct_date <= night.biz_date
    where transactions.is_ok and not transactions.is_refund
    group by transactions.customer_id, transactions.txn_hour
),

busy_hours as (
    select customer_id, txn_hour
    from hours
    qualify row_number() over (partition by customer_id order by cnt desc, txn_hour) = 1
),

busy_weekdays as (
    select sales.customer_id, isodow(sales.acct_date) as weekday
    from sales
    inner join night on sales.acct_date > night.biz_date - 56
    group by sales.customer_id, isodow(sales.acct_date)
    qualify row_number() over (partition by sales.customer_id order by sum(sales.amt) desc, isodow(sales.acct_date)) = 1
),

final as (
    select
        spine.customer_id,
        {{ tag_value(sold, 'case when merchants.age_days >= 28 then silences.silent_cnt end', 'integer') }}
            as mer_silent_bizdays,
        {{ tag_value(sold, 'profiles.usual_code', 'varchar') }} as mer_usual_weekdays_code,
        {{ tag_value(sold, 'case when latest.customer_id is not null then coalesce(profiles.usual_cnt, 0) end', 'integer') }}
            as mer_usual_weekday_cnt,
        {{ tag_value(sold, 'profiles.usual_weekend_cnt = 2', 'boolean') }} as mer_is_weekend_trader,
        {{ tag_value(sold, 'profiles.usual_cnt < 7', 'boolean') }} as mer_has_rest_day,
        {{ tag_value(sold, 'stable.stable_cnt', 'integer', '0') }} as mer_stable_months_l12m,
        {{ tag_value(sold, 'coalesce(stable.run_cnt, 12)', 'integer') }} as mer_run_months_l12m,
        {{ tag_value(sold, 'month_medians.median_amt', 'decimal(18,2)') }} as mer_month_amt_median_l12m,
        {{ tag_value(sold, 'month_medians.max_amt', 'decimal(18,2)') }} as mer_month_amt_max_l12m,
        {{ tag_value(sold, 'month_medians.min_amt', 'decimal(18,2)') }} as mer_month_amt_min_l12m,
        {{ tag_value(sold, 'peaks.day_max_90d', 'decimal(18,2)') }} as mer_day_amt_max_90d,
        {{ tag_value(sold, 'peaks.day_max_date_90d', 'date') }} as mer_day_amt_max_date_90d,
        {{ tag_value(sold, 'busy_hours.txn_hour', 'integer') }} as mer_peak_hour_90d,
        {{ tag_value(sold, 'busy_weekdays.weekday', 'integer') }} as mer_peak_weekday_code_56d
    from spine
    inner join merchants on spine.customer_id = merchants.customer_id
    left join latest on spine.customer_id = latest.customer_id
    left join silences on spine.customer_id = silences.customer_id
    left join profiles on spine.customer_id = profiles.customer_id
    left join stable on spine.customer_id = stable.customer_id
    left join month_medians on spine.customer_id = month_medians.customer_id
    left join peaks on spine.customer_id = peaks.customer_id
    left join busy_hours on spine.customer_id = busy_hours.customer_id
    left join busy_weekdays on spine.customer_id = busy_weekdays.customer_id
)

select * from final
