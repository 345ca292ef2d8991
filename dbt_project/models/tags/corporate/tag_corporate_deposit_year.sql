-- a row is one corporate customer of the spine; deposits over the years and their shape: last year, settlement share, swelling
{% set deposits = ['core_acct', 'core_acct_person', 'core_bal'] %}
{% set history = ['core_acct', 'core_acct_person', 'core_bal', 'core_hist_month'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

-- Months before the bank's daily balances begin come from the migrated history; from the first whole month on, days are summed.
first_days as (
    select
        min(bal_date) as first_day,
        cast(date_trunc('month', min(bal_date) + interval 1 month - interval 1 day) as date) as daily_from
    from {{ ref('dwd_account_balance_daily') }}
),

history_first as (
    select min(date_trunc('month', month_end)) as first_month from {{ ref('dwd_account_month') }}
),

asset_days as (
    select asset_daily.customer_id, asset_daily.acct_date, asset_daily.prod, asset_daily.bal
    from {{ ref('dws_corporate_asset_daily') }} as asset_daily
    inner join night on asset_daily.acct_date <= night.biz_date
    where asset_daily.prod in ('demand', 'term', 'cd')
),

months as (
    select
        asset_days.customer_id,
        cast(date_trunc('month', asset_days.acct_date) as date) as month_start,
        asset_days.prod,
        sum(asset_days.bal) as bal_days
    from asset_days
    cross join first_days
    where asset_days.acct_date >= first_days.daily_from
    group by all
    union all
    select
        account_months.customer_id,
        cast(date_trunc('month', account_months.month_end) as date) as month_start,
        account_months.prod,
        sum(account_months.davg_bal * day(account_months.month_end)) as bal_days
    from {{ ref('dwd_account_month') }} as account_months
    cross join first_days
    where
        account_months.entity = 'corporate'
        and account_months.prod in ('demand', 'term', 'cd')
        and account_months.month_end < first_days.daily_from
    group by all
),

periods as (
    select
        night.biz_date,
        night.month_start,
        cast(date_trunc('year', night.biz_date) as date) as year_start,
        cast(date_trunc('year', night.biz_date) - interval 1 year as date) as last_year_start,
        cast(date_trunc('quarter', night.biz_date) as date) as quarter_start,
        cast(date_trunc('quarter', night.biz_date) - interval 3 month as date) as last_quarter_start,
        cast(night.month_start - interval 1 month as date) as last_month_start,
        cast(night.month_start - interval 13 month as date) as same_month_start,
        cast(night.month_start - interval 12 month as date) as same_month_end,
        cast(night.biz_date - interval 1 year as date) as year_ago,
        -- Whether all of last year, and the month a year before the last one, are on record.
        least(first_days.daily_from, coalesce(history_first.first_month, first_days.daily_from))
        <= date_trunc('year', night.biz_date) - interval 1 year as is_ly_known,
        least(first_days.daily_from, coalesce(history_first.first_month, first_days.daily_from))
        <= night.month_start - interval 13 month as is_same_known
    from night
    cross join first_days
    cross join history_first
),

dated_months as (
    select
        months.customer_id,
        months.prod,
        months.bal_days,
        months.month_start >= periods.last_year_start and months.month_start < periods.year_start as in_ly,
        months.month_start >= periods.year_start as in_ytd,
        months.month_start >= periods.last_quarter_start and months.month_start < periods.quarter_start as in_lq,
        months.month_start = periods.last_month_start as in_lm,
        months.month_start = periods.same_month_start as in_same,
        periods.year_start - periods.last_year_start as ly_days,
        periods.biz_date - periods.year_start + 1 as ytd_days,
        periods.quarter_start - periods.last_quarter_start as lq_days,
        periods.month_start - periods.last_month_start as lm_days,
        periods.same_month_end - periods.same_month_start as same_days
    from months
    cross join periods
),

month_sums as (
    select
        customer_id,
        {% for span in ['ly', 'ytd', 'lq', 'lm', 'same'] %}
        {% set days = 'sum(case when in_' ~ span ~ ' then bal_days else 0 end)' %}
        cast({{ divided(days, 'any_value(' ~ span ~ '_days)', 2) }} as decimal(18, 2)) as davg_{{ span }},
        {% endfor %}
        {% for prod in ['demand', 'term'] %}
        {% for span in ['ly', 'ytd'] %}
        {% set days = "sum(case when in_" ~ span ~ " and prod = '" ~ prod ~ "' then bal_days else 0 end)" %}
        cast({{ divided(days, 'any_value(' ~ span ~ '_days)', 2) }} as decimal(18, 2)) as {{ prod }}_davg_{{ span }},
        {% endfor %}
        {% endfor %}
        any_value(lm_days) as lm_days
    from dated_months
    group by customer_id
),

day_sums as (
    select customer_id, acct_date, sum(bal) as bal from asset_days group by customer_id, acct_date
),

shapes as (
    select
        day_sums.customer_id,
        sum(case when day_sums.acct_date = periods.biz_date then day_sums.bal else 0 end) as bal,
        sum(case when day_sums.acct_date = periods.month_start - 1 then bal else 0 end) as bom_bal,
        sum(case when day_sums.acct_date = periods.quarter_start - 1 then bal else 0 end) as boq_bal,
        sum(case when day_sums.acct_date = periods.year_ago then bal else 0 end) as year_ago_bal,
        min(case when day_sums.acct_date > periods.biz_date - 90 then bal end) as min_90d,
        count(case when day_sums.acct_date > periods.biz_date - 90 then 1 end) as day_cnt_90d,
        {% set days = 'sum(case when day_sums.acct_date > periods.biz_date - 90 then bal else 0 end)' %}
        cast({{ divided(days, 90, 2) }} as decimal(18, 2)) as davg_90d,
        count(case when day_sums.acct_date > periods.biz_date - 90 and bal >= 1 then 1 end) as funded_cnt_90d,
        max(case when day_sums.acct_date > periods.biz_date - 365 then bal end) as max_365d
    from day_sums
    cross join periods
    group by day_sums.customer_id
),

-- One row an account and day: an account may hold several currencies.
balances as (
    select balances.customer_id, balances.acct_no, balances.bal_date, balances.prod, accounts.kind_code, sum(balances.bal) as bal
    from {{ ref('dwd_account_balance_daily') }} as balances
    inner join {{ ref('dwd_account') }} as accounts on balances.acct_no = accounts.acct_no
    inner join night on balances.bal_date >= night.month_start and balances.bal_date <= night.biz_date
    where balances.entity = 'corporate' and balances.prod in ('demand', 'term', 'cd')
    group by balances.customer_id, balances.acct_no, balances.bal_date, balances.prod, accounts.kind_code
),

account_sums as (
    select
        balances.customer_id,
        sum(case when balances.prod = 'demand' then balances.bal else 0 end) as settle_days,
        sum(case when balances.kind_code <> 'structured' then balances.bal else 0 end) as plain_days,
        sum(case when balances.bal_date = night.biz_date and balances.prod = 'demand' then balances.bal else 0 end) as demand_bal,
        sum(case when balances.bal_date = night.biz_date then balances.bal else 0 end) as dep_bal,
        max(case when balances.bal_date = night.biz_date then balances.bal end) as max_acct_bal,
        count(case when balances.bal_date = night.biz_date and balances.bal >= 1 then 1 end) as funded_acct_cnt
    from balances
    cross join night
    group by balances.customer_id
),

-- Insured is what was saved and what it has earned.
earned as (
    select customer_id, sum(accrued_amt) as accrued_amt
    from {{ ref('dwd_account_interest') }}
    where entity = 'corporate' and kind_code <> 'margin'
    group by customer_id
),

parameters as (
    select {{ parameter('deposit_insured_amt') }} as insured_amt
),

final as (
    select
        spine.customer_id,
        {{ tag_value(history, 'case when periods.is_ly_known then coalesce(month_sums.davg_ly, 0) end', 'decimal(18,2)') }}
            as dep_davg_ly,
        {{ tag_value(history, 'case when periods.is_ly_known then coalesce(month_sums.demand_davg_ly, 0) end', 'decimal(18,2)') }}
            as dep_demand_davg_ly,
        {{ tag_value(history, 'case when periods.is_ly_known then coalesce(month_sums.term_davg_ly, 0) end', 'decimal(18,2)') }}
            as dep_term_davg_ly,
        {{ tag_value(
            history,
            'case when periods.is_ly_known then coalesce(month_sums.davg_ytd, 0) - coalesce(month_sums.davg_ly, 0) end',
            'decimal(18,2)'
        ) }}
            as dep_davg_chg_ly,
        {{ tag_value(
            history,
            'case when periods.is_ly_known then coalesce(month_sums.demand_davg_ytd, 0) - coalesce(month_sums.demand_davg_ly, 0) end',
            'decimal(18,2)'
        ) }}
            as dep_demand_davg_chg_ly,
        {{ tag_value(
            history,
            'case when periods.is_ly_known then '
            ~ divided('month_sums.davg_ytd - month_sums.davg_ly', 'month_sums.davg_ly') ~ ' end',
            'decimal(18,4)'
        ) }}
            as dep_davg_chg_ratio_ly,
        {{ tag_value(
            history,
            'case when periods.is_same_known then '
            ~ divided('month_sums.davg_lm - month_sums.davg_same', 'month_sums.davg_same') ~ ' end',
            'decimal(18,4)'
        ) }}
            as dep_davg_yoy_lm,
        {{ tag_value(deposits, divided('shapes.bal - shapes.year_ago_bal', 'shapes.year_ago_bal'), 'decimal(18,4)') }}
            as dep_bal_yoy,
        {{ tag_value(deposits, divided('account_sums.settle_days', 'account_sums.plain_days'), 'decimal(18,4)') }}
            as dep_settle_ratio,
        {{ tag_value(deposits, divided('account_sums.demand_bal', 'account_sums.dep_bal'), 'decimal(18,4)') }}
            as dep_demand_ratio,
        {{ tag_value(deposits, divided('shapes.bom_bal', 'month_sums.davg_lm'), 'decimal(18,4)') }}
            as dep_eom_swell_ratio_lm,
        {{ tag_value(deposits, divided('shapes.boq_bal', 'month_sums.davg_lq'), 'decimal(18,4)') }}
            as dep_eoq_swell_ratio_lq,
        {{ tag_value(
            deposits,
            divided('case when shapes.day_cnt_90d = 90 then shapes.min_90d else 0 end', 'shapes.davg_90d'),
            'decimal(18,4)'
        ) }}
            as dep_stable_ratio_90d,
        {{ tag_value(deposits, '90 - coalesce(shapes.funded_cnt_90d, 0)', 'integer') }} as dep_empty_day_cnt_90d,
        {{ tag_value(deposits, divided('shapes.max_365d - shapes.bal', 'shapes.max_365d'), 'decimal(18,4)') }}
            as dep_peak_drop_ratio_365d,
        {{ tag_value(
            deposits,
            'greatest(0, coalesce(account_sums.dep_bal, 0) + coalesce(earned.accrued_amt, 0) - parameters.insured_amt)',
            'decimal(18,2)',
            '0'
        ) }}
            as dep_over_insured_amt,
        {{ tag_value(deposits, divided('account_sums.max_acct_bal', 'account_sums.dep_bal'), 'decimal(18,4)') }}
            as dep_main_acct_ratio,
        {{ tag_value(deposits, 'account_sums.funded_acct_cnt', 'integer', '0') }} as dep_funded_acct_cnt
    from spine
    cross join periods
    cross join parameters
    left join month_sums on spine.customer_id = month_sums.customer_id
    left join shapes on spine.customer_id = shapes.customer_id
    left join account_sums on spine.customer_id = account_sums.customer_id
    left join earned on spine.customer_id = earned.customer_id
)

select * from final
