-- a row is one retail customer of the spine; the insurance policies that the bank has sold: in force, premiums, lapses, what comes next
{% set policy = ['ins_policy'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

policies as (
    select
        policies.*,
        policies.status_code = 'live' and policies.end_date >= night.biz_date as is_live,
        policies.end_date - night.biz_date as end_days,
        policies.next_pay_date - night.biz_date as pay_days,
        night.biz_date
    from {{ ref('dwd_insurance_policy') }} as policies
    inner join night on policies.effect_date <= night.biz_date
),

policy_sums as (
    select
        customer_id,
        count(*) as ever_cnt,
        count(case when is_live then 1 end) as live_cnt,
        {% for kind in ['protect', 'annuity', 'endow', 'unit_linked'] %}
        count(case when is_live and kind_code = '{{ kind }}' then 1 end) as {{ kind }}_cnt,
        {% endfor %}
        count(case when is_live and pay_mode in ('annual', 'monthly') then 1 end) as regular_cnt,
        count(case when is_live and pay_mode = 'single' then 1 end) as single_cnt,
        sum(case
            when not is_live then 0 when pay_mode = 'annual' then premium_amt when pay_mode = 'monthly' then premium_amt * 12 else 0
        end) as year_amt,
        sum(case when is_live then paid_amt else 0 end) as paid_amt,
        sum(case when is_live then cash_value else 0 end) as cash_amt,
        min(effect_date) as first_date,
        max(effect_date) as last_date,
        count(case when effect_date > biz_date - 365 then 1 end) as new_cnt,
        count(case when status_code = 'lapsed' then 1 end) as lapsed_cnt,
        count(case when status_code = 'lapsed' and lapse_date > biz_date - 365 and lapse_date <= biz_date then 1 end) as lapsed_365d,
        max(case when status_code = 'lapsed' then lapse_date end) as lapse_date,
        count(case when status_code = 'ended' or (status_code = 'live' and not is_live) then 1 end) as ended_cnt,
        min(case when is_live and pay_days >= 0 then next_pay_date end) as next_pay_date,
        sum(case when is_live and pay_days between 1 and 30 then premium_amt else 0 end) as next_pay_30d,
        count(case when is_live and end_days between 1 and 90 then 1 end) as end_90d,
        min(case when is_live then end_days end) as next_end_days
    from policies
    group by customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(policy, 'policy_sums.live_cnt', 'integer', '0') }} as ins_policy_cnt,
        {{ tag_value(policy, 'policy_sums.live_cnt > 0', 'boolean', 'false') }} as prod_has_ins_policy,
        {{ tag_value(policy, 'policy_sums.protect_cnt', 'integer', '0') }} as ins_protect_policy_cnt,
        {{ tag_value(policy, 'policy_sums.annuity_cnt', 'integer', '0') }} as ins_annuity_policy_cnt,
        {{ tag_value(policy, 'policy_sums.endow_cnt', 'integer', '0') }} as ins_endow_policy_cnt,
        {{ tag_value(policy, 'policy_sums.unit_linked_cnt', 'integer', '0') }} as ins_unitlinked_policy_cnt,
        {{ tag_value(policy, 'policy_sums.regular_cnt', 'integer', '0') }} as ins_regular_policy_cnt,
        {{ tag_value(policy, 'policy_sums.single_cnt', 'integer', '0') }} as ins_single_policy_cnt,
        {{ tag_value(policy, 'policy_sums.year_amt', 'decimal(18,2)', '0') }} as ins_premium_year_amt,
        {{ tag_value(policy, 'policy_sums.paid_amt', 'decimal(18,2)', '0') }} as ins_paid_amt_ltd,
        {{ tag_value(policy, 'policy_sums.cash_amt', 'decimal(18,2)', '0') }} as ins_cash_value_amt,
        {{ tag_value(policy, 'policy_sums.first_date', 'date') }} as ins_first_date,
        {{ tag_value(policy, 'policy_sums.last_date', 'date') }} as ins_last_date,
        {{ tag_value(policy, 'policy_sums.ever_cnt', 'integer', '0') }} as ins_policy_cnt_ltd,
        {{ tag_value(policy, 'policy_sums.new_cnt', 'integer', '0') }} as ins_new_cnt_365d,
        {{ tag_value(policy, 'policy_sums.lapsed_cnt', 'integer', '0') }} as ins_lapsed_cnt,
        {{ tag_value(policy, 'policy_sums.lapsed_365d', 'integer', '0') }} as ins_lapsed_cnt_365d,
        {{ tag_value(policy, 'policy_sums.lapse_date', 'date') }} as ins_lapse_date,
        {{ tag_value(policy, 'policy_sums.ended_cnt', 'integer', '0') }} as ins_ended_cnt,
        {{ tag_value(policy, 'policy_sums.next_pay_date', 'date') }} as ins_next_pay_date,
        {{ tag_value(policy, 'policy_sums.next_pay_30d', 'decimal(18,2)', '0') }} as ins_next_pay_amt_next30d,
        {{ tag_value(policy, 'policy_sums.end_90d', 'integer', '0') }} as ins_end_cnt_next90d,
        {{ tag_value(policy, 'policy_sums.next_end_days', 'integer') }} as ins_next_end_days
    from spine
    left join policy_sums on spine.customer_id = policy_sums.customer_id
)

select * from final
