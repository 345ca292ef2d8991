-- a row is a run of days on which one customer's money on its way into and out of investments came to the same
-- A plain table: an order is a state, and its later states change earlier days. There are few orders.
with orders as (
    select * from {{ ref('dwd_order') }} where customer_id is not null and status_code <> 'failed'
),

-- Money on its way is the customer's too: without it every subscription would look like money leaving the bank.
-- A subscription is on its way from the day it is paid until it is confirmed, a redemption from confirmation until paid.
spans as (
    select customer_id, amt, order_date as valid_from, coalesce(confirm_date, date '9999-12-31') as valid_to
    from orders
    where order_type in ('sub', 'sip')
    union all
    select customer_id, amt, confirm_date as valid_from, coalesce(settle_date, date '9999-12-31') as valid_to
    from orders
    where order_type = 'red' and confirm_date is not null
),

-- What the night knows of days to come is no state of its day: such a span is still open.
known as (
    select
        customer_id,
        amt,
        valid_from,
        case when valid_to > {{ biz_date() }} then date '9999-12-31' else valid_to end as valid_to
    from spans
    where valid_from <= {{ biz_date() }} and valid_from < valid_to
),

steps as (
    select customer_id, valid_from as step_date, amt, 1 as cnt from known
    union all
    select customer_id, valid_to as step_date, -amt as amt, -1 as cnt from known
),

changes as (
    select customer_id, step_date, sum(amt) as amt, sum(cnt) as cnt
    from steps
    group by customer_id, step_date
),

levels as (
    select
        customer_id,
        step_date,
        amt as change_amt,
        cast(sum(amt) over (partition by customer_id order by step_date) as decimal(18, 2)) as bal,
        sum(cnt) over (partition by customer_id order by step_date) as cnt
    from changes
),

-- One order may end on the day on which others of the same amount begin: that is no change.
turns as (
    select *
    from levels
    qualify change_amt <> 0 or cnt = 0 or coalesce(lag(cnt) over (partition by customer_id order by step_date), 0) = 0
),

runs as (
    select
        *,
        lead(step_date) over (partition by customer_id order by step_date) as next_date
    from turns
),

final as (
    select
        runs.customer_id,
        runs.step_date as valid_from,
        runs.next_date as valid_to,
        runs.bal
    from runs
    where runs.cnt > 0
)

select * from final
