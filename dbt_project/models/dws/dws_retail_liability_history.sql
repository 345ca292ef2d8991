-- a row is a run of days on which what one customer owes by one kind of loan, or on credit cards, did not change
{{ config(materialized='history', date_column='acct_date', key=['customer_id', 'prod'], part='customer_id', in_order_of='customer_id') }}
with notes as (
    select * from {{ ref('dwd_loan_note') }} where entity = 'retail' and {{ daily_rows('bal_date', 'customer_id') }}
),

credit_cards as (
    select *
    from {{ ref('dwd_credit_card') }}
    where customer_id is not null and {{ daily_rows('bal_date', 'customer_id') }}
),

parts as (
    select customer_id, bal_date as acct_date, kind_code as prod, principal_amt as bal, overdue_amt, dpd from notes
    union all
    -- Card systems deliver the days past due and not the overdue amount: it is unknown, which is not 0.
    select customer_id, bal_date as acct_date, 'cc' as prod, bal, cast(null as decimal(18, 2)) as overdue_amt, dpd
    from credit_cards
),

final as (
    select
        parts.customer_id,
        parts.acct_date,
        parts.prod,
        cast(sum(parts.bal) as decimal(18, 2)) as bal,
        cast(sum(parts.overdue_amt) as decimal(18, 2)) as overdue_amt,
        max(parts.dpd) as dpd
    from parts
    group by parts.customer_id, parts.acct_date, parts.prod
)

select * from final
