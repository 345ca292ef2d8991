-- a row is one company and counterparty that paid it a large sum on the day for the first time in a year
with night as (
    {{ night_dates() }}
),

receipts as (
    select flows.*, night.biz_date, night.month_start
    from {{ ref('dwd_corporate_flow') }} as flows
    inner join night
        on
            flows.acct_date >= night.biz_date - cast({{ lead_threshold('new_cp_days') }} as integer)
            and flows.acct_date <= night.biz_date
    where flows.direction = 'in' and flows.is_third and not flows.is_void and not flows.is_reversal
),

-- What came in over the days that are looked back on; a month is the twelfth part of 365 of them.
month_means as (
    select customer_id, sum(amt) as amt
    from receipts
    where acct_date < month_start
    group by customer_id
),

-- What the state pays back is no trade. Whoever is of the own group is no third party.
payers as (
    select
        customer_id,
        cp_key,
        bool_or(is_cp_customer) as is_cp_customer,
        max(biz_date) as biz_date,
        min(acct_date) as first_date,
        sum(amt) as amt,
        count(*) as leg_cnt,
        {{ evidence_keys('txn', "txn_no || '|' || leg") }} as keys
    from receipts
    where cp_key is not null and cp <> 'government'
    group by customer_id, cp_key
),

final as (
    select
        payers.customer_id,
        case when payers.is_cp_customer then 'customer' else 'main' end as variant_code,
        left(payers.cp_key, 16) as dedupe_part,
        payers.first_date as evidence_from,
        payers.biz_date as evidence_to,
        payers.keys as evidence_keys,
        cast(payers.leg_cnt as integer) as evidence_cnt,
        cast(payers.amt as decimal(18, 2)) as amt,
        cast(null as date) as expiry_date
    from payers
    left join month_means on payers.customer_id = month_means.customer_id
    where
        payers.first_date = payers.biz_date
        and payers.amt >= {{ lead_threshold('new_cp_amt') }}
        and payers.amt * {{ lead_threshold('new_cp_days') }} * 12
        >= 365 * {{ lead_threshold('new_cp_ratio') }} * coalesce(month_means.amt, 0)
)

select * from final
