-- a row is one merchant of the spine; shares of its turnover, changes between equal periods, and how recent it sold
{% set sold = ['mer_info', 'mer_txn'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_merchant_spine') }}
),

merchants as (
    select customer_id, start_date from {{ ref('dwd_merchant') }}
),

sales_daily as (
    select
        sales_daily.*,
        night.biz_date - sales_daily.acct_date as days_ago,
        night.biz_date,
        night.month_start
    from {{ ref('dws_merchant_transaction_daily') }} as sales_daily
    cross join night
    where sales_daily.acct_date <= night.biz_date
),

-- A year before is a base only if the bank delivered it whole.
delivered as (
    select min(acct_date) as first_date from sales_daily
),

shares as (
    select
        customer_id,
        {% for days in [30, 90] %}
        sum(case when days_ago < {{ days }} then amt_sum + refund_amt else 0 end) as sale_{{ days }}d,
        sum(case when days_ago < {{ days }} then cnt else 0 end) as cnt_{{ days }}d,
        sum(case when days_ago < {{ days }} then refund_amt else 0 end) as refund_{{ days }}d,
        sum(case when days_ago < {{ days }} then refund_cnt else 0 end) as refund_cnt_{{ days }}d,
        sum(case when days_ago < {{ days }} then fail_cnt else 0 end) as fail_cnt_{{ days }}d,
        sum(case when days_ago < {{ days }} and band = 'night' then amt_sum + refund_amt else 0 end) as night_{{ days }}d,
        sum(case when days_ago < {{ days }} and band = 'night' then cnt else 0 end) as night_cnt_{{ days }}d,
        sum(case when days_ago < {{ days }} and daytype = 'weekend' then amt_sum + refund_amt else 0 end) as weekend_{{ days }}d,
        sum(case when days_ago < {{ days }} and daytype = 'holiday' then amt_sum + refund_amt else 0 end) as holiday_{{ days }}d,
        {% for pay in ['debit', 'credit', 'wallet', 'ecny'] %}
        sum(case when days_ago < {{ days }} and pay = '{{ pay }}' then amt_sum + refund_amt else 0 end) as {{ pay }}_{{ days }}d,
        {% endfor %}
        {% endfor %}
        count(distinct case when days_ago < 90 and cnt > 0 then pay end) as pay_cnt_90d
    from sales_daily
    where days_ago < 90
    group by customer_id
),

periods as (
    select
        customer_id,
        sum(case when days_ago < 7 then amt_sum else 0 end) as amt_7d,
        sum(case when days_ago between 7 and 34 then amt_sum else 0 end) as amt_28d_before_7d,
        sum(case when days_ago < 28 then amt_sum else 0 end) as amt_28d,
        sum(case when days_ago between 28 and 55 then amt_sum else 0 end) as amt_28d_before,
        sum(case when acct_date >= month_start - interval 1 month and acct_date < month_start then amt_sum else 0 end) as amt_lm,
        sum(case
            when acct_date >= month_start - interval 2 month and acct_date < month_start - interval 1 month then amt_sum else 0
        end) as amt_lm_before,
        sum(case
            when acct_date >= month_start - interval 13 month and acct_date < month_start - interval 12 month then amt_sum else 0
        end) as amt_lm_year_before,
        sum(case when acct_date >= month_start - interval 3 month and acct_date < month_start then amt_sum else 0 end) as amt_l3m,
        sum(case
            when acct_date >= month_start - interval 6 month and acct_date < month_start - interval 3 month then amt_sum else 0
        end) as amt_l3m_before,
        count(distinct case
            when cnt > 0 and acct_date >= month_start - interval 12 month and acct_date < month_start
                then date_trunc('month', acct_date)
        end) as month_cnt,
        max(case when cnt > 0 then acct_date end) as last_date,
        max(biz_date) as biz_date,
        max(month_start) as month_start
    from sales_daily
    group by customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(sold, "case when periods.amt_28d_before >= " ~ parameter('mer_chg_base_amt')
            ~ " then " ~ divided('periods.amt_28d - periods.amt_28d_before', 'periods.amt_28d_before') ~ " end", 'decimal(18,4)') }}
            as mer_amt_chg_ratio_28d,
        {{ tag_value(sold, "case when periods.amt_28d_before_7d >= 4 * " ~ parameter('mer_week_base_amt')
            ~ " then " ~ divided('4 * periods.amt_7d - periods.amt_28d_before_7d', 'periods.amt_28d_before_7d') ~ " end", 'decimal(18,4)') }}
            as mer_amt_chg_ratio_7d,
        {{ tag_value(sold, "case when periods.amt_lm_before >= " ~ parameter('mer_chg_base_amt')
            ~ " then " ~ divided('periods.amt_lm - periods.amt_lm_before', 'periods.amt_lm_before') ~ " end", 'decimal(18,4)') }}
            as mer_amt_chg_ratio_lm,
        {{ tag_value(sold, "case when periods.amt_l3m_before >= " ~ parameter('mer_chg_base_amt')
            ~ " then " ~ divided('periods.amt_l3m - periods.amt_l3m_before', 'periods.amt_l3m_before') ~ " end", 'decimal(18,4)') }}
            as mer_amt_chg_ratio_l3m,
        {{ tag_value(sold, "case
            when
                periods.amt_lm_year_before >= " ~ parameter('mer_chg_base_amt') ~ "
                and delivered.first_date <= periods.month_start - interval 13 month
                and merchants.start_date <= periods.month_start - interval 13 month
                then " ~ divided('periods.amt_lm - periods.amt_lm_year_before', 'periods.amt_lm_year_before') ~ "
        end", 'decimal(18,4)') }} as mer_amt_yoy_lm,
        {{ tag_value(sold, 'periods.biz_date - periods.last_date', 'integer') }} as mer_idle_days,
        {{ tag_value(sold, 'periods.month_cnt', 'integer', '0') }} as mer_month_cnt_l12m,
        {{ tag_value(sold, 'shares.pay_cnt_90d', 'integer', '0') }} as mer_pay_cnt_90d,
        {% for days in [30, 90] %}
        {{ tag_value(sold, divided('shares.sale_' ~ days ~ 'd', 'shares.cnt_' ~ days ~ 'd', 2), 'decimal(18,2)') }}
            as mer_ticket_amt_mean_{{ days }}d,
        {{ tag_value(sold, divided('shares.refund_' ~ days ~ 'd', 'shares.sale_' ~ days ~ 'd'), 'decimal(18,4)') }}
            as mer_refund_amt_ratio_{{ days }}d,
        {{ tag_value(sold, divided('shares.refund_cnt_' ~ days ~ 'd', 'shares.cnt_' ~ days ~ 'd'), 'decimal(18,4)') }}
            as mer_refund_cnt_ratio_{{ days }}d,
        {{ tag_value(sold, divided('shares.night_' ~ days ~ 'd', 'shares.sale_' ~ days ~ 'd'), 'decimal(18,4)') }}
            as mer_night_ratio_{{ days }}d,
        {{ tag_value(sold, divided('shares.weekend_' ~ days ~ 'd', 'shares.sale_' ~ days ~ 'd'), 'decimal(18,4)') }}
            as mer_weekend_ratio_{{ days }}d,
        {{ tag_value(sold, divided('shares.holiday_' ~ days ~ 'd', 'shares.sale_' ~ days ~ 'd'), 'decimal(18,4)') }}
            as mer_holiday_ratio_{{ days }}d,
        {% for pay in ['debit', 'credit', 'wallet', 'ecny'] %}
        {{ tag_value(sold, divided('shares.' ~ pay ~ '_' ~ days ~ 'd', 'shares.sale_' ~ days ~ 'd'), 'decimal(18,4)') }}
            as mer_{{ pay }}_ratio_{{ days }}d,
        {% endfor %}
        {% endfor %}
        {{ tag_value(sold, divided('shares.night_cnt_30d', 'shares.cnt_30d'), 'decimal(18,4)') }}
            as mer_night_cnt_ratio_30d,
        {{ tag_value(sold, divided('shares.fail_cnt_30d', 'shares.cnt_30d + shares.refund_cnt_30d + shares.fail_cnt_30d'),
            'decimal(18,4)') }} as mer_fail_ratio_30d
    from spine
    inner join merchants on spine.customer_id = merchants.customer_id
    cross join delivered
    left join shares on spine.customer_id = shares.customer_id
    left join periods on spine.customer_id = periods.customer_id
)

select * from final
