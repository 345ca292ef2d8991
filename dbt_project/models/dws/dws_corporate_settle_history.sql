-- a row is a run of days on which what one company has on demand accounts of one nature did not change
{{ config(materialized='history', date_column='acct_date', key=['customer_id', 'nature'], part='customer_id') }}
with balances as (
    select
        customer_id,
        bal_date,
        case when nature_code in ('basic', 'general', 'special', 'temporary') then nature_code else 'other' end as nature,
        bal
    from {{ ref('dwd_account_balance_daily') }}
    where entity = 'corporate' and prod = 'demand' and {{ daily_rows('bal_date', 'customer_id') }}
),

final as (
    select
        balances.customer_id,
        balances.bal_date as acct_date,
        balances.nature,
        cast(sum(balances.bal) as decimal(18, 2)) as bal
    from balances
    group by balances.customer_id, balances.bal_date, balances.nature
)

select * from final
