-- a row is one corporate customer of the spine; signs that a borrower is getting weaker, from its other tags
{% set loans = ['crd_note'] %}
{% set dep_loan = ['crd_note', 'core_acct', 'core_acct_person', 'core_bal'] %}
{% set limits = ['crd_limit'] %}
{% set gap = ['crd_offbal', 'core_acct', 'core_acct_person', 'core_bal'] %}
{% set advance = ['crd_offbal'] %}
{% set classes = ['crd_note', 'crd_class', 'crd_offbal'] %}
{% set cases = ['crd_limit', 'ecif_corp', 'ext_court'] %}
{% set ties = ['crd_contract', 'crd_note', 'crd_security'] %}
{% set signs = [
    'core_acct', 'core_acct_person', 'core_bal', 'crd_class', 'crd_contract',
    'crd_limit', 'crd_note', 'crd_offbal', 'crd_security', 'ecif_corp', 'ext_court'
] %}

with spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

signs as (
    select
        spine.customer_id,
        loans.loan_bal > 0 as is_borrower,
        loans.loan_bal,
        deposits.dep_bal,
        loans.loan_bal > 0 and deposits.dep_bal < {{ parameter('corp_dep_drop_ratio') }} * deposits.dep_davg_90d as is_dep_drop,
        loans.loan_bal > 0 and deposits.dep_bal < 1 as is_dep_empty,
        limits.crd_util_ratio >= {{ parameter('corp_util_high_ratio') }} as is_util_high,
        limits.crd_limit_expiry_days <= {{ parameter('corp_limit_end_days') }} and limits.crd_used_amt > 0 as is_limit_ending,
        off_balance.obs_accept_gap_amt_next30d > 0 as is_gap,
        off_balance.obs_adv_amt > 0 as is_advance,
        arrears.risk_dpd_max > 0 as is_overdue,
        debtors.risk_debtor_class_code >= 2 as is_class_weak,
        debtors.risk_class_chg_l12m > 0 as is_class_worse,
        ties.risk_defend_open_amt >= {{ parameter('corp_sued_ratio') }} * limits.crd_used_amt
        and ties.risk_defend_open_amt > 0 and limits.crd_used_amt > 0 as is_sued,
        ties.risk_is_enforced or ties.risk_is_dishonest as is_listed,
        securities.crd_guar_given_late_amt > 0 as is_guarantee_weak,
        ties.risk_circle_dpd_max > 0 as is_circle_weak,
        ties.grp_late_cnt > 0 as is_group_weak
    from spine
    left join {{ ref('tag_corporate_loan') }} as loans on spine.customer_id = loans.customer_id
    left join {{ ref('tag_corporate_dep') }} as deposits on spine.customer_id = deposits.customer_id
    left join {{ ref('tag_corporate_credit_limit') }} as limits on spine.customer_id = limits.customer_id
    left join {{ ref('tag_corporate_off_balance') }} as off_balance on spine.customer_id = off_balance.customer_id
    left join {{ ref('tag_corporate_arrears') }} as arrears on spine.customer_id = arrears.customer_id
    left join {{ ref('tag_corporate_debtor') }} as debtors on spine.customer_id = debtors.customer_id
    left join {{ ref('tag_corporate_ties') }} as ties on spine.customer_id = ties.customer_id
    left join {{ ref('tag_corporate_security') }} as securities on spine.customer_id = securities.customer_id
),

counted as (
    select
        signs.*,
        {% for sign in [
            'dep_drop', 'util_high', 'limit_ending', 'gap', 'advance', 'overdue', 'class_weak', 'class_worse', 'sued', 'listed',
            'guarantee_weak', 'circle_weak', 'group_weak'
        ] %}
        coalesce(signs.is_{{ sign }}, false)::int{{ ' +' if not loop.last }}
        {% endfor %} as cnt
    from signs
),

final as (
    select
        spine.customer_id,
        {{ tag_value(dep_loan, 'counted.is_dep_drop', 'boolean', 'false') }} as risk_is_dep_drop,
        {{ tag_value(dep_loan, 'counted.is_dep_empty', 'boolean', 'false') }} as risk_is_dep_empty,
        {{ tag_value(limits, 'counted.is_util_high', 'boolean', 'false') }} as risk_is_util_high,
        {{ tag_value(limits, 'counted.is_limit_ending', 'boolean', 'false') }} as risk_is_limit_ending,
        {{ tag_value(classes, 'counted.is_class_weak', 'boolean', 'false') }} as risk_is_class_weak,
        {{ tag_value(classes, 'counted.is_class_worse', 'boolean', 'false') }} as risk_is_class_worse,
        {{ tag_value(cases, 'counted.is_sued', 'boolean', 'false') }} as risk_is_sued,
        {{ tag_value(ties, 'counted.is_guarantee_weak', 'boolean', 'false') }} as risk_is_guarantee_weak,
        {{ tag_value(dep_loan, divided('counted.dep_bal', 'counted.loan_bal'), 'decimal(18,4)') }} as risk_dep_loan_ratio,
        {{ tag_value(signs, 'counted.cnt', 'integer', '0') }} as risk_watch_cnt
    from spine
    inner join counted on spine.customer_id = counted.customer_id
)

select * from final
