-- a row is one retail customer of the spine; what falls due by the schedules of loans, and what was paid in time
{% set plans = ['crd_note', 'crd_schedule'] %}
{% set pay = ['pay_detail'] %}
{% set bal = ['core_acct', 'core_acct_person', 'core_bal'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

plans as (
    select
        loan_notes.customer_id,
        loan_notes.kind_code,
        schedules.due_date,
        schedules.due_date - night.biz_date as due_days,
        schedules.prin_amt + schedules.int_amt as plan_amt,
        schedules.prin_amt - coalesce(schedules.paid_prin_amt, 0) as prin_left,
        schedules.int_amt - coalesce(schedules.paid_int_amt, 0) as int_left,
        schedules.prin_amt + schedules.int_amt
        - coalesce(schedules.paid_prin_amt, 0) - coalesce(schedules.paid_int_amt, 0) as amt_left,
        schedules.paid_date <= schedules.due_date as is_ontime,
        schedules.due_date >= night.month_start - interval 12 month and schedules.due_date < night.month_start as is_l12m,
        schedules.due_date >= night.month_start - interval 1 month and schedules.due_date < night.month_start as is_lm
    from {{ ref('dwd_loan_schedule') }} as schedules
    inner join {{ ref('dwd_loan_note') }} as loan_notes on schedules.note_no = loan_notes.note_no
    inner join night on loan_notes.bal_date = night.biz_date
    where loan_notes.entity = 'retail'
),

plan_sums as (
    select
        customer_id,
        {% for days in [7, 30, 60, 90] %}
        sum(case when due_days between 1 and {{ days }} then amt_left else 0 end) as due_{{ days }}d,
        {% endfor %}
        sum(case when due_days between 1 and 30 then prin_left else 0 end) as prin_30d,
        sum(case when due_days between 1 and 30 then int_left else 0 end) as int_30d,
        {% for kind in ['mtg', 'cons'] %}
        sum(case when kind_code = '{{ kind }}' and due_days between 1 and 30 then amt_left else 0 end) as {{ kind }}_30d,
        {% endfor %}
        min(case when due_days > 0 and amt_left > 0 then due_date end) as next_date,
        count(case when due_days <= 0 and amt_left <= 0 then 1 end) as paid_cnt,
        count(case when due_days > 0 and amt_left > 0 then 1 end) as left_cnt,
        count(case when kind_code = 'mtg' and due_days > 0 and amt_left > 0 then 1 end) as mtg_left_cnt,
        sum(case when due_days > 0 then int_left else 0 end) as left_int,
        count(case when due_days < 0 and amt_left > 0 then 1 end) as unpaid_cnt,
        sum(case when due_days < 0 then amt_left else 0 end) as unpaid_amt,
        sum(case when is_lm then plan_amt else 0 end) as due_lm,
        sum(case when is_l12m then plan_amt else 0 end) as due_l12m,
        count(case when is_l12m then 1 end) as due_cnt,
        count(case when is_l12m and is_ontime and amt_left <= 0 then 1 end) as ontime_cnt
    from plans
    group by customer_id
),

next_dues as (
    select plans.customer_id, sum(plans.amt_left) as amt
    from plans
    inner join plan_sums on plans.customer_id = plan_sums.customer_id and plans.due_date = plan_sums.next_date
    group by plans.customer_id
),

assets as (
    select asset_history.customer_id, sum(asset_history.bal) as demand_bal
    from {{ ref('dws_retail_asset_history') }} as asset_history
    inner join night on asset_history.valid_from <= night.biz_date and asset_history.valid_to > night.biz_date
    where asset_history.prod = 'demand'
    group by asset_history.customer_id
),

payroll as (
    select customer_id, pay_amt_median_l3m from {{ ref('tag_retail_payroll') }}
),

final as (
    select
        spine.customer_id,
        {{ tag_value(plans, 'plan_sums.due_7d', 'decimal(18,2)', '0') }} as loan_due_amt_next7d,
        {{ tag_value(plans, 'plan_sums.due_30d', 'decimal(18,2)', '0') }} as loan_due_amt_next30d,
        {{ tag_value(plans, 'plan_sums.due_60d', 'decimal(18,2)', '0') }} as loan_due_amt_next60d,
        {{ tag_value(plans, 'plan_sums.due_90d', 'decimal(18,2)', '0') }} as loan_due_amt_next90d,
        {{ tag_value(plans, 'plan_sums.prin_30d', 'decimal(18,2)', '0') }} as loan_due_prin_amt_next30d,
        {{ tag_value(plans, 'plan_sums.int_30d', 'decimal(18,2)', '0') }} as loan_due_int_amt_next30d,
        {{ tag_value(plans, 'plan_sums.mtg_30d', 'decimal(18,2)', '0') }} as loan_mtg_due_amt_next30d,
        {{ tag_value(plans, 'plan_sums.cons_30d', 'decimal(18,2)', '0') }} as loan_cons_due_amt_next30d,
        {{ tag_value(plans, 'plan_sums.next_date', 'date') }} as loan_due_next_date,
        {{ tag_value(plans, 'next_dues.amt', 'decimal(18,2)') }} as loan_due_next_amt,
        {{ tag_value(plans, 'plan_sums.paid_cnt', 'integer', '0') }} as loan_term_paid_cnt,
        {{ tag_value(plans, 'plan_sums.left_cnt', 'integer', '0') }} as loan_term_left_cnt,
        {{ tag_value(plans, 'plan_sums.mtg_left_cnt', 'integer', '0') }} as loan_mtg_term_left_cnt,
        {{ tag_value(plans, 'plan_sums.left_int', 'decimal(18,2)', '0') }} as loan_left_int_amt,
        {{ tag_value(plans, 'plan_sums.unpaid_cnt', 'integer', '0') }} as loan_unpaid_term_cnt,
        {{ tag_value(plans, 'plan_sums.unpaid_amt', 'decimal(18,2)', '0') }} as loan_unpaid_due_amt,
        {{ tag_value(plans, 'plan_sums.due_lm', 'decimal(18,2)', '0') }} as loan_due_amt_sum_lm,
        {{ tag_value(plans, 'plan_sums.due_l12m', 'decimal(18,2)', '0') }} as loan_due_amt_sum_l12m,
        {{ tag_value(plans, divided('plan_sums.ontime_cnt', 'plan_sums.due_cnt'), 'decimal(18,4)') }}
            as loan_ontime_ratio_l12m,
        {{ tag_value(plans, 'plan_sums.due_cnt - plan_sums.ontime_cnt', 'integer', '0') }} as loan_late_cnt_l12m,
        {{ tag_value(plans+pay, divided('plan_sums.due_30d', 'payroll.pay_amt_median_l3m'), 'decimal(18,4)') }}
            as loan_due_pay_ratio,
        {{ tag_value(plans+bal, divided('plan_sums.due_30d', 'assets.demand_bal'), 'decimal(18,4)') }} as loan_due_demand_ratio
    from spine
    left join plan_sums on spine.customer_id = plan_sums.customer_id
    left join next_dues on spine.customer_id = next_dues.customer_id
    left join assets on spine.customer_id = assets.customer_id
    left join payroll on spine.customer_id = payroll.customer_id
)

select * from final
