-- a row is a run of days on which the face of one company's live off-balance business of one kind came to the same
-- A plain table: a business is a state, and its later states change earlier days. There are few of them.
with night as (
    {{ night_dates() }}
),

first_days as (
    select min(bal_date) as first_day from {{ ref('dwd_account_balance_daily') }}
),

-- From the day of issue until the day before it falls due. When a business was settled early is not delivered, so one that
-- is over before its due date is left out of all days: better a day too few than one that was never there. One that falls due
-- after the night is still open.
spans as (
    select
        off_balance.customer_id,
        off_balance.kind_code as prod,
        off_balance.face_amt,
        greatest(off_balance.start_date, first_days.first_day) as valid_from,
        case when off_balance.due_date <= night.biz_date then off_balance.due_date else date '9999-12-31' end as valid_to,
        night.biz_date
    from {{ ref('dwd_off_balance') }} as off_balance
    cross join night
    cross join first_days
    where
        off_balance.entity = 'corporate'
        and (off_balance.status_code = 'live' or off_balance.due_date <= night.biz_date)
),

known as (
    select * from spans where valid_from <= biz_date and valid_from < valid_to
),

steps as (
    select customer_id, prod, valid_from as step_date, face_amt as amt, 1 as cnt from known
    union all
    select customer_id, prod, valid_to as step_date, -face_amt as amt, -1 as cnt from known
),

changes as (
    select customer_id, prod, step_date, sum(amt) as amt, sum(cnt) as cnt
    from steps
    group by customer_id, prod, step_date
),

levels as (
    select
        customer_id,
        prod,
        step_date,
        amt as change_amt,
        cast(sum(amt) over (partition by customer_id, prod order by step_date) as decimal(18, 2)) as bal,
        sum(cnt) over (partition by customer_id, prod order by step_date) as cnt
    from changes
),

-- One business may end on the day on which others of the same face begin: that is no change.
turns as (
    select *
    from levels
    qualify change_amt <> 0 or cnt = 0 or coalesce(lag(cnt) over (partition by customer_id, prod order by step_date), 0) = 0
),

runs as (
    select
        *,
        lead(step_date) over (partition by customer_id, prod order by step_date) as next_date
    from turns
),

final as (
    select
        runs.customer_id,
        runs.prod,
        runs.step_date as valid_from,
        runs.next_date as valid_to,
        runs.bal
    from runs
    where runs.cnt > 0
)

select * from final
