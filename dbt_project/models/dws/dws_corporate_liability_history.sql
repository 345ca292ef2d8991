-- a row is a run of days on which what one company owes by one kind of loan did not change
{{ config(materialized='history', date_column='acct_date', key=['customer_id', 'prod'], part='customer_id') }}
with notes as (
    select
        customer_id,
        bal_date,
        case when kind_code in ('wcap', 'fixed', 'trade', 'sole') then kind_code else 'other' end as prod,
        principal_amt,
        overdue_amt,
        dpd
    from {{ ref('dwd_loan_note') }}
    where entity = 'corporate' and {{ daily_rows('bal_date', 'customer_id') }}
),

final as (
    select
        notes.customer_id,
        notes.bal_date as acct_date,
        notes.prod,
        cast(sum(notes.principal_amt) as decimal(18, 2)) as bal,
        cast(sum(notes.overdue_amt) as decimal(18, 2)) as overdue_amt,
        max(notes.dpd) as dpd
    from notes
    group by notes.customer_id, notes.bal_date, notes.prod
)

select * from final
