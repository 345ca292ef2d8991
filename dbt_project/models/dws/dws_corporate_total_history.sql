-- a row is a run of days on which one company's deposits, or its loans, together came to the same
{{ config(materialized='history', date_column='acct_date', key=['customer_id', 'total'], part='customer_id') }}
with balances as (
    select customer_id, bal_date, bal
    from {{ ref('dwd_account_balance_daily') }}
    where entity = 'corporate' and prod in ('demand', 'term', 'cd') and {{ daily_rows('bal_date', 'customer_id') }}
),

notes as (
    select customer_id, bal_date, principal_amt
    from {{ ref('dwd_loan_note') }}
    where entity = 'corporate' and {{ daily_rows('bal_date', 'customer_id') }}
),

-- The highest and the lowest of a sum cannot be told from those of its parts: a total that tags ask them of is kept as such.
parts as (
    select customer_id, bal_date as acct_date, 'dep' as total, bal from balances
    union all
    select customer_id, bal_date as acct_date, 'loan' as total, principal_amt as bal from notes
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
