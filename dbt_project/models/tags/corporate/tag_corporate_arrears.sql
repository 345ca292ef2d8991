-- a row is one corporate customer of the spine; days past due, now and at their worst
{% set notes = ['crd_note'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

debt_days as (
    {{ debt_days(ref('dws_corporate_liability_history')) }}
),

liability_days as (
    select
        debt_days.*,
        acct_date = biz_date as is_now,
        acct_date >= month_start - interval 12 month and acct_date < month_start as is_l12m
    from debt_days
),

arrears as (
    select
        customer_id,
        max(case when is_now then dpd end) as dpd,
        {% for days in [30, 90, 180, 365] %}
        max(case when acct_date > biz_date - {{ days }} then dpd end) as dpd_{{ days }}d,
        {% endfor %}
        max(case when is_l12m then dpd end) as dpd_l12m,
        {% for prod in ['wcap', 'fixed', 'trade', 'sole'] %}
        max(case when is_now and prod = '{{ prod }}' then dpd end) as {{ prod }}_dpd,
        {% endfor %}
        {% for days in [90, 365] %}
        count(distinct case when dpd > 0 and acct_date > biz_date - {{ days }} then acct_date end) as day_cnt_{{ days }}d,
        {% endfor %}
        count(distinct case when dpd > 30 and acct_date > biz_date - 365 then acct_date end) as over30_day_cnt,
        count(distinct case when dpd > 0 and is_l12m then date_trunc('month', acct_date) end) as month_cnt_l12m,
        min(case when dpd > 0 then acct_date end) as first_date,
        max(case when dpd > 0 then acct_date end) as last_date,
        max(case when acct_date > biz_date - 365 then overdue_amt end) as overdue_max_amt
    from (
        select * replace (sum(overdue_amt) over (partition by customer_id, acct_date) as overdue_amt)
        from liability_days
    )
    group by customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(notes, 'arrears.dpd', 'integer', '0') }} as risk_dpd_max,
        {{ tag_value(notes, 'arrears.dpd_30d', 'integer', '0') }} as risk_dpd_max_30d,
        {{ tag_value(notes, 'arrears.dpd_90d', 'integer', '0') }} as risk_dpd_max_90d,
        {{ tag_value(notes, 'arrears.dpd_180d', 'integer', '0') }} as risk_dpd_max_180d,
        {{ tag_value(notes, 'arrears.dpd_365d', 'integer', '0') }} as risk_dpd_max_365d,
        {{ tag_value(notes, 'arrears.dpd_l12m', 'integer', '0') }} as risk_dpd_max_l12m,
        {{ tag_value(notes, 'arrears.wcap_dpd', 'integer', '0') }} as risk_wcap_dpd,
        {{ tag_value(notes, 'arrears.fixed_dpd', 'integer', '0') }} as risk_fixed_dpd,
        {{ tag_value(notes, 'arrears.trade_dpd', 'integer', '0') }} as risk_trade_dpd,
        {{ tag_value(notes, 'arrears.sole_dpd', 'integer', '0') }} as risk_sole_dpd,
        {{ tag_value(notes, 'arrears.dpd > 0', 'boolean', 'false') }} as risk_is_overdue,
        {{ tag_value(notes, 'arrears.day_cnt_90d', 'integer', '0') }} as risk_overdue_day_cnt_90d,
        {{ tag_value(notes, 'arrears.day_cnt_365d', 'integer', '0') }} as risk_overdue_day_cnt_365d,
        {{ tag_value(notes, 'arrears.over30_day_cnt', 'integer', '0') }} as risk_over30_day_cnt_365d,
        {{ tag_value(notes, 'arrears.month_cnt_l12m', 'integer', '0') }} as risk_overdue_month_cnt_l12m,
        {{ tag_value(notes, 'arrears.first_date', 'date') }} as risk_overdue_first_date,
        {{ tag_value(notes, 'arrears.last_date', 'date') }} as risk_overdue_last_date,
        {{ tag_value(notes, 'arrears.overdue_max_amt', 'decimal(18,2)', '0') }} as risk_overdue_max_amt_365d
    from spine
    left join arrears on spine.customer_id = arrears.customer_id
)

select * from final
