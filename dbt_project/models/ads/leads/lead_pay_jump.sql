-- a row is one retail customer who was paid a bonus on the day, or a wage far above what is usual
with night as (
    {{ night_dates() }}
),

before as (
    select customer_id, pay_amt_median_l3m from {{ source('ops', 'prior_tag_retail') }}
),

paid as (
    select
        details.customer_id,
        details.pay_date,
        details.pay_type,
        sum(details.amt) as amt,
        count(*) as detail_cnt,
        {{ evidence_keys('pay', "details.batch_no || '|' || details.seq") }} as keys
    from {{ ref('dwd_pay_detail') }} as details
    inner join night on details.pay_date = night.biz_date
    where details.result_code = 'ok' and details.pay_type in ('wage', 'bonus') and details.customer_id is not null
    group by details.customer_id, details.pay_date, details.pay_type
),

jumps as (
    select paid.*
    from paid
    left join before on paid.customer_id = before.customer_id
    where
        paid.amt >= {{ lead_threshold('pay_jump_min_amt') }}
        and (paid.pay_type = 'bonus' or paid.amt >= {{ lead_threshold('pay_jump_ratio') }} * before.pay_amt_median_l3m)
),

final as (
    select
        customer_id,
        'main' as variant_code,
        strftime(max(pay_date), '%Y-%m') as dedupe_part,
        max(pay_date) as evidence_from,
        max(pay_date) as evidence_to,
        string_agg(keys, '|' order by pay_type) as evidence_keys,
        cast(sum(detail_cnt) as integer) as evidence_cnt,
        cast(sum(amt) as decimal(18, 2)) as amt,
        cast(null as date) as expiry_date
    from jumps
    group by customer_id
)

select * from final
