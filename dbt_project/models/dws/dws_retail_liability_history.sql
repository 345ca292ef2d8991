-- a row is what one customer owes by one kind of loan, or on credit cards, from `valid_from` until the day before `valid_to`; no row: nothing
with daily as (
    select * from {{ ref('dws_retail_liability_daily') }}
),

-- A state begins on a day whose day before says something else, or nothing.
marked as (
    select
        daily.*,
        case
            when
                lag(daily.acct_date) over by_day = daily.acct_date - 1
                and daily.bal is not distinct from lag(daily.bal) over by_day
                and daily.overdue_amt is not distinct from lag(daily.overdue_amt) over by_day
                and daily.dpd is not distinct from lag(daily.dpd) over by_day
                then 0
            else 1
        end as is_new
    from daily
    window by_day as (partition by daily.customer_id, daily.prod order by daily.acct_date)
),

numbered as (
    select
        marked.*,
        sum(marked.is_new) over (
            partition by marked.customer_id, marked.prod
            order by marked.acct_date
        ) as state_no
    from marked
),

final as (
    select
        numbered.customer_id,
        numbered.prod,
        min(numbered.acct_date) as valid_from,
        case
            when max(numbered.acct_date) = {{ biz_date() }} then date '9999-12-31'
            else max(numbered.acct_date) + 1
        end as valid_to,
        any_value(numbered.bal) as bal,
        any_value(numbered.overdue_amt) as overdue_amt,
        any_value(numbered.dpd) as dpd
    from numbered
    group by numbered.customer_id, numbered.prod, numbered.state_no
)

select * from final
