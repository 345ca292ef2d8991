-- a row is one retail customer and week in which term deposits fall due, on two days before and on the day itself
with night as (
    {{ night_dates() }}
),

deposits as (
    select deposits.*, night.biz_date, deposits.due_date - night.biz_date as due_days
    from {{ ref('dwd_term_deposit') }} as deposits
    inner join night on deposits.start_date <= night.biz_date
    where deposits.entity = 'retail'
),

-- What the bank pays today for the same term: the middle of what it agreed on lately.
rates as (
    select kind_code, term_code, quantile_disc(rate, 0.5) as rate
    from deposits
    where start_date > biz_date - cast({{ lead_threshold('td_rate_days') }} as integer)
    group by kind_code, term_code
),

-- On the day itself the core has already paid out or rolled over.
due as (
    select deposits.*, rates.rate as today_rate
    from deposits
    left join rates on deposits.kind_code = rates.kind_code and deposits.term_code = rates.term_code
    where
        deposits.due_days in ({{ lead_threshold('td_far_days') }}, {{ lead_threshold('td_near_days') }}, 0)
        and (deposits.status_code = 'live' or (deposits.due_days = 0 and deposits.status_code = 'matured'))
        and deposits.principal_amt >= {{ lead_threshold('td_min_amt') }}
),

worth as (
    select * from due
    where
        not coalesce(is_auto_roll, false)
        or principal_amt >= {{ lead_threshold('td_roll_amt') }}
        or today_rate <= rate - {{ lead_threshold('td_roll_gap_rate') }}
),

final as (
    select
        customer_id,
        'main' as variant_code,
        strftime(due_date, '%G-W%V') as dedupe_part,
        max(biz_date) as evidence_from,
        max(biz_date) as evidence_to,
        {{ evidence_keys('term', "acct_no || '|' || seq") }} as evidence_keys,
        cast(count(*) as integer) as evidence_cnt,
        cast(sum(principal_amt) as decimal(18, 2)) as amt,
        cast(null as date) as expiry_date
    from worth
    group by customer_id, strftime(due_date, '%G-W%V')
)

select * from final
