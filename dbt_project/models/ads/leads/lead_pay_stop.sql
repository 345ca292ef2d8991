-- a row is one retail customer whose wage has not come for 45 days although the employer pays others, or one employer that stopped
with night as (
    {{ night_dates() }}
),

wages as (
    {{ lead_wages(parameter('pay_early_day'), parameter('pay_forward_day')) }}
),

before as (
    select customer_id, pay_stop_days from {{ source('ops', 'prior_tag_retail') }}
),

now_tags as (
    select customer_id, pay_stop_days from {{ ref('tags_retail') }}
),

last_wages as (
    select * from wages
    where customer_id is not null
    qualify row_number() over (partition by customer_id order by pay_date desc, amt desc, batch_no desc, seq desc) = 1
),

payer_months as (
    select payer_id, pay_month, count(distinct party_id) as head_cnt, sum(amt) as amt
    from wages
    group by payer_id, pay_month
),

last_months as (
    select * from payer_months
    qualify row_number() over (partition by payer_id order by pay_month desc) = 1
),

persons as (
    select
        last_wages.customer_id,
        'main' as variant_code,
        coalesce(last_wages.payer_customer_id, last_wages.payer_id) as dedupe_part,
        last_wages.pay_date as evidence_from,
        last_wages.biz_date as evidence_to,
        {{ evidence_key('pay', "last_wages.batch_no || '|' || last_wages.seq") }} as evidence_keys,
        1 as evidence_cnt,
        last_wages.amt,
        cast(null as date) as expiry_date
    from last_wages
    inner join before on last_wages.customer_id = before.customer_id
    inner join now_tags on last_wages.customer_id = now_tags.customer_id
    inner join payer_months as own_months
        on last_wages.payer_id = own_months.payer_id and last_wages.pay_month = own_months.pay_month
    inner join last_months on last_wages.payer_id = last_months.payer_id
    where
        before.pay_stop_days < {{ lead_threshold('pay_stop_days') }}
        and now_tags.pay_stop_days >= {{ lead_threshold('pay_stop_days') }}
        and last_months.pay_month > last_wages.pay_month
        and last_months.head_cnt >= {{ lead_threshold('pay_heads_ratio') }} * own_months.head_cnt
),

-- Where the employer stopped as a whole, its staff did nothing: one lead about the company, and none about them.
last_batches as (
    select
        wages.payer_id,
        wages.payer_customer_id,
        max(wages.biz_date) as biz_date,
        max(wages.pay_date) as pay_date,
        sum(wages.amt) as amt,
        count(*) as detail_cnt,
        {{ evidence_keys('pay', "wages.batch_no || '|' || wages.seq") }} as keys,
        max(cast(least(
            wages.pay_month + interval 1 month + to_days(wages.usual_day - 1), last_day(wages.pay_month + interval 1 month)
        ) as date)) as expected_date
    from wages
    inner join last_months on wages.payer_id = last_months.payer_id and wages.pay_month = last_months.pay_month
    group by wages.payer_id, wages.payer_customer_id
),

employers as (
    select
        payer_customer_id as customer_id,
        'employer' as variant_code,
        payer_customer_id as dedupe_part,
        max(pay_date) as evidence_from,
        max(biz_date) as evidence_to,
        max(keys) as evidence_keys,
        cast(sum(detail_cnt) as integer) as evidence_cnt,
        cast(sum(amt) as decimal(18, 2)) as amt,
        cast(null as date) as expiry_date
    from last_batches
    where payer_customer_id is not null
    group by payer_customer_id
    having max(biz_date) - max(expected_date) = {{ lead_threshold('pay_stop_days') }}
),

final as (
    select * from persons
    union all
    select * from employers
)

select * from final
