-- a row is one retail customer who did something again on the day after half a year without
with night as (
    {{ night_dates() }}
),

before as (
    select customer_id, txn_self_idle_days from {{ source('ops', 'prior_tag_retail') }}
),

-- A customer whose controls changed lately is for the fraud check and not for a manager.
controlled as (
    select distinct controls.customer_id
    from {{ ref('dwd_account_control') }} as controls
    inner join night
        on
            night.biz_date - controls.from_date between 0 and {{ lead_threshold('wake_ctrl_days') }} - 1
            or night.biz_date - controls.to_date between 0 and {{ lead_threshold('wake_ctrl_days') }} - 1
    where controls.customer_id is not null
),

acts as (
    select
        transactions.customer_id,
        max(transactions.acct_date) as acct_date,
        max(transactions.amt) as amt,
        count(*) as leg_cnt,
        {{ evidence_keys('txn', "transactions.txn_no || '|' || transactions.leg") }} as keys
    from {{ ref('dwd_transaction') }} as transactions
    inner join night on transactions.acct_date = night.biz_date
    where
        transactions.entity = 'retail' and transactions.is_self and not transactions.is_void
        and not transactions.is_reversal and transactions.amt >= {{ lead_threshold('wake_min_amt') }}
    group by transactions.customer_id
),

final as (
    select
        acts.customer_id,
        'main' as variant_code,
        '' as dedupe_part,
        acts.acct_date as evidence_from,
        acts.acct_date as evidence_to,
        acts.keys as evidence_keys,
        cast(acts.leg_cnt as integer) as evidence_cnt,
        acts.amt,
        cast(null as date) as expiry_date
    from acts
    inner join before on acts.customer_id = before.customer_id
    left join controlled on acts.customer_id = controlled.customer_id
    where before.txn_self_idle_days >= {{ lead_threshold('wake_idle_days') }} and controlled.customer_id is null
)

select * from final
