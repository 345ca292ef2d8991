-- a row is what one merchant took on one acquiring day, by kind of payment, hour band and kind of day
{{ config(materialized='daily', date_column='acct_date', part='customer_id', in_order_of='customer_id') }}
with transactions as (
    select *
    from {{ ref('dwd_merchant_transaction') }}
    where customer_id is not null and {{ daily_rows('acct_date', 'customer_id') }}
),

days as (
    select cal_date, is_workday, holiday_code from {{ ref('calendar_day') }}
),

night_hours as (
    select
        {{ parameter('mer_night_from_hour') }} as from_hour,
        {{ parameter('mer_night_to_hour') }} as to_hour
),

banded as (
    select
        transactions.*,
        -- The hour is when the payer acted; the day is the acquiring day, which may be the next one.
        case
            when transactions.txn_hour >= night_hours.from_hour or transactions.txn_hour < night_hours.to_hour then 'night'
            else 'daytime'
        end as band,
        case
            when nullif(days.holiday_code, '') is not null then 'holiday'
            when coalesce(days.is_workday, isodow(transactions.acct_date) <= 5) then 'workday'
            else 'weekend'
        end as daytype
    from transactions
    cross join night_hours
    left join days on transactions.acct_date = days.cal_date
),

final as (
    select
        banded.customer_id,
        banded.acct_date,
        banded.pay,
        banded.band,
        banded.daytype,
        cast(sum(case when banded.is_ok then banded.amt else 0 end) as decimal(18, 2)) as amt_sum,
        max(case when banded.is_ok and not banded.is_refund then banded.amt end) as amt_max,
        cast(count(case when banded.is_ok and not banded.is_refund then 1 end) as integer) as cnt,
        cast(sum(case when banded.is_ok and banded.is_refund then -banded.amt else 0 end) as decimal(18, 2)) as refund_amt,
        cast(count(case when banded.is_ok and banded.is_refund then 1 end) as integer) as refund_cnt,
        cast(count(case when not banded.is_ok then 1 end) as integer) as fail_cnt,
        cast(sum(case when banded.is_ok then banded.fee_amt else 0 end) as decimal(18, 2)) as fee_amt,
        cast(sum(case when banded.is_ok
            then banded.interchange_amt + banded.network_amt + banded.subsidy_amt else 0 end) as decimal(18, 2)) as cost_amt,
        cast(sum(case when banded.is_ok
            then banded.fee_amt - banded.interchange_amt - banded.network_amt - banded.subsidy_amt else 0 end)
            as decimal(18, 2)) as fee_net_amt
    from banded
    group by banded.customer_id, banded.acct_date, banded.pay, banded.band, banded.daytype
)

select * from final
