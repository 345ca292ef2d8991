-- a row is what one customer has of one kind of asset at the end of one calendar day
with balances as (
    select customer_id, bal_date, prod, bal from {{ ref('dwd_account_balance_daily') }} where entity = 'retail'
),

holdings as (
    select customer_id, hold_date, line_code, market_amt from {{ ref('dwd_holding') }} where customer_id is not null
),

orders as (
    select * from {{ ref('dwd_order') }} where customer_id is not null and status_code <> 'failed'
),

-- Money on its way is the customer's too: without it every subscription would look like money leaving the bank.
-- A subscription is on its way from the day it is paid until it is confirmed, a redemption from confirmation until paid.
transit_spans as (
    select
        customer_id,
        amt,
        order_date as first_date,
        least(coalesce(confirm_date - 1, {{ biz_date() }}), {{ biz_date() }}) as last_date
    from orders
    where order_type in ('sub', 'sip')
    union all
    select
        customer_id,
        amt,
        confirm_date as first_date,
        least(coalesce(settle_date - 1, {{ biz_date() }}), {{ biz_date() }}) as last_date
    from orders
    where order_type = 'red' and confirm_date is not null
),

transit_days as (
    select
        customer_id,
        amt,
        cast(unnest(generate_series(first_date, last_date, interval 1 day)) as date) as acct_date
    from transit_spans
    where first_date <= last_date
),

parts as (
    select customer_id, bal_date as acct_date, prod, bal from balances
    union all
    select customer_id, hold_date as acct_date, line_code as prod, market_amt as bal from holdings
    union all
    select customer_id, acct_date, 'transit' as prod, amt as bal from transit_days
),

final as (
    select
        parts.customer_id,
        parts.acct_date,
        parts.prod,
        cast(sum(parts.bal) as decimal(18, 2)) as bal
    from parts
    group by parts.customer_id, parts.acct_date, parts.prod
)

select * from final
