-- a row is what one company owes by one kind of loan at the end of one calendar day
{{ config(materialized='view') }}
with history as (
    select * from {{ ref('dws_corporate_liability_history') }}
),

days as (
    {{ days_of_history('history') }}
),

final as (
    select
        history.customer_id,
        days.day as acct_date,
        history.prod,
        history.bal,
        history.overdue_amt,
        history.dpd
    from history
    inner join days on history.valid_from <= days.day and history.valid_to > days.day
)

select * from final
