-- a row is the face of one company's live off-balance business of one kind at the end of one calendar day
with night as (
    {{ night_dates() }}
),

first_days as (
    select min(bal_date) as first_day from {{ ref('dwd_account_balance_daily') }}
),

-- From the day of issue until the day before it falls due. When a business was settled early is not delivered, so one that
-- is over before its due date is left out of all days: better a day too few than one that was never there.
spans as (
    select
        off_balance.customer_id,
        off_balance.kind_code as prod,
        off_balance.face_amt,
        greatest(off_balance.start_date, first_days.first_day) as first_date,
        least(off_balance.due_date - 1, night.biz_date) as last_date
    from {{ ref('dwd_off_balance') }} as off_balance
    cross join night
    cross join first_days
    where
        off_balance.entity = 'corporate'
        and (off_balance.status_code = 'live' or off_balance.due_date <= night.biz_date)
),

days as (
    select
        customer_id,
        prod,
        face_amt,
        cast(unnest(generate_series(first_date, last_date, interval 1 day)) as date) as acct_date
    from spans
    where first_date <= last_date
),

final as (
    select
        days.customer_id,
        days.acct_date,
        days.prod,
        cast(sum(days.face_amt) as decimal(18, 2)) as bal
    from days
    group by days.customer_id, days.acct_date, days.prod
)

select * from final
