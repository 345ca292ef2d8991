-- a row is one retail customer and other bank to which more than is usual went within a week, to the same name
with night as (
    {{ night_dates() }}
),

lines as (
    {{ lead_lines() }}
),

legs as (
    select transactions.*, night.biz_date
    from {{ ref('dwd_transaction') }} as transactions
    inner join night
        on
            transactions.acct_date > night.biz_date - cast({{ lead_threshold('same_name_days') }} as integer)
            and transactions.acct_date <= night.biz_date
    where transactions.entity = 'retail' and transactions.cp_class = 'other_bank_same_name' and not transactions.is_void
),

-- What is taken back of an earlier day lessens the sum and is no movement of its own.
weeks as (
    select
        customer_id,
        cp_bank_code,
        sum(case direction when 'out' then amt else -amt end) as amt,
        min(case when direction = 'out' and not is_reversal then acct_date end) as first_date,
        max(case when direction = 'out' and not is_reversal then acct_date end) as last_date,
        max(biz_date) as biz_date,
        count(case when direction = 'out' and not is_reversal then 1 end) as leg_cnt,
        {{ evidence_keys('txn', "txn_no || '|' || leg") }} as keys
    from legs
    group by customer_id, cp_bank_code
),

final as (
    select
        weeks.customer_id,
        'main' as variant_code,
        coalesce(weeks.cp_bank_code, '') as dedupe_part,
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
        and weeks.amt >= {{ lead_threshold('same_name_line_ratio') }} * lines.line_amt
        and weeks.amt >= {{ lead_threshold('same_name_aum_ratio') }} * lines.aum_davg_lm
)

select * from final
