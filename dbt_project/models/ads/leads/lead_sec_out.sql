-- a row is one retail customer who moved far more to a securities account within a week than is usual
with night as (
    {{ night_dates() }}
),

lines as (
    {{ lead_lines() }}
),

legs as (
    select transactions.*, night.biz_date, transactions.acct_date > night.biz_date - 7 as is_week
    from {{ ref('dwd_transaction') }} as transactions
    inner join night
        on
            transactions.acct_date > night.biz_date - 7 * (1 + cast({{ lead_threshold('sec_weeks') }} as integer))
            and transactions.acct_date <= night.biz_date
    where
        transactions.entity = 'retail' and transactions.cp_class = 'securities' and transactions.direction = 'out'
        and not transactions.is_void
),

-- What is taken back of an earlier day lessens the sum and is no movement of its own.
weeks as (
    select
        customer_id,
        max(biz_date) as biz_date,
        max(case when not is_reversal then acct_date end) as last_date,
        min(case when is_week and not is_reversal then acct_date end) as first_date,
        sum(case when is_week then amt else 0 end) as amt,
        sum(case when is_week then 0 else amt end) as before_amt,
        count(case when is_week and not is_reversal then 1 end) as leg_cnt,
        {{ evidence_keys('txn', "case when is_week then txn_no || '|' || leg end") }} as keys
    from legs
    group by customer_id
),

final as (
    select
        weeks.customer_id,
        'main' as variant_code,
        '' as dedupe_part,
        weeks.first_date as evidence_from,
        weeks.last_date as evidence_to,
        weeks.keys as evidence_keys,
        cast(weeks.leg_cnt as integer) as evidence_cnt,
        cast(weeks.amt as decimal(18, 2)) as amt,
        cast(null as date) as expiry_date
    from weeks
    inner join lines on weeks.customer_id = lines.customer_id
    where
        weeks.last_date = weeks.biz_date
        and weeks.amt >= lines.line_amt
        and {{ lead_threshold('sec_weeks') }} * weeks.amt >= {{ lead_threshold('sec_week_times') }} * weeks.before_amt
)

select * from final
