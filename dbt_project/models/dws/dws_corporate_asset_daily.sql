-- a row is what one company has on deposit accounts of one kind at the end of one calendar day
with balances as (
    select customer_id, bal_date, prod, bal from {{ ref('dwd_account_balance_daily') }} where entity = 'corporate'
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
