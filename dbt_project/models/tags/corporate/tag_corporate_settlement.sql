-- a row is one corporate customer of the spine; its settlement with third parties: net flows, growth, habits, share of its sales
{% set flow = ['core_acct', 'core_acct_person', 'core_txn', 'ecif_corp'] %}
{% set cal = ['core_acct', 'core_acct_person', 'core_txn', 'ecif_corp', 'ref_calendar'] %}
{% set share = ['core_acct', 'core_acct_person', 'core_txn', 'ecif_corp', 'ext_tax'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

flows as (
    select
        flows.*,
        night.biz_date,
        night.month_start,
        night.biz_date - flows.acct_date as days_ago,
        -- Months before that of the business date: 1 is the last complete month.
        date_diff('month', flows.acct_date, night.month_start) as months_ago,
        case when flows.is_reversal then 0 else 1 end as counts
    from {{ ref('dwd_corporate_flow') }} as flows
    cross join night
    where flows.is_third and not flows.is_void and flows.acct_date <= night.biz_date
),

calendar as (
    select cal_date, is_workday from {{ ref('dwd_calendar') }}
),

sums as (
    select
        customer_id,
        {% for days in [30, 90, 365] %}
        sum(case when days_ago >= {{ days }} then 0 when direction = 'in' then amt else -amt end) as net_{{ days }}d,
        {% endfor %}
        {% for code, months in [('lm', 1), ('l12m', 12)] %}
        sum(case
            when months_ago not between 1 and {{ months }} then 0 when direction = 'in' then amt else -amt
        end) as net_{{ code }},
        {% endfor %}
        {% for side in ['in', 'out'] %}
        sum(case when direction = '{{ side }}' and days_ago < 90 then amt end) as {{ side }}_90d,
        sum(case when direction = '{{ side }}' and days_ago < 90 and cp = 'cash' then amt else 0 end) as {{ side }}_cash_90d,
        -- Months without anything are 0: a company whose receipts stopped has lost all of them, and that must be said.
        sum(case when direction = '{{ side }}' and months_ago between 1 and 3 then amt else 0 end) as {{ side }}_l3m,
        sum(case when direction = '{{ side }}' and months_ago between 4 and 6 then amt end) as {{ side }}_before,
        sum(case when direction = '{{ side }}' and months_ago = 1 then amt else 0 end) as {{ side }}_lm,
        sum(case when direction = '{{ side }}' and months_ago = 13 then amt end) as {{ side }}_lm_ly,
        max(case when direction = '{{ side }}' and counts = 1 then acct_date end) as {{ side }}_last_date,
        quantile_disc(case when direction = '{{ side }}' and days_ago < 90 and counts = 1 then amt end, 0.5) as {{ side }}_median,
        {% endfor %}
        min(case when counts = 1 then acct_date end) as first_date,
        max(biz_date) as biz_date,
        sum(case when direction = 'out' and days_ago < 90 and counts = 1 and amt >= {{ parameter('stl_large_amt') }} then amt else 0 end)
            as large_90d,
        sum(case when direction = 'out' and days_ago < 90 and channel in ('mbank', 'ebank', 'direct') then amt else 0 end)
            as electronic_90d,
        cast(sum(case when direction = 'out' and is_self and days_ago < 90 then counts else 0 end) as integer) as self_cnt,
        cast(sum(case
            when
                direction = 'out' and is_self and days_ago < 90
                and (hour(txn_time) >= {{ parameter('night_from_hour') }} or hour(txn_time) < {{ parameter('night_to_hour') }})
                then counts
            else 0
        end) as integer) as night_cnt
    from flows
    group by customer_id
),

holidays as (
    select flows.customer_id, cast(sum(flows.counts) as integer) as holiday_cnt
    from flows
    inner join calendar on flows.acct_date = calendar.cal_date
    where flows.direction = 'out' and flows.is_self and flows.days_ago < 90 and not calendar.is_workday
    group by flows.customer_id
),

months as (
    select
        customer_id,
        cast(date_trunc('month', acct_date) as date) as month_start,
        sum(case when direction = 'in' then amt end) as in_amt,
        sum(case when direction = 'in' then counts else 0 end) as in_cnt,
        sum(case when direction = 'out' and purpose = 'tax' then counts else 0 end) as tax_cnt,
        sum(case when direction = 'out' and purpose = 'tax' then amt else 0 end) as tax_amt
    from flows
    where months_ago between 1 and 12
    group by customer_id, date_trunc('month', acct_date)
),

month_sums as (
    select
        customer_id,
        cast(count(case when in_cnt >= {{ parameter('stl_active_min_cnt') }} then 1 end) as integer) as active_cnt,
        cast(count(case when in_cnt > 0 then 1 end) as integer) as in_month_cnt,
        cast(count(case when tax_cnt > 0 then 1 end) as integer) as tax_month_cnt,
        sum(tax_amt) as tax_amt,
        max(in_amt) as in_max
    from months
    group by customer_id
),

best_days as (
    select customer_id, max(in_amt) as in_max
    from (
        select customer_id, acct_date, sum(amt) as in_amt
        from flows
        where direction = 'in' and days_ago < 90
        group by customer_id, acct_date
    )
    group by customer_id
),

-- Sales and receipts of the same months: a month that is not declared, or not authorised, is left out on both sides.
shares as (
    select
        tax.customer_id,
        sum(tax.vat_sales_amt) as sales,
        sum(coalesce(months.in_amt, 0)) as in_amt
    from {{ ref('dwd_company_tax') }} as tax
    cross join night
    left join months
        on tax.customer_id = months.customer_id and date_trunc('month', tax.period) = months.month_start
    where
        tax.is_authorised
        and tax.period < night.month_start
        and date_diff('month', tax.period, night.month_start) between 1 and 12
    group by tax.customer_id
),

channels as (
    select customer_id, channel
    from (
        select customer_id, channel, sum(counts) as cnt
        from flows
        where direction = 'out' and is_self and days_ago < 90
        group by customer_id, channel
    )
    where cnt > 0
    qualify row_number() over (partition by customer_id order by cnt desc, channel) = 1
),

final_ratios as (
    select
        shares.customer_id,
        -- Not least() alone: it passes over what is empty, and the cap would stand for a share of nothing.
        case when shares.sales <> 0 then least({{ parameter('stl_share_cap') }}, {{ divided('shares.in_amt', 'shares.sales') }}) end
            as share_ratio
    from shares
),

final as (
    select
        spine.customer_id,
        {{ tag_value(flow, 'sums.net_30d', 'decimal(18,2)', '0') }} as stl_net_amt_sum_30d,
        {{ tag_value(flow, 'sums.net_90d', 'decimal(18,2)', '0') }} as stl_net_amt_sum_90d,
        {{ tag_value(flow, 'sums.net_365d', 'decimal(18,2)', '0') }} as stl_net_amt_sum_365d,
        {{ tag_value(flow, 'sums.net_lm', 'decimal(18,2)', '0') }} as stl_net_amt_sum_lm,
        {{ tag_value(flow, 'sums.net_l12m', 'decimal(18,2)', '0') }} as stl_net_amt_sum_l12m,
        {{ tag_value(flow, divided('sums.in_lm - sums.in_lm_ly', 'sums.in_lm_ly'), 'decimal(18,4)') }} as stl_in_yoy_lm,
        {{ tag_value(flow, divided('sums.in_l3m - sums.in_before', 'sums.in_before'), 'decimal(18,4)') }} as stl_in_chg_ratio_l3m,
        {{ tag_value(flow, 'sums.in_median', 'decimal(18,2)') }} as stl_in_amt_median_90d,
        {{ tag_value(flow, divided('sums.in_cash_90d', 'sums.in_90d'), 'decimal(18,4)') }} as stl_in_cash_ratio_90d,
        {{ tag_value(flow, 'sums.in_last_date', 'date') }} as stl_in_last_date,
        {{ tag_value(flow, divided('sums.out_lm - sums.out_lm_ly', 'sums.out_lm_ly'), 'decimal(18,4)') }} as stl_out_yoy_lm,
        {{ tag_value(flow, divided('sums.out_l3m - sums.out_before', 'sums.out_before'), 'decimal(18,4)') }}
            as stl_out_chg_ratio_l3m,
        {{ tag_value(flow, 'sums.out_median', 'decimal(18,2)') }} as stl_out_amt_median_90d,
        {{ tag_value(flow, divided('sums.out_cash_90d', 'sums.out_90d'), 'decimal(18,4)') }} as stl_out_cash_ratio_90d,
        {{ tag_value(flow, 'sums.out_last_date', 'date') }} as stl_out_last_date,
        {{ tag_value(flow, 'sums.first_date', 'date') }} as stl_first_date,
        {{ tag_value(flow, 'sums.biz_date - greatest(sums.in_last_date, sums.out_last_date)', 'integer') }}
            as stl_idle_days,
        {{ tag_value(flow, divided('sums.net_90d', 'sums.in_90d'), 'decimal(18,4)') }} as stl_retain_ratio_90d,
        {{ tag_value(flow, divided('sums.large_90d', 'sums.out_90d'), 'decimal(18,4)') }} as stl_out_large_ratio_90d,
        {{ tag_value(flow, divided('sums.electronic_90d', 'sums.out_90d'), 'decimal(18,4)') }}
            as stl_out_electronic_ratio_90d,
        {{ tag_value(flow, divided('sums.night_cnt', 'sums.self_cnt'), 'decimal(18,4)') }} as stl_out_night_ratio_90d,
        {{ tag_value(cal, divided('coalesce(holidays.holiday_cnt, 0)', 'sums.self_cnt'), 'decimal(18,4)') }}
            as stl_out_holiday_ratio_90d,
        {{ tag_value(flow, 'channels.channel', 'varchar') }} as stl_out_main_channel_code_90d,
        {{ tag_value(flow, 'best_days.in_max', 'decimal(18,2)') }} as stl_in_day_max_amt_90d,
        {{ tag_value(flow, 'month_sums.in_max', 'decimal(18,2)') }} as stl_in_month_max_amt_l12m,
        {{ tag_value(flow, 'month_sums.active_cnt', 'integer', '0') }} as stl_active_month_cnt_l12m,
        {{ tag_value(flow, 'month_sums.in_month_cnt', 'integer', '0') }} as stl_in_month_cnt_l12m,
        {{ tag_value(flow, 'month_sums.tax_month_cnt', 'integer', '0') }} as stl_tax_month_cnt_l12m,
        {{ tag_value(flow, 'month_sums.tax_amt', 'decimal(18,2)', '0') }} as stl_tax_amt_sum_l12m,
        {{ tag_value(share, 'final_ratios.share_ratio', 'decimal(18,4)') }} as stl_share_ratio_l12m
    from spine
    left join sums on spine.customer_id = sums.customer_id
    left join holidays on spine.customer_id = holidays.customer_id
    left join month_sums on spine.customer_id = month_sums.customer_id
    left join best_days on spine.customer_id = best_days.customer_id
    left join final_ratios on spine.customer_id = final_ratios.customer_id
    left join channels on spine.customer_id = channels.customer_id
)

select * from final
