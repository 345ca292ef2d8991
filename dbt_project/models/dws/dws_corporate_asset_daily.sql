-- a row is what one company has on deposit accounts of one kind at the end of one calendar day
{{ config(materialized='view') }}
with history as (
    select * from {{ ref('dws_corporate_asset_history') }}
),

days as (
    {{ days_of_history('history') }}
),

final as (
    select
        history.customer_id,
        days.day as acct_date,
        history.prod,
        history.bal
    from history
    inner join days on history.valid_from <= days.day and history.valid_to > days.day
)

select * from final
