-- a row is one corporate customer of the spine; public cases, circles of guarantees, groups, and the block that says no reason
{% set cases = ['ecif_corp', 'ext_court'] %}
{% set circles = ['crd_contract', 'crd_security'] %}
{% set circle_risk = ['crd_contract', 'crd_note', 'crd_offbal', 'crd_security'] %}
{% set groups = ['ecif_corp'] %}
{% set group_risk = ['crd_note', 'crd_offbal', 'ecif_corp'] %}
{% set group_deposits = ['ecif_corp', 'core_acct', 'core_acct_person', 'core_bal'] %}
{% set controls = ['core_acct', 'core_acct_person', 'core_ctrl'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

cases as (
    select
        cases.customer_id,
        cases.case_no,
        cases.kind_code,
        coalesce(cases.amt, 0) as amt,
        cases.filed_date,
        cases.role_code = 'defendant' as is_defendant,
        cases.role_code = 'plaintiff' as is_plaintiff,
        -- A listing as dishonest or a ban on consumption follows a case; its amount would be counted twice.
        cases.kind_code in ('civil', 'enforce') as is_claim,
        cases.closed_date is null or cases.closed_date > night.biz_date as is_open,
        cases.filed_date >= night.month_start - interval 12 month and cases.filed_date < night.month_start as is_l12m
    from {{ ref('dwd_court_case') }} as cases
    inner join night on cases.filed_date <= night.biz_date
),

case_sums as (
    select
        customer_id,
        sum(case when is_defendant and is_claim and is_l12m then amt else 0 end) as defend_amt_l12m,
        count(case when is_defendant and is_claim and is_l12m then 1 end) as defend_cnt_l12m,
        sum(case when is_defendant and is_claim and is_open then amt else 0 end) as defend_open_amt,
        count(case when is_defendant and is_claim and is_open then 1 end) as defend_open_cnt,
        count(case when is_defendant and is_claim then 1 end) as defend_cnt,
        sum(case when is_plaintiff and is_claim and is_open then amt else 0 end) as plaintiff_open_amt,
        count(case when is_plaintiff and is_claim and is_open then 1 end) as plaintiff_open_cnt,
        sum(case when is_defendant and kind_code = 'enforce' and is_open then amt else 0 end) as enforce_open_amt,
        bool_or(is_defendant and kind_code in ('enforce', 'dishonest', 'limit_consume') and is_open) as is_enforced,
        bool_or(is_defendant and kind_code = 'dishonest' and is_open) as is_dishonest,
        bool_or(is_defendant and kind_code = 'limit_consume' and is_open) as is_limited,
        min(case when is_defendant and kind_code = 'dishonest' and is_open then filed_date end) as dishonest_date,
        max(case when is_defendant then filed_date end) as last_date
    from cases
    group by customer_id
),

exposures as (
    select * from {{ ref('dws_corporate_exposure') }}
),

states as (
    select liabilities.customer_id, max(liabilities.dpd) as dpd
    from {{ ref('dws_corporate_liability_history') }} as liabilities
    inner join night on liabilities.valid_from <= night.biz_date and liabilities.valid_to > night.biz_date
    group by liabilities.customer_id
),

deposits as (
    select totals.customer_id, totals.bal
    from {{ ref('dws_corporate_total_history') }} as totals
    inner join night on totals.valid_from <= night.biz_date and totals.valid_to > night.biz_date
    where totals.total = 'dep'
),

circles as (
    select * from {{ ref('dws_corporate_circle') }}
),

circle_sums as (
    select
        circles.circle_id,
        sum(exposures.exposure_amt) as exposure_amt,
        max(states.dpd) as dpd,
        count(case when states.dpd > 0 then 1 end) as late_cnt
    from circles
    left join exposures on circles.customer_id = exposures.customer_id
    left join states on circles.customer_id = states.customer_id
    group by circles.circle_id
),

members as (
    select companies.customer_id, companies.group_id
    from {{ ref('dwd_company') }} as companies
    inner join spine on companies.customer_id = spine.customer_id
    where companies.group_id is not null
),

group_sums as (
    select
        members.group_id,
        count(*) as member_cnt,
        coalesce(sum(exposures.exposure_amt), 0) as exposure_amt,
        coalesce(sum(exposures.loan_amt), 0) as loan_amt,
        coalesce(sum(deposits.bal), 0) as dep_amt,
        coalesce(max(states.dpd), 0) as dpd,
        count(case when exposures.exposure_amt > 0 then 1 end) as debtor_cnt,
        count(case when states.dpd > 0 then 1 end) as late_cnt
    from members
    left join exposures on members.customer_id = exposures.customer_id
    left join states on members.customer_id = states.customer_id
    left join deposits on members.customer_id = deposits.customer_id
    group by members.group_id
),

-- Only whether there is a reason, never which: to tell a manager would be to tell the customer.
blocks as (
    select
        controls.customer_id,
        bool_or(controls.by_code in ('court', 'police', 'aml') or controls.ctrl_kind in ('freeze', 'no_receive_no_pay'))
            as is_blocked
    from {{ ref('dwd_account_control') }} as controls
    inner join night
        on controls.from_date <= night.biz_date and (controls.to_date is null or controls.to_date > night.biz_date)
    group by controls.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(cases, 'case_sums.defend_amt_l12m', 'decimal(18,2)', '0') }} as risk_court_defend_amt_l12m,
        {{ tag_value(cases, 'case_sums.defend_cnt_l12m', 'integer', '0') }} as risk_defend_cnt_l12m,
        {{ tag_value(cases, 'case_sums.defend_open_amt', 'decimal(18,2)', '0') }} as risk_defend_open_amt,
        {{ tag_value(cases, 'case_sums.defend_open_cnt', 'integer', '0') }} as risk_defend_open_cnt,
        {{ tag_value(cases, 'case_sums.defend_cnt', 'integer', '0') }} as risk_defend_cnt_ltd,
        {{ tag_value(cases, 'case_sums.last_date', 'date') }} as risk_defend_last_date,
        {{ tag_value(cases, 'case_sums.plaintiff_open_amt', 'decimal(18,2)', '0') }} as risk_plaintiff_open_amt,
        {{ tag_value(cases, 'case_sums.plaintiff_open_cnt', 'integer', '0') }} as risk_plaintiff_open_cnt,
        {{ tag_value(cases, 'case_sums.enforce_open_amt', 'decimal(18,2)', '0') }} as risk_enforce_open_amt,
        {{ tag_value(cases, 'case_sums.is_enforced', 'boolean', 'false') }} as risk_is_enforced,
        {{ tag_value(cases, 'case_sums.is_dishonest', 'boolean', 'false') }} as risk_is_dishonest,
        {{ tag_value(cases, 'case_sums.dishonest_date', 'date') }} as risk_dishonest_date,
        {{ tag_value(cases, 'case_sums.is_limited', 'boolean', 'false') }} as risk_is_limited,
        {{ tag_value(circles, 'circles.circle_id', 'varchar') }} as risk_circle_id,
        {{ tag_value(circles, 'circles.member_cnt', 'integer', '0') }} as risk_circle_cnt,
        {{ tag_value(
            circle_risk,
            'coalesce(circle_sums.exposure_amt, case when circles.circle_id is not null then 0 end)',
            'decimal(18,2)'
        ) }}
            as risk_circle_exposure_amt,
        {{ tag_value(circle_risk, 'coalesce(circle_sums.dpd, case when circles.circle_id is not null then 0 end)', 'integer') }}
            as risk_circle_dpd_max,
        {{ tag_value(group_risk, 'group_sums.exposure_amt', 'decimal(18,2)') }} as grp_exposure_amt,
        {{ tag_value(group_risk, 'group_sums.loan_amt', 'decimal(18,2)') }} as grp_loan_bal,
        {{ tag_value(group_deposits, 'group_sums.dep_amt', 'decimal(18,2)') }} as grp_dep_bal,
        {{ tag_value(group_risk, 'group_sums.debtor_cnt', 'integer') }} as grp_debtor_cnt,
        {{ tag_value(group_risk, 'group_sums.dpd', 'integer') }} as grp_dpd_max,
        {{ tag_value(group_risk, 'group_sums.late_cnt', 'integer') }} as grp_late_cnt,
        {{ tag_value(group_risk, divided('coalesce(exposures.exposure_amt, 0)', 'group_sums.exposure_amt'), 'decimal(18,4)') }}
            as grp_own_ratio,
        {{ tag_value(controls, 'blocks.is_blocked', 'boolean', 'false') }} as risk_is_marketing_blocked
    from spine
    left join case_sums on spine.customer_id = case_sums.customer_id
    left join exposures on spine.customer_id = exposures.customer_id
    left join circles on spine.customer_id = circles.customer_id
    left join circle_sums on circles.circle_id = circle_sums.circle_id
    left join members on spine.customer_id = members.customer_id
    left join group_sums on members.group_id = group_sums.group_id
    left join blocks on spine.customer_id = blocks.customer_id
)

select * from final
