-- a row is one corporate customer of the spine; bills, guarantees, letters of credit and commitments: how covered, when due, advanced
{% set off_balance = ['crd_offbal'] %}
{% set margin = ['crd_offbal', 'core_acct', 'core_acct_person', 'core_bal'] %}
{% set gap = ['crd_offbal', 'core_acct', 'core_acct_person', 'core_bal'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

businesses as (
    select
        businesses.*,
        night.biz_date,
        businesses.due_date - night.biz_date as due_days,
        businesses.start_date > night.biz_date - 365 as is_365d,
        businesses.start_date > night.biz_date - 90 as is_90d
    from {{ ref('dwd_off_balance') }} as businesses
    inner join night on businesses.start_date <= night.biz_date
    where businesses.entity = 'corporate'
),

live_sums as (
    select
        customer_id,
        count(*) as cnt,
        count(distinct kind_code) as kind_cnt,
        {% for kind in ['accept', 'guarantee', 'lc', 'discount', 'commit'] %}
        count(case when kind_code = '{{ kind }}' then 1 end) as {{ kind }}_cnt,
        sum(case when kind_code = '{{ kind }}' then face_amt else 0 end) as {{ kind }}_amt,
        sum(case when kind_code = '{{ kind }}' then margin_amt else 0 end) as {{ kind }}_margin_amt,
        min(case when kind_code = '{{ kind }}' and due_days > 0 then due_date end) as {{ kind }}_due_date,
        {% for days in [7, 30, 90] %}
        sum(case when kind_code = '{{ kind }}' and due_days between 1 and {{ days }} then face_amt else 0 end)
            as {{ kind }}_due_{{ days }}d,
        sum(case when kind_code = '{{ kind }}' and due_days between 1 and {{ days }} then margin_amt else 0 end)
            as {{ kind }}_due_margin_{{ days }}d,
        {% endfor %}
        {% endfor %}
        sum(margin_amt) as margin_amt,
        sum(case when kind_code in ('accept', 'guarantee', 'lc') then face_amt else 0 end) as open_amt,
        sum(case when kind_code in ('accept', 'guarantee', 'lc') and margin_amt >= face_amt then face_amt else 0 end) as full_amt,
        sum(case when kind_code in ('accept', 'guarantee', 'lc') then margin_amt else 0 end) as open_margin_amt,
        max(face_amt) as max_amt
    from businesses
    where status_code = 'live'
    group by customer_id
),

advances as (
    select
        customer_id,
        count(case when adv_amt > 0 then 1 end) as cnt,
        sum(adv_amt) as amt,
        min(case when adv_amt > 0 then due_date end) as first_date,
        max(case when adv_amt > 0 then biz_date - due_date end) as days
    from businesses
    group by customer_id
),

issues as (
    select
        customer_id,
        {% for kind in ['accept', 'guarantee', 'lc', 'discount', 'commit'] %}
        sum(case when is_365d and kind_code = '{{ kind }}' then face_amt else 0 end) as {{ kind }}_365d,
        {% endfor %}
        count(case when is_365d and kind_code = 'accept' then 1 end) as accept_cnt_365d,
        sum(case when is_90d and kind_code = 'accept' then face_amt else 0 end) as accept_90d,
        min(start_date) as first_date,
        max(start_date) as last_date
    from businesses
    group by customer_id
),

balances as (
    select
        balances.customer_id,
        sum(case when balances.prod = 'demand' then balances.bal - coalesce(balances.frozen_amt, 0) else 0 end) as free_amt,
        sum(case when balances.prod = 'margin' then balances.bal else 0 end) as margin_bal
    from {{ ref('dwd_account_balance_daily') }} as balances
    inner join night on balances.bal_date = night.biz_date
    where balances.entity = 'corporate' and balances.prod in ('demand', 'margin')
    group by balances.customer_id
),

-- Nothing due is no gap; without a live acceptance the question does not arise.
gaps as (
    select
        live_sums.customer_id,
        {% for days in [7, 30, 90] %}
        case
            when live_sums.accept_due_{{ days }}d > 0
                then
                    greatest(
                        0, live_sums.accept_due_{{ days }}d - live_sums.accept_due_margin_{{ days }}d - coalesce(balances.free_amt, 0)
                    )
            else 0
        end as gap_{{ days }}d,
        {% endfor %}
        live_sums.accept_cnt
    from live_sums
    left join balances on live_sums.customer_id = balances.customer_id
    where live_sums.accept_cnt > 0
),

final as (
    select
        spine.customer_id,
        {{ tag_value(off_balance, 'live_sums.cnt', 'integer', '0') }} as obs_cnt,
        {{ tag_value(off_balance, 'live_sums.kind_cnt', 'integer', '0') }} as obs_kind_cnt,
        {{ tag_value(off_balance, 'live_sums.max_amt', 'decimal(18,2)', '0') }} as obs_max_amt,
        {{ tag_value(off_balance, 'live_sums.accept_cnt', 'integer', '0') }} as obs_accept_cnt,
        {{ tag_value(off_balance, 'live_sums.guarantee_cnt', 'integer', '0') }} as obs_guarantee_cnt,
        {{ tag_value(off_balance, 'live_sums.lc_cnt', 'integer', '0') }} as obs_lc_cnt,
        {{ tag_value(off_balance, 'live_sums.discount_cnt', 'integer', '0') }} as obs_discount_cnt,
        {{ tag_value(off_balance, 'live_sums.commit_cnt', 'integer', '0') }} as obs_commit_cnt,
        {{ tag_value(off_balance, 'live_sums.margin_amt', 'decimal(18,2)', '0') }} as obs_margin_amt,
        {{ tag_value(off_balance, divided('live_sums.open_margin_amt', 'live_sums.open_amt'), 'decimal(18,4)') }}
            as obs_margin_ratio,
        {{ tag_value(off_balance, 'live_sums.full_amt', 'decimal(18,2)', '0') }} as obs_full_margin_amt,
        {{ tag_value(off_balance, divided('live_sums.accept_margin_amt', 'live_sums.accept_amt'), 'decimal(18,4)') }}
            as obs_accept_margin_ratio,
        {{ tag_value(off_balance, 'live_sums.accept_due_30d', 'decimal(18,2)', '0') }} as obs_accept_due_amt_next30d,
        {{ tag_value(off_balance, 'live_sums.accept_due_90d', 'decimal(18,2)', '0') }} as obs_accept_due_amt_next90d,
        {{ tag_value(off_balance, divided('live_sums.guarantee_margin_amt', 'live_sums.guarantee_amt'), 'decimal(18,4)') }}
            as obs_guarantee_margin_ratio,
        {{ tag_value(off_balance, 'live_sums.guarantee_due_30d', 'decimal(18,2)', '0') }} as obs_guarantee_due_amt_next30d,
        {{ tag_value(off_balance, 'live_sums.guarantee_due_90d', 'decimal(18,2)', '0') }} as obs_guarantee_due_amt_next90d,
        {{ tag_value(off_balance, divided('live_sums.lc_margin_amt', 'live_sums.lc_amt'), 'decimal(18,4)') }}
            as obs_lc_margin_ratio,
        {{ tag_value(off_balance, 'live_sums.lc_due_30d', 'decimal(18,2)', '0') }} as obs_lc_due_amt_next30d,
        {{ tag_value(off_balance, 'live_sums.lc_due_90d', 'decimal(18,2)', '0') }} as obs_lc_due_amt_next90d,
        {{ tag_value(off_balance, 'live_sums.accept_due_7d', 'decimal(18,2)', '0') }} as obs_accept_due_amt_next7d,
        {{ tag_value(off_balance, 'live_sums.accept_due_date', 'date') }} as obs_accept_next_due_date,
        {{ tag_value(off_balance, 'live_sums.guarantee_due_date', 'date') }} as obs_guarantee_next_due_date,
        {{ tag_value(gap, 'gaps.gap_7d', 'decimal(18,2)') }}
            as obs_accept_gap_amt_next7d,
        {{ tag_value(gap, 'gaps.gap_30d', 'decimal(18,2)') }}
            as obs_accept_gap_amt_next30d,
        {{ tag_value(gap, 'gaps.gap_90d', 'decimal(18,2)') }}
            as obs_accept_gap_amt_next90d,
        {{ tag_value(margin, 'greatest(0, live_sums.margin_amt - coalesce(balances.margin_bal, 0))', 'decimal(18,2)', '0') }}
            as obs_margin_gap_amt,
        {{ tag_value(off_balance, 'advances.amt', 'decimal(18,2)', '0') }} as obs_adv_amt,
        {{ tag_value(off_balance, 'advances.cnt', 'integer', '0') }} as obs_adv_cnt,
        {{ tag_value(off_balance, 'advances.first_date', 'date') }} as obs_adv_first_date,
        {{ tag_value(off_balance, 'advances.days', 'integer') }} as obs_adv_days,
        {{ tag_value(off_balance, 'issues.accept_365d', 'decimal(18,2)', '0') }} as obs_accept_issue_amt_365d,
        {{ tag_value(off_balance, 'issues.guarantee_365d', 'decimal(18,2)', '0') }} as obs_guarantee_issue_amt_365d,
        {{ tag_value(off_balance, 'issues.lc_365d', 'decimal(18,2)', '0') }} as obs_lc_issue_amt_365d,
        {{ tag_value(off_balance, 'issues.discount_365d', 'decimal(18,2)', '0') }} as obs_discount_issue_amt_365d,
        {{ tag_value(off_balance, 'issues.commit_365d', 'decimal(18,2)', '0') }} as obs_commit_issue_amt_365d,
        {{ tag_value(off_balance, 'issues.accept_cnt_365d', 'integer', '0') }} as obs_accept_issue_cnt_365d,
        {{ tag_value(off_balance, 'issues.accept_90d', 'decimal(18,2)', '0') }} as obs_accept_issue_amt_90d,
        {{ tag_value(off_balance, 'issues.first_date', 'date') }} as obs_first_date,
        {{ tag_value(off_balance, 'issues.last_date', 'date') }} as obs_last_date
    from spine
    left join live_sums on spine.customer_id = live_sums.customer_id
    left join advances on spine.customer_id = advances.customer_id
    left join issues on spine.customer_id = issues.customer_id
    left join balances on spine.customer_id = balances.customer_id
    left join gaps on spine.customer_id = gaps.customer_id
)

select * from final
