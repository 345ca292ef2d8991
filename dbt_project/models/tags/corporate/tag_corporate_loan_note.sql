-- a row is one corporate customer of the spine; loans on the books: how secured, how long, at what rate, first and inclusive ones
{% set notes = ['crd_note'] %}
{% set contracts = ['crd_note', 'crd_contract'] %}
{% set inclusive = ['crd_note', 'crd_limit', 'crd_contract', 'ecif_corp'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

loan_notes as (
    select loan_notes.*, loan_notes.due_date - night.biz_date as due_days
    from {{ ref('dwd_loan_note') }} as loan_notes
    inner join night on loan_notes.bal_date = night.biz_date
    where loan_notes.entity = 'corporate'
),

contracts as (
    select
        contracts.*,
        contracts.from_date <= night.biz_date and (contracts.to_date is null or contracts.to_date > night.biz_date) as is_in_force
    from {{ ref('dwd_loan_contract') }} as contracts
    cross join night
    where contracts.entity = 'corporate'
),

contract_notes as (
    select loan_notes.*, contracts.guar_mode, contracts.rate_type, contracts.next_reprice_date
    from loan_notes
    left join contracts on loan_notes.contract_no = contracts.contract_no
),

note_sums as (
    select
        contract_notes.customer_id,
        sum(contract_notes.principal_amt) as bal,
        count(case when contract_notes.principal_amt > 0 then 1 end) as note_cnt,
        max(contract_notes.principal_amt) as max_amt,
        count(distinct case when contract_notes.principal_amt > 0 then contract_notes.kind_code end) as kind_cnt,
        sum(contract_notes.overdue_amt) as overdue_amt,
        sum(contract_notes.overdue_int_amt) as overdue_int_amt,
        count(case when contract_notes.dpd > 0 then 1 end) as overdue_note_cnt,
        count(case when contract_notes.ext_cnt > 0 then 1 end) as ext_note_cnt,
        sum(case when contract_notes.ext_cnt > 0 then contract_notes.principal_amt else 0 end) as ext_bal,
        sum(contract_notes.principal_amt * contract_notes.rate) as rate_amt,
        max(contract_notes.rate) as max_rate,
        min(contract_notes.rate) as min_rate,
        {% for kind in ['wcap', 'fixed', 'trade'] %}
        sum(case when contract_notes.kind_code = '{{ kind }}' then contract_notes.principal_amt else 0 end) as {{ kind }}_bal,
        sum(
            case when contract_notes.kind_code = '{{ kind }}' then contract_notes.principal_amt * contract_notes.rate else 0 end
        ) as {{ kind }}_rate_amt,
        {% endfor %}
        {% for mode in ['credit', 'guarantee', 'mortgage', 'pledge'] %}
        sum(case when contract_notes.guar_mode = '{{ mode }}' then contract_notes.principal_amt else 0 end) as {{ mode }}_bal,
        {% endfor %}
        sum(case when contract_notes.rate_type = 'lpr' then contract_notes.principal_amt else 0 end) as lpr_bal,
        min(case when contract_notes.next_reprice_date > night.biz_date then contract_notes.next_reprice_date end) as reprice_date,
        min(
            case when contract_notes.next_reprice_date > night.biz_date
                then contract_notes.next_reprice_date - night.biz_date end
        ) as reprice_days,
        sum(case when contract_notes.is_inclusive then contract_notes.principal_amt else 0 end) as inclusive_bal,
        sum(contract_notes.principal_amt * greatest(contract_notes.due_days, 0)) as remain_amt,
        sum(case when contract_notes.due_days <= 0 then contract_notes.principal_amt else 0 end) as past_bal,
        sum(case when contract_notes.due_days between 1 and 90 then contract_notes.principal_amt else 0 end) as short_bal,
        sum(case when contract_notes.due_days between 91 and 365 then contract_notes.principal_amt else 0 end) as mid_bal,
        sum(case when contract_notes.due_days between 366 and 1095 then contract_notes.principal_amt else 0 end) as long_bal,
        sum(case when contract_notes.due_days > 1095 then contract_notes.principal_amt else 0 end) as very_long_bal
    from contract_notes
    cross join night
    group by contract_notes.customer_id
),

-- The guarantee mode with the most principal; of equal ones the first in the alphabet.
main_modes as (
    select customer_id, first(guar_mode order by bal desc, guar_mode) as guar_mode
    from (
        select customer_id, guar_mode, sum(principal_amt) as bal
        from contract_notes
        where guar_mode is not null and principal_amt > 0
        group by customer_id, guar_mode
    )
    group by customer_id
),

note_history as (
    select
        note_days.customer_id,
        count(distinct note_days.note_no) as note_cnt,
        min(note_days.start_date) as first_date,
        max(note_days.start_date) as last_date,
        bool_or(note_days.is_first) as is_first
    from {{ ref('dwd_loan_note') }} as note_days
    cross join night
    where note_days.entity = 'corporate' and note_days.bal_date <= night.biz_date
    group by note_days.customer_id
),

contract_sums as (
    select
        customer_id,
        count(*) as cnt_ltd,
        count(case when is_in_force then 1 end) as cnt,
        sum(case when is_in_force then contract_amt else 0 end) as amt
    from contracts
    group by customer_id
),

limit_sums as (
    select limits.customer_id, sum(limits.amt) as amt
    from {{ ref('dwd_credit_limit') }} as limits
    inner join night on limits.from_date <= night.biz_date and limits.to_date >= night.biz_date
    where
        limits.entity = 'corporate'
        and limits.status_code <> 'expired'
        and not limits.is_low_risk
        and (limits.kind_code = 'single' or (limits.kind_code = 'product' and limits.parent_limit_no is null))
    group by limits.customer_id
),

-- Small, micro or a sole trader, and a credit that is not above the line: the limits in force, without them the contracts.
borrowers as (
    select
        note_sums.customer_id,
        companies.corp_type_code = 'sole' or companies.size_code in ('small', 'micro') as is_small,
        coalesce(limit_sums.amt, contract_sums.amt, 0) as credit_amt,
        {{ parameter('incl_limit_nfra') }} as nfra_amt,
        {{ parameter('incl_limit_pboc') }} as pboc_amt
    from note_sums
    left join {{ ref('dwd_company') }} as companies on note_sums.customer_id = companies.customer_id
    left join limit_sums on note_sums.customer_id = limit_sums.customer_id
    left join contract_sums on note_sums.customer_id = contract_sums.customer_id
    where note_sums.bal > 0
),

final as (
    select
        spine.customer_id,
        {{ tag_value(notes, 'note_sums.note_cnt', 'integer', '0') }} as loan_note_cnt,
        {{ tag_value(notes, 'note_sums.max_amt', 'decimal(18,2)', '0') }} as loan_max_note_amt,
        {{ tag_value(notes, 'note_sums.kind_cnt', 'integer', '0') }} as loan_kind_cnt,
        {{ tag_value(notes, 'note_sums.overdue_amt', 'decimal(18,2)', '0') }} as loan_overdue_amt,
        {{ tag_value(notes, 'note_sums.overdue_int_amt', 'decimal(18,2)', '0') }} as loan_overdue_int_amt,
        {{ tag_value(notes, 'note_sums.overdue_note_cnt', 'integer', '0') }} as loan_overdue_note_cnt,
        {{ tag_value(notes, divided('note_sums.overdue_amt', 'note_sums.bal'), 'decimal(18,4)') }} as loan_overdue_ratio,
        {{ tag_value(notes, 'note_sums.ext_note_cnt', 'integer', '0') }} as loan_ext_note_cnt,
        {{ tag_value(notes, 'note_sums.ext_bal', 'decimal(18,2)', '0') }} as loan_ext_bal,
        {{ tag_value(notes, divided('note_sums.rate_amt', 'note_sums.bal'), 'decimal(18,4)') }} as loan_rate,
        {{ tag_value(notes, 'note_sums.max_rate', 'decimal(18,4)') }} as loan_rate_max,
        {{ tag_value(notes, 'note_sums.min_rate', 'decimal(18,4)') }} as loan_rate_min,
        {{ tag_value(notes, divided('note_sums.wcap_rate_amt', 'note_sums.wcap_bal'), 'decimal(18,4)') }} as loan_wcap_rate,
        {{ tag_value(notes, divided('note_sums.fixed_rate_amt', 'note_sums.fixed_bal'), 'decimal(18,4)') }}
            as loan_fixed_rate,
        {{ tag_value(notes, divided('note_sums.trade_rate_amt', 'note_sums.trade_bal'), 'decimal(18,4)') }}
            as loan_trade_rate,
        {{ tag_value(notes, 'note_sums.inclusive_bal', 'decimal(18,2)', '0') }} as loan_incl_bal,
        {{ tag_value(notes, divided('note_sums.inclusive_bal', 'note_sums.bal'), 'decimal(18,4)') }} as loan_incl_ratio,
        {{ tag_value(notes, divided('note_sums.remain_amt', 'note_sums.bal'), 'decimal(18,4)') }} as loan_remain_days,
        {{ tag_value(notes, 'note_sums.past_bal', 'decimal(18,2)', '0') }} as loan_remain_past_bal,
        {{ tag_value(notes, 'note_sums.short_bal', 'decimal(18,2)', '0') }} as loan_remain_short_bal,
        {{ tag_value(notes, 'note_sums.mid_bal', 'decimal(18,2)', '0') }} as loan_remain_mid_bal,
        {{ tag_value(notes, 'note_sums.long_bal', 'decimal(18,2)', '0') }} as loan_remain_long_bal,
        {{ tag_value(notes, 'note_sums.very_long_bal', 'decimal(18,2)', '0') }} as loan_remain_vlong_bal,
        {{ tag_value(contracts, 'note_sums.credit_bal', 'decimal(18,2)', '0') }} as loan_credit_bal,
        {{ tag_value(contracts, 'note_sums.guarantee_bal', 'decimal(18,2)', '0') }} as loan_guar_bal,
        {{ tag_value(contracts, 'note_sums.mortgage_bal', 'decimal(18,2)', '0') }} as loan_mortgage_bal,
        {{ tag_value(contracts, 'note_sums.pledge_bal', 'decimal(18,2)', '0') }} as loan_pledge_bal,
        {{ tag_value(contracts, 'main_modes.guar_mode', 'varchar') }} as loan_main_mode_code,
        {{ tag_value(contracts, 'note_sums.lpr_bal', 'decimal(18,2)', '0') }} as loan_lpr_bal,
        {{ tag_value(contracts, 'note_sums.reprice_date', 'date') }} as loan_reprice_date,
        {{ tag_value(contracts, 'note_sums.reprice_days', 'integer') }} as loan_reprice_days,
        {{ tag_value(contracts, 'contract_sums.cnt', 'integer', '0') }} as loan_contract_cnt,
        {{ tag_value(contracts, 'contract_sums.amt', 'decimal(18,2)', '0') }} as loan_contract_amt,
        {{ tag_value(contracts, 'contract_sums.cnt_ltd', 'integer', '0') }} as loan_contract_cnt_ltd,
        {{ tag_value(notes, 'note_history.note_cnt', 'integer', '0') }} as loan_note_cnt_ltd,
        {{ tag_value(notes, 'note_history.first_date', 'date') }} as loan_first_date,
        {{ tag_value(notes, 'note_history.last_date', 'date') }} as loan_last_date,
        {{ tag_value(notes, 'note_history.is_first', 'boolean') }} as loan_is_first,
        {{ tag_value(inclusive, 'borrowers.is_small and borrowers.credit_amt <= borrowers.nfra_amt', 'boolean') }}
            as loan_is_incl_nfra,
        {{ tag_value(inclusive, 'borrowers.is_small and borrowers.credit_amt <= borrowers.pboc_amt', 'boolean') }}
            as loan_is_incl_pboc
    from spine
    left join note_sums on spine.customer_id = note_sums.customer_id
    left join main_modes on spine.customer_id = main_modes.customer_id
    left join note_history on spine.customer_id = note_history.customer_id
    left join contract_sums on spine.customer_id = contract_sums.customer_id
    left join borrowers on spine.customer_id = borrowers.customer_id
)

select * from final
