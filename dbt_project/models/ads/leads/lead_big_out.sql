-- a row is one retail customer from whose accounts a large sum left the bank on the day, and whose assets fell by it
with night as (
    {{ night_dates() }}
),

lines as (
    {{ lead_lines() }}
),

assets as (
    select customer_id, aum_bal from {{ ref('tags_retail') }}
),

-- What repays a loan or buys a house says nothing of leaving. What is taken back of an earlier day is below 0 and no leg.
went as (
    select
        transactions.customer_id,
        max(night.biz_date) as biz_date,
        sum(transactions.amt) as amt,
        count(case when not transactions.is_reversal then 1 end) as leg_cnt,
        {{ evidence_keys('txn', "transactions.txn_no || '|' || transactions.leg") }} as keys
    from {{ ref('dwd_transaction') }} as transactions
    inner join night on transactions.acct_date = night.biz_date
    where
        transactions.entity = 'retail' and transactions.direction = 'out' and not transactions.is_void
        and transactions.cp_class in (
            'other_bank_same_name', 'other_bank_other', 'securities', 'fund_insurance', 'third_pay'
        )
        and transactions.purpose not in ('loan', 'house')
    group by transactions.customer_id
),

final as (
    select
        went.customer_id,
        'main' as variant_code,
        '' as dedupe_part,
        went.biz_date as evidence_from,
        went.biz_date as evidence_to,
        went.keys as evidence_keys,
        cast(went.leg_cnt as integer) as evidence_cnt,
        cast(went.amt as decimal(18, 2)) as amt,
        cast(null as date) as expiry_date
    from went
    inner join lines on went.customer_id = lines.customer_id
    inner join assets on went.customer_id = assets.customer_id
    where
        went.amt >= lines.line_amt
        and assets.aum_bal <= {{ lead_threshold('out_left_ratio') }} * lines.aum_davg_lm
)

select * from final
