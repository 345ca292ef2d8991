-- a row is one retail customer of the spine; what was paid to the personal pension account this year, and what still may be
{% set pension = ['core_agreement', 'core_pension'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

holders as (
    select distinct agreements.customer_id
    from {{ ref('dwd_agreement') }} as agreements
    inner join night on agreements.from_date <= night.biz_date
    where
        agreements.entity = 'retail' and agreements.agr_type = 'pension' and agreements.status_code = 'live'
        and (agreements.to_date is null or agreements.to_date > night.biz_date)
),

paid as (
    select
        contributions.customer_id,
        sum(case when contributions.kind_code = 'return' then -contributions.amt else contributions.amt end) as amt
    from {{ ref('dwd_pension_contribution') }} as contributions
    inner join night
        on contributions.paid_date <= night.biz_date and contributions.paid_date >= date_trunc('year', night.biz_date)
    group by contributions.customer_id
),

sums as (
    select
        holders.customer_id,
        coalesce(paid.amt, 0) as paid_amt,
        {{ parameter('pens_cap_amt') }} as cap_amt
    from holders
    left join paid on holders.customer_id = paid.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(pension, 'sums.paid_amt', 'decimal(18,2)') }} as pens_paid_amt_sum_ytd,
        {{ tag_value(
            pension,
            'case when sums.cap_amt is not null then greatest(0, sums.cap_amt - sums.paid_amt) end',
            'decimal(18,2)'
        ) }} as pens_room_amt_ytd
    from spine
    left join sums on spine.customer_id = sums.customer_id
)

select * from final
