-- a row is one retail customer and employer whose second wage within some months was paid on the day, after a long time without
with night as (
    {{ night_dates() }}
),

wages as (
    {{ lead_wages(parameter('pay_early_day'), parameter('pay_forward_day')) }}
),

-- Before the history begins nobody knows who was paid.
began as (
    select min(pay_month) as first_month from wages
),

months as (
    select customer_id, pay_month, date_diff('month', lag(pay_month) over (partition by customer_id order by pay_month), pay_month) as gap
    from wages
    where customer_id is not null
    group by customer_id, pay_month
),

second_months as (
    select months.customer_id, months.pay_month
    from months
    inner join months as first_months
        on months.customer_id = first_months.customer_id and months.pay_month = first_months.pay_month + to_months(months.gap)
    cross join began
    where
        months.gap < {{ lead_threshold('pay_new_within_months') }}
        and (first_months.gap is null or first_months.gap > {{ lead_threshold('pay_new_without_months') }})
        and first_months.pay_month > began.first_month + to_months(cast({{ lead_threshold('pay_new_without_months') }} as integer))
),

final as (
    select
        wages.customer_id,
        'main' as variant_code,
        coalesce(wages.payer_customer_id, wages.payer_id) as dedupe_part,
        max(wages.pay_date) as evidence_from,
        max(wages.pay_date) as evidence_to,
        {{ evidence_keys('pay', "wages.batch_no || '|' || wages.seq") }} as evidence_keys,
        cast(count(*) as integer) as evidence_cnt,
        cast(sum(wages.amt) as decimal(18, 2)) as amt,
        cast(null as date) as expiry_date
    from wages
    inner join second_months on wages.customer_id = second_months.customer_id and wages.pay_month = second_months.pay_month
    where wages.pay_date = wages.biz_date
    group by wages.customer_id, coalesce(wages.payer_customer_id, wages.payer_id)
    having sum(wages.amt) >= {{ lead_threshold('pay_new_min_amt') }}
)

select * from final
