-- a row is one retail customer of the spine; early warnings over base tags, each against a dated threshold, and how many there are
{% set income = ['crd_note', 'crd_schedule', 'pay_detail'] %}
{% set wealth = ['crd_note', 'cc_acct', 'core_acct', 'core_acct_person', 'core_bal', 'inv_hold', 'inv_order'] %}
{% set gap = ['crd_note', 'crd_schedule', 'core_acct', 'core_acct_person', 'core_bal'] %}
{% set cards = ['cc_acct'] %}
{% set assets = ['core_acct', 'core_acct_person', 'core_bal', 'inv_hold', 'inv_order'] %}
{% set drop = ['crd_note', 'cc_acct', 'core_acct', 'core_acct_person', 'core_bal', 'inv_hold', 'inv_order'] %}
{% set pay = ['pay_detail'] %}
{% set both = ['crd_note', 'cc_acct'] %}
{% set contracts = ['crd_contract'] %}
{% set contacts = ['mkt_contact'] %}
{% set identity = ['ecif_retail'] %}
{% set phone = ['ecif_contact', 'crd_note', 'cc_acct'] %}
{% set guaranteed = ['crd_contract', 'crd_security', 'crd_note'] %}
{% set moves = ['crd_note', 'crd_class'] %}
{% set all_feeds = [
    'crd_note', 'crd_schedule', 'crd_class', 'crd_contract', 'crd_security', 'cc_acct', 'pay_detail',
    'core_acct', 'core_acct_person', 'core_bal', 'inv_hold', 'inv_order', 'mkt_contact', 'ecif_retail', 'ecif_contact',
] %}

with spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

base as (
    select
        spine.customer_id,
        arrears.risk_dpd_max,
        arrears.risk_due_amt_next30d,
        exposures.risk_exposure_amt,
        exposures.risk_debt_kind_cnt,
        exposures.risk_new_contract_cnt_90d,
        exposures.risk_guar_debtor_dpd_max,
        exposures.risk_class_down_cnt_l12m,
        facts.risk_employer_idle_days,
        facts.risk_unreachable_cnt_90d,
        facts.risk_reached_cnt_90d,
        facts.risk_cc_util_before_ratio,
        payroll.pay_stop_days,
        payroll.pay_amt_median_l3m,
        debts.cc_util_ratio,
        assets.aum_bal,
        assets.aum_chg_30d,
        deposits.dep_demand_bal,
        documents.prof_is_id_checkdigit_right,
        documents.prof_is_id_birth_same,
        documents.prof_is_id_gender_same,
        documents.prof_is_id_name_conflict,
        contacts.prof_mobile_update_days
    from spine
    inner join {{ ref('tag_retail_arrears') }} as arrears on spine.customer_id = arrears.customer_id
    inner join {{ ref('tag_retail_exposure') }} as exposures on spine.customer_id = exposures.customer_id
    inner join {{ ref('tag_retail_suitability') }} as facts on spine.customer_id = facts.customer_id
    inner join {{ ref('tag_retail_payroll') }} as payroll on spine.customer_id = payroll.customer_id
    inner join {{ ref('tag_retail_liability') }} as debts on spine.customer_id = debts.customer_id
    inner join {{ ref('tag_retail_aum') }} as assets on spine.customer_id = assets.customer_id
    inner join {{ ref('tag_retail_dep_prod') }} as deposits on spine.customer_id = deposits.customer_id
    inner join {{ ref('tag_retail_document') }} as documents on spine.customer_id = documents.customer_id
    inner join {{ ref('tag_retail_contact') }} as contacts on spine.customer_id = contacts.customer_id
),

-- Unknown is no signal: a warning must be shown by facts. What the bank does not deliver is NULL above, by tag_value.
signals as (
    select
        customer_id,
        coalesce(pay_stop_days >= {{ parameter('pay_stop_warn_days') }}, false) as pay_stopped,
        coalesce(risk_employer_idle_days >= {{ parameter('employer_stop_days') }}, false) as employer_stopped,
        coalesce(risk_due_amt_next30d > dep_demand_bal, false) as due_short,
        -- Ratios are compared as the tags of that name show them.
        coalesce(
            {{ divided('risk_due_amt_next30d', 'pay_amt_median_l3m') }} >= {{ parameter('debt_income_warn_ratio') }}, false
        ) as income_high,
        coalesce(
            risk_exposure_amt > 0
            and {{ divided('aum_chg_30d', 'aum_bal - aum_chg_30d') }} <= -{{ parameter('aum_drop_warn_ratio') }},
            false
        ) as aum_drop,
        coalesce(cc_util_ratio - risk_cc_util_before_ratio >= {{ parameter('util_jump_warn_ratio') }}, false) as util_jump,
        coalesce(risk_debt_kind_cnt >= {{ parameter('multi_debt_warn_cnt') }}, false) as multi_debt,
        coalesce(risk_new_contract_cnt_90d >= {{ parameter('new_debt_warn_cnt') }}, false) as new_debt,
        coalesce(risk_unreachable_cnt_90d >= {{ parameter('contact_lost_warn_cnt') }} and risk_reached_cnt_90d = 0, false)
            as contact_lost,
        not coalesce(prof_is_id_checkdigit_right, true) or not coalesce(prof_is_id_birth_same, true)
        or not coalesce(prof_is_id_gender_same, true) or coalesce(prof_is_id_name_conflict, false) as id_inconsistent,
        coalesce(risk_exposure_amt > 0 and prof_mobile_update_days < 90, false) as phone_chg,
        coalesce(risk_guar_debtor_dpd_max > 0, false) as guar_overdue,
        coalesce(risk_class_down_cnt_l12m > 0, false) as class_fall,
        coalesce(risk_dpd_max > 0, false) as overdue
    from base
),

signal_sums as (
    select
        signals.*,
        cast(overdue as integer)
        {%- for signal in [
            'pay_stopped', 'employer_stopped', 'due_short', 'income_high', 'aum_drop', 'util_jump', 'multi_debt', 'new_debt',
            'contact_lost', 'id_inconsistent', 'phone_chg', 'guar_overdue', 'class_fall',
        ] %}
        + cast({{ signal }} as integer)
        {%- endfor %} as signal_cnt
    from signals
),

final as (
    select
        spine.customer_id,
        {{ tag_value(income, divided('base.risk_due_amt_next30d', 'base.pay_amt_median_l3m'), 'decimal(18,4)') }}
            as risk_debt_income_ratio,
        {{ tag_value(wealth, divided('base.risk_exposure_amt', 'base.aum_bal'), 'decimal(18,4)') }} as risk_debt_aum_ratio,
        {{ tag_value(gap, 'greatest(base.risk_due_amt_next30d - base.dep_demand_bal, 0)', 'decimal(18,2)') }}
            as risk_due_gap_amt_next30d,
        {{ tag_value(cards, 'base.cc_util_ratio - base.risk_cc_util_before_ratio', 'decimal(18,4)') }} as risk_cc_util_chg_90d,
        {{ tag_value(assets, divided('base.aum_chg_30d', 'base.aum_bal - base.aum_chg_30d'), 'decimal(18,4)') }}
            as risk_aum_chg_ratio_30d,
        {{ tag_value(pay, 'signal_sums.pay_stopped', 'boolean') }} as risk_is_pay_stopped,
        {{ tag_value(pay, 'signal_sums.employer_stopped', 'boolean') }} as risk_is_employer_stopped,
        {{ tag_value(gap, 'signal_sums.due_short', 'boolean') }} as risk_is_due_short,
        {{ tag_value(income, 'signal_sums.income_high', 'boolean') }} as risk_is_debt_income_high,
        {{ tag_value(drop, 'signal_sums.aum_drop', 'boolean') }} as risk_is_aum_drop,
        {{ tag_value(cards, 'signal_sums.util_jump', 'boolean') }} as risk_is_util_jump,
        {{ tag_value(both, 'signal_sums.multi_debt', 'boolean') }} as risk_is_multi_debt,
        {{ tag_value(contracts, 'signal_sums.new_debt', 'boolean') }} as risk_is_new_debt,
        {{ tag_value(contacts, 'signal_sums.contact_lost', 'boolean') }} as risk_is_contact_lost,
        {{ tag_value(identity, 'signal_sums.id_inconsistent', 'boolean') }} as risk_is_id_inconsistent,
        {{ tag_value(phone, 'signal_sums.phone_chg', 'boolean') }} as risk_is_debtor_phone_chg,
        {{ tag_value(guaranteed, 'signal_sums.guar_overdue', 'boolean') }} as risk_is_guar_debtor_overdue,
        {{ tag_value(moves, 'signal_sums.class_fall', 'boolean') }} as risk_is_class_fall,
        {{ tag_value(all_feeds, 'signal_sums.signal_cnt', 'integer') }} as risk_warning_cnt,
        {{ tag_value(all_feeds, cut_code('risk_warning', 'signal_sums.signal_cnt'), 'integer') }} as risk_warning_code
    from spine
    inner join base on spine.customer_id = base.customer_id
    inner join signal_sums on spine.customer_id = signal_sums.customer_id
)

select * from final
