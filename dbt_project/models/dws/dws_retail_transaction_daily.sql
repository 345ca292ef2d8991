-- a row is what moved for one customer on one day, by channel, direction, mode, purpose and class of counterparty
{{ config(materialized='daily', date_column='acct_date', part='customer_id', in_order_of='customer_id') }}
with transactions as (
    select * from {{ ref('dwd_transaction') }} where entity = 'retail' and {{ daily_rows('acct_date', 'customer_id') }}
),

-- Own transfers are no flow of the customer, and a posting reversed on its own day never happened.
counted as (
    select
        *,
        -- A reversal of a later day takes its amount back on its own day; it is no act and no movement to count.
        case when is_reversal then 0 else 1 end as counts
    from transactions
    where not is_void and cp_class <> 'own'
),

final as (
    select
        counted.customer_id,
        counted.acct_date,
        counted.channel,
        counted.direction,
        counted.mode,
        counted.purpose,
        counted.cp_class as cp,
        cast(sum(counted.amt) as decimal(18, 2)) as amt_sum,
        max(case when counted.counts = 1 then counted.amt end) as amt_max,
        cast(sum(counted.counts) as integer) as cnt,
        cast(sum(case when counted.is_self then counted.counts else 0 end) as integer) as self_cnt
    from counted
    group by
        counted.customer_id,
        counted.acct_date,
        counted.channel,
        counted.direction,
        counted.mode,
        counted.purpose,
        counted.cp_class
)

select * from final
