-- a row is a run of days on which what one company has on deposit accounts of one kind did not change
{{ config(materialized='history', date_column='acct_date', key=['customer_id', 'prod'], part='customer_id') }}
with balances as (
    select customer_id, bal_date, prod, bal
    from {{ ref('dwd_account_balance_daily') }}
    where entity = 'corporate' and {{ daily_rows('bal_date', 'customer_id') }}
),

final as (
    select
        balances.customer_id,
        balances.bal_date as acct_date,
        balances.prod,
        cast(sum(balances.bal) as decimal(18, 2)) as bal
    from balances
    group by balances.customer_id, balances.bal_date, balances.prod
)

select * from final
