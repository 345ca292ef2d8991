-- a row is one retail customer of the spine; loans by kind: contracts, rates, terms, security, and balances at base points
{% set notes = ['crd_note'] %}
{% set contracts = ['crd_contract'] %}
{% set cards = ['cc_acct'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

rates as (
    select {{ parameter('mtg_new_rate') }} as mtg_new_rate
),

loan_notes as (
    select loan_notes.*, loan_notes.due_date - night.biz_date as left_days
    from {{ ref('dwd_loan_note') }} as loan_notes
    inner join night on loan_notes.bal_date = night.biz_date
    where loan_notes.entity = 'retail' and loan_notes.principal_amt > 0
),

loan_contracts as (
    select
        loan_contracts.*,
        loan_contracts.to_date is null or loan_contracts.to_date > night.biz_date as is_in_force,
        loan_contracts.next_reprice_date - night.biz_date as reprice_days
    from {{ ref('dwd_loan_contract') }} as loan_contracts
    inner join night on loan_contracts.from_date <= night.biz_date
    where loan_contracts.entity = 'retail'
),

note_sums as (
    select
        customer_id,
        sum(principal_amt) as bal,
        max(due_date) as last_due,
        {% for kind in ['mtg', 'cons', 'biz'] %}
        count(case when kind_code = '{{ kind }}' then 1 end) as {{ kind }}_cnt,
        sum(case when kind_code = '{{ kind }}' then principal_amt else 0 end) as {{ kind }}_bal,
        sum(case when kind_code = '{{ kind }}' then principal_amt * rate else 0 end) as {{ kind }}_rate_amt,
        max(case when kind_code = '{{ kind }}' then left_days end) as {{ kind }}_left_days{{ ',' if not loop.last }}
        {% endfor %}
    from loan_notes
    group by customer_id
),

contract_sums as (
    select
        customer_id,
        sum(case when is_in_force then contract_amt else 0 end) as amt,
        {% for kind in ['mtg', 'cons', 'biz'] %}
        sum(case when kind_code = '{{ kind }}' and is_in_force then contract_amt else 0 end) as {{ kind }}_amt,
        min(case when kind_code = '{{ kind }}' then from_date end) as {{ kind }}_first,
        {% endfor %}
        {% for mode in ['mortgage', 'guarantee', 'credit'] %}
        sum(case when guar_mode = '{{ mode }}' and is_in_force then contract_amt else 0 end) as {{ mode }}_amt,
        {% endfor %}
        sum(case when rate_type = 'lpr' and is_in_force then contract_amt else 0 end) as lpr_amt,
        min(case when kind_code = 'mtg' and is_in_force and reprice_days > 0 then reprice_days end) as mtg_reprice_days
    from loan_contracts
    group by customer_id
),

contract_principals as (
    select customer_id, contract_no, kind_code, sum(principal_amt) as principal_amt
    from loan_notes
    group by customer_id, contract_no, kind_code
),

-- Of the kinds of loans, what their contracts (each once) came to, and what of it is owed.
granted_sums as (
    select
        contract_principals.customer_id{% for kind in ['mtg', 'cons', 'biz'] %},
        sum(case when contract_principals.kind_code = '{{ kind }}' then contract_principals.principal_amt end) as {{ kind }}_owed,
        sum(case when contract_principals.kind_code = '{{ kind }}' then loan_contracts.contract_amt end) as {{ kind }}_granted{% endfor %}

    from contract_principals
    inner join loan_contracts on contract_principals.contract_no = loan_contracts.contract_no
    group by contract_principals.customer_id
),

base_days as (
    select
        month_start - 1 as bom_date,
        cast(date_trunc('quarter', biz_date) as date) - 1 as boq_date,
        cast(date_trunc('year', biz_date) as date) - 1 as boy_date
    from night
),

base_sums as (
    select
        debt_history.customer_id{% for base in ['bom', 'boq', 'boy'] %}{% for name, kinds in {
            'mtg': "('mtg')", 'cons': "('cons')", 'biz': "('biz')", 'loan': "('mtg', 'cons', 'biz')", 'cc': "('cc')"
        }.items() %},
        sum(case
            when
                debt_history.prod in {{ kinds }}
                and debt_history.valid_from <= base_days.{{ base }}_date and debt_history.valid_to > base_days.{{ base }}_date
                then debt_history.bal
            else 0
        end) as {{ name }}_{{ base }}{% endfor %}{% endfor %}

    from {{ ref('dws_retail_liability_history') }} as debt_history
    cross join base_days
    group by debt_history.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(notes, 'note_sums.mtg_cnt', 'integer', '0') }} as loan_mtg_note_cnt,
        {{ tag_value(contracts, 'contract_sums.mtg_amt', 'decimal(18,2)', '0') }} as loan_mtg_contract_amt,
        {{ tag_value(notes, 'note_sums.mtg_left_days', 'integer') }} as loan_mtg_left_days,
        {{ tag_value(contracts, 'contract_sums.mtg_first', 'date') }} as loan_mtg_first_date,
        {{ tag_value(
            notes+contracts,
            divided('granted_sums.mtg_granted - granted_sums.mtg_owed', 'granted_sums.mtg_granted'),
            'decimal(18,4)'
        ) }} as loan_mtg_paid_ratio,
        {{ tag_value(notes, 'note_sums.cons_cnt', 'integer', '0') }} as loan_cons_note_cnt,
        {{ tag_value(contracts, 'contract_sums.cons_amt', 'decimal(18,2)', '0') }} as loan_cons_contract_amt,
        {{ tag_value(notes, 'note_sums.cons_left_days', 'integer') }} as loan_cons_left_days,
        {{ tag_value(contracts, 'contract_sums.cons_first', 'date') }} as loan_cons_first_date,
        {{ tag_value(
            notes+contracts,
            divided('granted_sums.cons_granted - granted_sums.cons_owed', 'granted_sums.cons_granted'),
            'decimal(18,4)'
        ) }} as loan_cons_paid_ratio,
        {{ tag_value(notes, 'note_sums.biz_cnt', 'integer', '0') }} as loan_biz_note_cnt,
        {{ tag_value(contracts, 'contract_sums.biz_amt', 'decimal(18,2)', '0') }} as loan_biz_contract_amt,
        {{ tag_value(notes, 'note_sums.biz_left_days', 'integer') }} as loan_biz_left_days,
        {{ tag_value(contracts, 'contract_sums.biz_first', 'date') }} as loan_biz_first_date,
        {{ tag_value(
            notes+contracts,
            divided('granted_sums.biz_granted - granted_sums.biz_owed', 'granted_sums.biz_granted'),
            'decimal(18,4)'
        ) }} as loan_biz_paid_ratio,
        {{ tag_value(notes, divided('note_sums.cons_rate_amt', 'note_sums.cons_bal'), 'decimal(18,4)') }} as loan_cons_rate,
        {{ tag_value(notes, divided('note_sums.biz_rate_amt', 'note_sums.biz_bal'), 'decimal(18,4)') }} as loan_biz_rate,
        {{ tag_value(
            notes,
            divided('(note_sums.mtg_rate_amt - note_sums.mtg_bal * rates.mtg_new_rate) * 100', 'note_sums.mtg_bal'),
            'decimal(18,4)'
        ) }} as loan_mtg_spread_bp,
        {{ tag_value(contracts, 'contract_sums.mtg_reprice_days', 'integer') }} as loan_mtg_reprice_days,
        {{ tag_value(contracts, 'contract_sums.lpr_amt', 'decimal(18,2)', '0') }} as loan_lpr_contract_amt,
        {{ tag_value(contracts, divided('contract_sums.lpr_amt', 'contract_sums.amt'), 'decimal(18,4)') }} as loan_lpr_ratio,
        {{ tag_value(contracts, 'contract_sums.mortgage_amt', 'decimal(18,2)', '0') }} as loan_guar_mortgage_amt,
        {{ tag_value(contracts, 'contract_sums.guarantee_amt', 'decimal(18,2)', '0') }} as loan_guar_guarantee_amt,
        {{ tag_value(contracts, 'contract_sums.credit_amt', 'decimal(18,2)', '0') }} as loan_guar_credit_amt,
        {{ tag_value(notes, divided('note_sums.mtg_bal', 'note_sums.bal'), 'decimal(18,4)') }} as loan_mtg_amt_ratio,
        {{ tag_value(notes, divided('note_sums.cons_bal', 'note_sums.bal'), 'decimal(18,4)') }} as loan_cons_amt_ratio,
        {{ tag_value(notes, divided('note_sums.biz_bal', 'note_sums.bal'), 'decimal(18,4)') }} as loan_biz_amt_ratio,
        {{ tag_value(notes, 'note_sums.last_due', 'date') }} as loan_last_due_date,
        {{ tag_value(notes, 'base_sums.mtg_bom', 'decimal(18,2)', '0') }} as loan_mtg_bal_bom,
        {{ tag_value(notes, 'base_sums.mtg_boy', 'decimal(18,2)', '0') }} as loan_mtg_bal_boy,
        {{ tag_value(notes, 'base_sums.cons_bom', 'decimal(18,2)', '0') }} as loan_cons_bal_bom,
        {{ tag_value(notes, 'base_sums.cons_boy', 'decimal(18,2)', '0') }} as loan_cons_bal_boy,
        {{ tag_value(notes, 'base_sums.biz_bom', 'decimal(18,2)', '0') }} as loan_biz_bal_bom,
        {{ tag_value(notes, 'base_sums.biz_boy', 'decimal(18,2)', '0') }} as loan_biz_bal_boy,
        {{ tag_value(notes, 'base_sums.loan_bom', 'decimal(18,2)', '0') }} as loan_bal_bom,
        {{ tag_value(cards, 'base_sums.cc_bom', 'decimal(18,2)', '0') }} as cc_bal_bom,
        {{ tag_value(notes, 'base_sums.loan_boq', 'decimal(18,2)', '0') }} as loan_bal_boq,
        {{ tag_value(cards, 'base_sums.cc_boq', 'decimal(18,2)', '0') }} as cc_bal_boq,
        {{ tag_value(notes, 'base_sums.loan_boy', 'decimal(18,2)', '0') }} as loan_bal_boy,
        {{ tag_value(cards, 'base_sums.cc_boy', 'decimal(18,2)', '0') }} as cc_bal_boy
    from spine
    cross join rates
    left join note_sums on spine.customer_id = note_sums.customer_id
    left join contract_sums on spine.customer_id = contract_sums.customer_id
    left join granted_sums on spine.customer_id = granted_sums.customer_id
    left join base_sums on spine.customer_id = base_sums.customer_id
)

select * from final
