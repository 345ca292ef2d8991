-- a row is one retail customer of the spine; what the customer is paid through the bank, since when, and whether it stopped
{% set pays = ['pay_detail'] %}
{% set stays = ['pay_detail', 'core_acct', 'core_acct_person', 'core_bal', 'inv_hold', 'inv_order'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

pay_details as (
    select pay_details.*, night.biz_date, night.month_start
    from {{ ref('dwd_pay_detail') }} as pay_details
    cross join night
    where pay_details.result_code = 'ok' and pay_details.pay_date <= night.biz_date
),

-- The states of the days around a pay of the last three months: a row for each day of history would cost more with every year.
assets as (
    select history.customer_id, history.valid_from, history.valid_to, history.bal
    from {{ ref('dws_retail_asset_history') }} as history
    inner join night on history.valid_to >= night.month_start - interval 3 month
),

-- Wages only: a bonus is no income that will come again next month.
wage_details as (
    select * from pay_details where pay_type = 'wage'
),

payer_facts as (
    select
        payer_id,
        -- The day of the month on which this employer usually pays, by what it did in the last year.
        quantile_disc(case when pay_date > biz_date - 365 then day(pay_date) end, 0.5) as usual_day,
        count(distinct case when pay_date > biz_date - 365 then customer_id end) as head_cnt
    from wage_details
    group by payer_id
),

-- A wage that is brought forward to the end of a month, because its day is a holiday, is the pay of the month that follows.
pay_months as (
    select
        wage_details.*,
        cast(case
            when
                payer_facts.usual_day <= {{ parameter('pay_early_day') }}
                and day(wage_details.pay_date) >= {{ parameter('pay_forward_day') }}
                then date_trunc('month', wage_details.pay_date) + interval 1 month
            else date_trunc('month', wage_details.pay_date)
        end as date) as pay_month
    from wage_details
    left join payer_facts on wage_details.payer_id = payer_facts.payer_id
),

payer_months as (
    select payer_id, max(pay_month) as last_month from pay_months group by payer_id
),

wages as (
    select * from pay_months where customer_id is not null
),

wage_gaps as (
    select
        customer_id,
        pay_date,
        coalesce(
            pay_date - lag(pay_date) over (partition by customer_id order by pay_date)
            > {{ parameter('pay_episode_gap_days') }},
            true
        ) as is_start
    from wages
),

episodes as (
    select customer_id, max(pay_date) as start_date from wage_gaps where is_start group by customer_id
),

-- The payer of the last wage is the employer whose next pay is waited for.
last_wages as (
    select customer_id, payer_id, pay_date, pay_month, amt, biz_date
    from wages
    qualify row_number() over (partition by customer_id order by pay_date desc, amt desc, batch_no desc, seq desc) = 1
),

wage_months as (
    select
        customer_id,
        pay_month,
        max(month_start) as month_start,
        sum(amt) as amt
    from wages
    group by customer_id, pay_month
),

-- Medians over the months with pay: a month without is told by the counts and by the days since pay stopped.
wage_sums as (
    select
        customer_id,
        quantile_disc(case when pay_month >= month_start - interval 3 month then amt end, 0.5) as median_l3m,
        quantile_disc(case when pay_month >= month_start - interval 6 month then amt end, 0.5) as median_l6m,
        quantile_disc(case
            when pay_month >= month_start - interval 9 month and pay_month < month_start - interval 3 month then amt
        end, 0.5) as median_before,
        count(case when pay_month >= month_start - interval 12 month then 1 end) as month_cnt_l12m,
        count(case when pay_month >= month_start - interval 3 month then 1 end) as month_cnt_l3m,
        min(case when pay_month >= month_start - interval 12 month then amt end) as amt_min_l12m
    from wage_months
    where pay_month < month_start
    group by customer_id
),

expectations as (
    select
        last_wages.customer_id,
        last_wages.biz_date,
        payer_facts.usual_day,
        payer_facts.head_cnt,
        cast(least(
            last_wages.pay_month + interval 1 month + to_days(payer_facts.usual_day - 1),
            last_day(last_wages.pay_month + interval 1 month)
        ) as date) as expected_date,
        -- This payer gave the customer nothing for a later month, so what it paid for one went to somebody else.
        payer_months.last_month > last_wages.pay_month as has_paid_others
    from last_wages
    inner join payer_facts on last_wages.payer_id = payer_facts.payer_id
    inner join payer_months on last_wages.payer_id = payer_months.payer_id
),

sources as (
    select
        customer_id,
        bool_or(pay_type = 'wage') as has_wage,
        bool_or(pay_type in ('pension', 'social')) as has_pension,
        count(distinct case when pay_type = 'wage' then payer_id end) as payer_cnt
    from pay_details
    where customer_id is not null and biz_date - pay_date < {{ parameter('pay_source_days') }}
    group by customer_id
),

-- How much of a pay is still here a week later: the lowest rise of AUM over the evening before, in days 1 to 7.
pay_events as (
    select customer_id, pay_date, sum(amt) as amt
    from wages
    where
        pay_date >= month_start - interval 3 month
        and pay_date < month_start
        and pay_date + 7 <= biz_date
    group by customer_id, pay_date
    having sum(amt) > 0
    qualify row_number() over (partition by customer_id order by pay_date desc) <= 3
),

pay_event_days as (
    select
        pay_events.customer_id,
        pay_events.pay_date,
        pay_events.amt,
        steps.step,
        cast(coalesce(sum(assets.bal), 0) as decimal(18, 2)) as bal
    from pay_events
    cross join (select cast(unnest([-1, 1, 2, 3, 4, 5, 6, 7]) as integer) as step) as steps
    left join assets
        on
            pay_events.customer_id = assets.customer_id
            and pay_events.pay_date + steps.step >= assets.valid_from
            and pay_events.pay_date + steps.step < assets.valid_to
    group by pay_events.customer_id, pay_events.pay_date, pay_events.amt, steps.step
),

pay_event_stays as (
    select
        customer_id,
        pay_date,
        cast(greatest(0, least(
            1,
            {{ divided('min(case when step > 0 then bal end) - max(case when step = -1 then bal end)', 'max(amt)', 12) }}
        )) as decimal(18, 12)) as stay_ratio
    from pay_event_days
    group by customer_id, pay_date
),

stays as (
    select customer_id, {{ divided('sum(stay_ratio)', 'count(*)') }} as stay_ratio from pay_event_stays group by customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(pays, 'case when sources.has_wage then 1 when sources.has_pension then 3 else 0 end', 'integer') }}
            as pay_source_code,
        {{ tag_value(pays, 'case when sources.has_wage then episodes.start_date end', 'date') }} as pay_start_date,
        {{ tag_value(pays, 'last_wages.pay_date', 'date') }} as pay_last_date,
        {{ tag_value(pays, 'last_wages.amt', 'decimal(18,2)') }} as pay_last_amt,
        {{ tag_value(pays, 'last_wages.biz_date - last_wages.pay_date', 'integer') }} as pay_idle_days,
        {{ tag_value(pays, 'wage_sums.median_l3m', 'decimal(18,2)') }} as pay_amt_median_l3m,
        {{ tag_value(pays, 'wage_sums.median_l6m', 'decimal(18,2)') }} as pay_amt_median_l6m,
        {{ tag_value(pays, divided('wage_sums.median_l3m', 'wage_sums.median_before'), 'decimal(18,4)') }}
            as pay_jump_ratio_l3m,
        {{ tag_value(pays, 'wage_sums.amt_min_l12m', 'decimal(18,2)') }} as pay_month_min_amt_l12m,
        {{ tag_value(pays, 'wage_sums.month_cnt_l3m', 'integer', '0') }} as pay_month_cnt_l3m,
        {{ tag_value(pays, 'wage_sums.month_cnt_l12m', 'integer', '0') }} as pay_month_cnt_l12m,
        {{ tag_value(pays, 'sources.payer_cnt', 'integer', '0') }} as pay_payer_cnt_l6m,
        {{ tag_value(pays, 'expectations.usual_day', 'integer') }} as pay_usual_day,
        {{ tag_value(pays, 'expectations.head_cnt', 'integer') }} as pay_payer_head_cnt,
        {{ tag_value(
            pays,
            'case when expectations.has_paid_others then greatest(0, expectations.biz_date - expectations.expected_date)'
            ~ ' when expectations.customer_id is not null then 0 end',
            'integer'
        ) }} as pay_stop_days,
        {{ tag_value(stays, 'stays.stay_ratio', 'decimal(18,4)') }} as pay_stay_ratio_7d
    from spine
    left join sources on spine.customer_id = sources.customer_id
    left join episodes on spine.customer_id = episodes.customer_id
    left join last_wages on spine.customer_id = last_wages.customer_id
    left join wage_sums on spine.customer_id = wage_sums.customer_id
    left join expectations on spine.customer_id = expectations.customer_id
    left join stays on spine.customer_id = stays.customer_id
)

select * from final
