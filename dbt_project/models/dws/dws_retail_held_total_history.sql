-- a row is a run of days on which what one customer had together, in deposits or in everything held, came to the same
{{ config(materialized='history', date_column='acct_date', key=['customer_id', 'total'], part='customer_id', in_order_of='customer_id') }}
with balances as (
    select customer_id, bal_date, prod, bal
    from {{ ref('dwd_account_balance_daily') }}
    -- Margin secures a debt: it is no deposit and no asset under management.
    where entity = 'retail' and prod <> 'margin' and {{ daily_rows('bal_date', 'customer_id') }}
),

holdings as (
    select customer_id, hold_date, market_amt
    from {{ ref('dwd_holding') }}
    where customer_id is not null and {{ daily_rows('hold_date', 'customer_id') }}
),

parts as (
    select customer_id, bal_date as acct_date, 'held' as total, bal from balances
    union all
    select customer_id, hold_date as acct_date, 'held' as total, market_amt as bal from holdings
    union all
    select customer_id, bal_date as acct_date, 'dep' as total, bal from balances where prod in ('demand', 'term', 'cd')
),

final as (
    select
        parts.customer_id,
        parts.acct_date,
        parts.total,
        cast(sum(parts.bal) as decimal(18, 2)) as bal
    from parts
    group by parts.customer_id, parts.acct_date, parts.total
)

select * from final
