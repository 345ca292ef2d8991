-- a row is one retail customer of the spine; how many product lines are held, which came first and last, which are missing
{% set lines = ['core_acct', 'core_acct_person', 'inv_hold', 'ins_policy', 'crd_note', 'crd_contract', 'cc_acct'] %}
{% set cards = ['card_debit'] %}
{% set notes = ['crd_note'] %}
{% set agr = ['core_agreement'] %}
{% set credit = ['cc_acct'] %}
{% set policy = ['ins_policy'] %}
{% set hold = ['inv_hold'] %}
{% set accounts = ['core_acct', 'core_acct_person'] %}
{% set ready = ['core_acct', 'core_acct_person', 'card_debit', 'core_agreement', 'crm_risk_test', 'ref_product'] %}
{% set business = ['ecif_relation', 'mer_info'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

base as (
    select
        spine.customer_id,
        night.biz_date,
        products.prod_has_dep_acct,
        products.prod_has_wm_hold,
        products.prod_has_fund_hold,
        products.prod_has_loan,
        products.prod_has_cc,
        products.prod_first_open_date,
        products.prod_has_payroll,
        products.prod_has_etc,
        products.prod_has_mbank,
        products.prod_has_pension,
        products.prod_ready_wm_code,
        holdings.prod_wm_first_date,
        holdings.prod_fund_first_date,
        holdings.prod_pm_first_date,
        holdings.prod_tb_first_date,
        holdings.prod_trust_first_date,
        holdings.prod_has_pm_hold,
        holdings.prod_has_tb_hold,
        holdings.prod_has_trust_hold,
        policies.prod_has_ins_policy,
        policies.ins_protect_policy_cnt,
        policies.ins_first_date,
        debts.loan_mtg_bal,
        debts.loan_cons_bal,
        debts.loan_biz_bal,
        debts.loan_first_date,
        debts.cc_first_date,
        relations.prof_is_biz_owner,
        products.prod_acct_cnt + products.card_debit_cnt + debts.cc_acct_cnt + debts.loan_note_cnt + policies.ins_policy_cnt
        + assets.wm_prod_cnt + assets.fund_prod_cnt + holdings.prod_pm_cnt + holdings.prod_tb_cnt + holdings.prod_trust_cnt as item_cnt
    from spine
    cross join night
    inner join {{ ref('tag_retail_product') }} as products on spine.customer_id = products.customer_id
    inner join {{ ref('tag_retail_holding') }} as holdings on spine.customer_id = holdings.customer_id
    inner join {{ ref('tag_retail_insurance') }} as policies on spine.customer_id = policies.customer_id
    inner join {{ ref('tag_retail_liability') }} as debts on spine.customer_id = debts.customer_id
    inner join {{ ref('tag_retail_asset') }} as assets on spine.customer_id = assets.customer_id
    inner join {{ ref('tag_retail_relation') }} as relations on spine.customer_id = relations.customer_id
),

-- A row is one product line of a customer: whether it is held, and when it was first.
product_lines as (
    {% for line, held, first_date in [
        ('dep', 'prod_has_dep_acct', 'prod_first_open_date'),
        ('wm', 'prod_has_wm_hold', 'prod_wm_first_date'),
        ('fund', 'prod_has_fund_hold', 'prod_fund_first_date'),
        ('pm', 'prod_has_pm_hold', 'prod_pm_first_date'),
        ('tb', 'prod_has_tb_hold', 'prod_tb_first_date'),
        ('trust', 'prod_has_trust_hold', 'prod_trust_first_date'),
        ('ins', 'prod_has_ins_policy', 'ins_first_date'),
        ('loan', 'prod_has_loan', 'loan_first_date'),
        ('cc', 'prod_has_cc', 'cc_first_date'),
    ] %}
    select customer_id, '{{ line }}' as line_code, coalesce({{ held }}, false) as is_held, {{ first_date }} as first_date, biz_date
    from base
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

line_sums as (
    select
        customer_id,
        max(biz_date) as biz_date,
        count(case when is_held then 1 end) as held_cnt,
        count(case when is_held and line_code in ('wm', 'fund', 'pm', 'tb', 'trust', 'ins') then 1 end) as invest_cnt,
        count(case when is_held and line_code in ('loan', 'cc') then 1 end) as debt_cnt,
        count(case when is_held and line_code = 'dep' then 1 end) as dep_cnt,
        count(first_date) as ever_cnt,
        count(case when first_date > biz_date - 365 then 1 end) as new_cnt,
        count(case when first_date is not null and not is_held then 1 end) as lapsed_cnt,
        min(first_date) as first_date,
        max(first_date) as last_date,
        (array_agg(line_code order by first_date, line_code) filter (where first_date is not null))[1] as first_code,
        (array_agg(line_code order by first_date desc, line_code) filter (where first_date is not null))[1] as last_code
    from product_lines
    group by customer_id
),

gaps as (
    select
        customer_id,
        prod_has_payroll and not prod_has_cc as pay_cc,
        prod_has_etc and not prod_has_cc as etc_cc,
        loan_mtg_bal > 0 and ins_protect_policy_cnt = 0 as mtg_protect,
        prod_has_wm_hold and not prod_has_fund_hold as wm_fund,
        prod_ready_wm_code = 0 and not prod_has_wm_hold as ready_wm,
        prod_has_dep_acct and not prod_has_mbank as acct_mbank,
        prof_is_biz_owner and loan_biz_bal = 0 as biz_loan,
        prod_has_payroll and not prod_has_pension as pay_pension
    from base
),

final as (
    select
        spine.customer_id,
        {{ tag_value(lines, 'line_sums.held_cnt', 'integer') }} as prod_depth_cnt,
        {{ tag_value(lines, divided('line_sums.held_cnt', '9'), 'decimal(18,4)') }} as prod_breadth_ratio,
        {{ tag_value(lines, 'line_sums.invest_cnt', 'integer') }} as prod_invest_line_cnt,
        {{ tag_value(lines, 'line_sums.debt_cnt', 'integer') }} as prod_debt_line_cnt,
        {{ tag_value(lines, 'line_sums.held_cnt = 1', 'boolean') }} as prod_is_single_line,
        {{ tag_value(lines, 'line_sums.held_cnt = 1 and line_sums.dep_cnt = 1', 'boolean') }} as prod_is_dep_only,
        {{ tag_value(lines, 'line_sums.held_cnt = line_sums.debt_cnt and line_sums.debt_cnt > 0', 'boolean') }}
            as prod_is_debt_only,
        {{ tag_value(lines, 'line_sums.first_code', 'varchar') }} as prod_first_line_code,
        {{ tag_value(lines, 'line_sums.first_date', 'date') }} as prod_first_line_date,
        {{ tag_value(lines, 'line_sums.last_code', 'varchar') }} as prod_last_line_code,
        {{ tag_value(lines, 'line_sums.last_date', 'date') }} as prod_last_line_date,
        {{ tag_value(lines, 'line_sums.biz_date - line_sums.last_date', 'integer') }} as prod_last_line_days,
        {{ tag_value(lines, 'line_sums.ever_cnt', 'integer') }} as prod_line_cnt_ltd,
        {{ tag_value(lines, 'line_sums.new_cnt', 'integer') }} as prod_new_line_cnt_365d,
        {{ tag_value(lines, 'line_sums.lapsed_cnt', 'integer') }} as prod_lapsed_line_cnt,
        {{ tag_value(lines+cards, 'base.item_cnt', 'integer') }} as prod_item_cnt,
        {{ tag_value(notes, 'base.loan_mtg_bal > 0', 'boolean') }} as prod_has_mtg_loan,
        {{ tag_value(notes, 'base.loan_cons_bal > 0', 'boolean') }} as prod_has_cons_loan,
        {{ tag_value(notes, 'base.loan_biz_bal > 0', 'boolean') }} as prod_has_biz_loan,
        {{ tag_value(agr+credit, 'gaps.pay_cc', 'boolean') }} as prod_gap_pay_cc,
        {{ tag_value(agr+credit, 'gaps.etc_cc', 'boolean') }} as prod_gap_etc_cc,
        {{ tag_value(notes+policy, 'gaps.mtg_protect', 'boolean') }} as prod_gap_mtg_protect,
        {{ tag_value(hold, 'gaps.wm_fund', 'boolean') }} as prod_gap_wm_fund,
        {{ tag_value(hold+ready, 'gaps.ready_wm', 'boolean') }} as prod_gap_ready_wm,
        {{ tag_value(accounts+agr, 'gaps.acct_mbank', 'boolean') }} as prod_gap_acct_mbank,
        {{ tag_value(business+notes, 'gaps.biz_loan', 'boolean') }} as prod_gap_biz_loan,
        {{ tag_value(agr, 'gaps.pay_pension', 'boolean') }} as prod_gap_pay_pension
    from spine
    inner join base on spine.customer_id = base.customer_id
    inner join line_sums on spine.customer_id = line_sums.customer_id
    inner join gaps on spine.customer_id = gaps.customer_id
)

select * from final
