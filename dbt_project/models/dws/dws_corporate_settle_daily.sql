-- a row is what one company has on demand accounts of one nature at the end of one calendar day
with balances as (
    select acct_no, customer_id, bal_date, bal
    from {{ ref('dwd_account_balance_daily') }}
    where entity = 'corporate' and prod = 'demand'
),

accounts as (
    select
        acct_no,
        case when nature_code in ('basic', 'general', 'special', 'temporary') then nature_code else 'other' end as nature
    from {{ ref('dwd_account') }}
),

final as (
    select
        balances.customer_id,
        balances.bal_date as acct_date,
        accounts.nature,
        cast(sum(balances.bal) as decimal(18, 2)) as bal
    from balances
    inner join accounts on balances.acct_no = accounts.acct_no
    group by balances.customer_id, balances.bal_date, accounts.nature
)

select * from final
