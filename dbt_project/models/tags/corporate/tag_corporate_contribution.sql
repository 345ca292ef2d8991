-- a row is one corporate customer of the spine; what the relationship earns, by closed months of management accounting
{% set contrib = ['fin_contrib'] %}
{% set split = ['fin_contrib', 'core_acct'] %}
{% set capital = ['fin_contrib', 'crd_note'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

-- Management accounting closes a month some ten days after its end: windows count back from the last month that is closed.
closed_months as (
    select
        max(contributions.month_end) as last_month,
        cast(date_trunc('month', max(contributions.month_end)) - interval 2 month as date) as from_3m,
        cast(date_trunc('month', max(contributions.month_end)) - interval 5 month as date) as from_6m,
        cast(date_trunc('month', max(contributions.month_end)) - interval 11 month as date) as from_12m,
        cast(date_trunc('year', max(contributions.month_end)) as date) as from_year
    from {{ ref('dwd_contribution') }} as contributions
    cross join night
    where contributions.month_end <= night.biz_date
),

contributions as (
    select
        contributions.*,
        closed_months.last_month,
        contributions.month_end = closed_months.last_month as is_lm,
        contributions.month_end >= closed_months.from_3m as is_l3m,
        contributions.month_end >= closed_months.from_6m and contributions.month_end < closed_months.from_3m as is_before_3m,
        contributions.month_end >= closed_months.from_12m as is_l12m,
        contributions.month_end >= closed_months.from_year as is_ytd
    from {{ ref('dwd_contribution') }} as contributions
    inner join closed_months on contributions.month_end <= closed_months.last_month
    where contributions.entity = 'corporate'
),

sums as (
    select
        customer_id,
        max(last_month) as last_month,
        {% for span in ['lm', 'l3m', 'l12m', 'ytd'] %}
        {% for part in ['ftp', 'fee', 'cost', 'provision', 'net'] %}
        sum(case when is_{{ span }} then {{ part }}_amt else 0 end) as {{ part }}_{{ span }},
        {% endfor %}
        sum(case when is_{{ span }} and side_code = 'dep' then net_amt else 0 end) as dep_{{ span }},
        sum(case when is_{{ span }} and side_code = 'loan' then net_amt else 0 end) as loan_{{ span }},
        {% endfor %}
        sum(case when is_before_3m then net_amt else 0 end) as net_before
    from contributions
    group by customer_id
),

month_sums as (
    select
        customer_id,
        count(*) as month_cnt,
        count(case when net_amt < 0 then 1 end) as loss_cnt,
        max(net_amt) as max_amt,
        min(net_amt) as min_amt
    from (select customer_id, month_end, sum(net_amt) as net_amt from contributions where is_l12m group by customer_id, month_end)
    group by customer_id
),

loan_sums as (
    select
        liability_daily.customer_id,
        sum(liability_daily.bal) as bal_days,
        any_value(closed_months.last_month - closed_months.from_12m + 1) as days
    from {{ ref('dws_corporate_liability_daily') }} as liability_daily
    inner join closed_months
        on liability_daily.acct_date >= closed_months.from_12m and liability_daily.acct_date <= closed_months.last_month
    group by liability_daily.customer_id
),

-- Capital summed over the days: what is divided once is rounded once.
capitals as (
    select customer_id, bal_days * {{ parameter('corp_capital_ratio') }} as amt_days, days from loan_sums
),

ranked as (
    select customer_id, ntile(10) over (order by net_l12m desc, customer_id) as decile from sums
),

final as (
    select
        spine.customer_id,
        {{ tag_value(contrib, 'sums.net_lm', 'decimal(18,2)', '0') }} as val_net_amt_lm,
        {{ tag_value(contrib, 'sums.net_l3m', 'decimal(18,2)', '0') }} as val_net_amt_l3m,
        {{ tag_value(contrib, 'sums.net_l12m', 'decimal(18,2)', '0') }} as val_net_amt_l12m,
        {{ tag_value(contrib, 'sums.net_ytd', 'decimal(18,2)', '0') }} as val_net_amt_ytd,
        {{ tag_value(contrib, 'sums.ftp_lm', 'decimal(18,2)', '0') }} as val_ftp_amt_lm,
        {{ tag_value(contrib, 'sums.ftp_l3m', 'decimal(18,2)', '0') }} as val_ftp_amt_l3m,
        {{ tag_value(contrib, 'sums.ftp_l12m', 'decimal(18,2)', '0') }} as val_ftp_amt_l12m,
        {{ tag_value(contrib, 'sums.ftp_ytd', 'decimal(18,2)', '0') }} as val_ftp_amt_ytd,
        {{ tag_value(contrib, 'sums.fee_lm', 'decimal(18,2)', '0') }} as val_fee_amt_lm,
        {{ tag_value(contrib, 'sums.fee_l3m', 'decimal(18,2)', '0') }} as val_fee_amt_l3m,
        {{ tag_value(contrib, 'sums.fee_l12m', 'decimal(18,2)', '0') }} as val_fee_amt_l12m,
        {{ tag_value(contrib, 'sums.fee_ytd', 'decimal(18,2)', '0') }} as val_fee_amt_ytd,
        {{ tag_value(contrib, 'sums.cost_lm', 'decimal(18,2)', '0') }} as val_cost_amt_lm,
        {{ tag_value(contrib, 'sums.cost_l3m', 'decimal(18,2)', '0') }} as val_cost_amt_l3m,
        {{ tag_value(contrib, 'sums.cost_l12m', 'decimal(18,2)', '0') }} as val_cost_amt_l12m,
        {{ tag_value(contrib, 'sums.cost_ytd', 'decimal(18,2)', '0') }} as val_cost_amt_ytd,
        {{ tag_value(contrib, 'sums.provision_lm', 'decimal(18,2)', '0') }} as val_provision_amt_lm,
        {{ tag_value(contrib, 'sums.provision_l3m', 'decimal(18,2)', '0') }} as val_provision_amt_l3m,
        {{ tag_value(contrib, 'sums.provision_l12m', 'decimal(18,2)', '0') }} as val_provision_amt_l12m,
        {{ tag_value(contrib, 'sums.provision_ytd', 'decimal(18,2)', '0') }} as val_provision_amt_ytd,
        {{ tag_value(split, 'sums.dep_lm', 'decimal(18,2)', '0') }} as val_dep_net_amt_lm,
        {{ tag_value(split, 'sums.dep_l12m', 'decimal(18,2)', '0') }} as val_dep_net_amt_l12m,
        {{ tag_value(split, 'sums.loan_lm', 'decimal(18,2)', '0') }} as val_loan_net_amt_lm,
        {{ tag_value(split, 'sums.loan_l12m', 'decimal(18,2)', '0') }} as val_loan_net_amt_l12m,
        {{ tag_value(split, divided('sums.dep_l12m', 'sums.net_l12m'), 'decimal(18,4)') }} as val_dep_net_ratio_l12m,
        {{ tag_value(contrib, divided('sums.fee_l12m', 'sums.ftp_l12m + sums.fee_l12m'), 'decimal(18,4)') }}
            as val_fee_ratio_l12m,
        {{ tag_value(contrib, divided('sums.cost_l12m', 'sums.ftp_l12m + sums.fee_l12m'), 'decimal(18,4)') }}
            as val_cost_ratio_l12m,
        {{ tag_value(contrib, divided('sums.provision_l12m', 'sums.ftp_l12m + sums.fee_l12m'), 'decimal(18,4)') }}
            as val_provision_ratio_l12m,
        {{ tag_value(contrib, divided('sums.net_l3m - sums.net_before', 'sums.net_before'), 'decimal(18,4)') }}
            as val_net_chg_ratio_l3m,
        {{ tag_value(contrib, 'month_sums.loss_cnt', 'integer', '0') }} as val_loss_month_cnt_l12m,
        {{ tag_value(contrib, 'month_sums.month_cnt', 'integer', '0') }} as val_contrib_month_cnt_l12m,
        {{ tag_value(contrib, 'month_sums.max_amt', 'decimal(18,2)') }} as val_net_max_amt_l12m,
        {{ tag_value(contrib, 'month_sums.min_amt', 'decimal(18,2)') }} as val_net_min_amt_l12m,
        {{ tag_value(capital, divided('coalesce(sums.net_l12m, 0) * capitals.days', 'capitals.amt_days'), 'decimal(18,4)') }}
            as val_rorac_l12m,
        {{ tag_value(contrib, 'ranked.decile', 'integer') }} as val_net_decile_code,
        {{ tag_value(contrib, 'sums.last_month', 'date') }} as val_contrib_month_date
    from spine
    left join sums on spine.customer_id = sums.customer_id
    left join month_sums on spine.customer_id = month_sums.customer_id
    left join capitals on spine.customer_id = capitals.customer_id
    left join ranked on spine.customer_id = ranked.customer_id
)

select * from final
