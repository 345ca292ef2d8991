-- a row is one retail customer of the spine; loans and credit cards: what is owed, what falls due, how cards are paid
{% set notes = ['crd_note'] %}
{% set contracts = ['crd_contract'] %}
{% set cards = ['cc_acct'] %}
{% set statements = ['cc_acct', 'cc_stmt'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

loan_notes as (
    select loan_notes.*, loan_notes.due_date - night.biz_date as due_days
    from {{ ref('dwd_loan_note') }} as loan_notes
    inner join night on loan_notes.bal_date = night.biz_date
    where loan_notes.entity = 'retail'
),

loan_contracts as (
    select
        loan_contracts.*,
        loan_contracts.to_date is null or loan_contracts.to_date > night.biz_date as is_in_force
    from {{ ref('dwd_loan_contract') }} as loan_contracts
    cross join night
    where loan_contracts.entity = 'retail' and loan_contracts.from_date <= night.biz_date
),

credit_cards as (
    select credit_cards.*, night.biz_date
    from {{ ref('dwd_credit_card') }} as credit_cards
    inner join night on credit_cards.bal_date = night.biz_date
),

statements_by_night as (
    {{ card_statements_by_night() }}
),

card_statements as (
    select
        card_statements.*,
        card_statements.stmt_month = night.month_start - 1 as is_lm,
        -- A statement is revolved where at least the minimum and less than the whole was paid by its due date.
        card_statements.paid_amt >= card_statements.min_pay_amt
        and card_statements.paid_amt < card_statements.stmt_amt as is_revolved
    from statements_by_night as card_statements
    inner join night on card_statements.stmt_month >= cast(night.month_start - interval 6 month as date)
),

note_sums as (
    select
        customer_id,
        sum(principal_amt) as bal,
        {% for kind in ['mtg', 'cons', 'biz'] %}
        sum(case when kind_code = '{{ kind }}' then principal_amt else 0 end) as {{ kind }}_bal,
        {% endfor %}
        sum(overdue_amt) as overdue_amt,
        sum(case when kind_code = 'mtg' then overdue_amt else 0 end) as mtg_overdue_amt,
        count(case when principal_amt > 0 then 1 end) as note_cnt,
        count(case when dpd > 0 then 1 end) as overdue_note_cnt,
        {% for days in [30, 60, 90] %}
        sum(case when due_days between 1 and {{ days }} then principal_amt else 0 end) as due_{{ days }}d,
        sum(case when kind_code = 'biz' and due_days between 1 and {{ days }} then principal_amt else 0 end) as biz_due_{{ days }}d,
        {% endfor %}
        min(case when due_days > 0 and principal_amt > 0 then due_days end) as next_due_days,
        sum(principal_amt * rate) as rate_amt,
        sum(case when kind_code = 'mtg' then principal_amt * rate else 0 end) as mtg_rate_amt,
        max(rate) as max_rate
    from loan_notes
    group by customer_id
),

contract_sums as (
    select
        customer_id,
        count(*) as ever_cnt,
        count(case when is_in_force then 1 end) as cnt,
        sum(case when is_in_force then contract_amt else 0 end) as amt,
        max(contract_amt) as max_amt,
        min(from_date) as first_date,
        max(from_date) as last_date
    from loan_contracts
    group by customer_id
),

card_sums as (
    select
        customer_id,
        sum(bal) as bal,
        sum(credit_bal) as credit_bal,
        sum(instal_bal) as instal_bal,
        sum(case when status_code <> 'closed' then limit_amt else 0 end) as limit_amt,
        count(case when status_code <> 'closed' then 1 end) as acct_cnt,
        count(case when status_code = 'active' then 1 end) as active_cnt,
        min(open_date) as first_date,
        max(biz_date) - min(open_date) as tenure_days
    from credit_cards
    group by customer_id
),

statement_sums as (
    select
        customer_id,
        sum(case when is_lm then stmt_amt end) as amt_lm,
        max(stmt_amt) as amt_max,
        count(case when is_revolved then 1 end) as revolve_cnt,
        count(case when is_revolved and paid_amt = min_pay_amt then 1 end) as minpay_cnt,
        count(case when paid_amt < min_pay_amt then 1 end) as late_cnt,
        count(case when stmt_amt > 0 and paid_amt >= stmt_amt then 1 end) as full_cnt,
        count(distinct case when stmt_amt > 0 then stmt_month end) as month_cnt
    from card_statements
    group by customer_id
),

-- Who has a card, and no statement in the window, has 0 of them; for who has none, or closed it, the question does not arise.
card_holders as (
    select customer_id from card_sums where acct_cnt > 0
),

final as (
    select
        spine.customer_id,
        {{ tag_value(notes, 'note_sums.bal', 'decimal(18,2)', '0') }} as loan_bal,
        {% for kind in ['mtg', 'cons', 'biz'] %}
        {{ tag_value(notes, 'note_sums.' ~ kind ~ '_bal', 'decimal(18,2)', '0') }} as loan_{{ kind }}_bal,
        {% endfor %}
        {{ tag_value(notes, 'note_sums.overdue_amt', 'decimal(18,2)', '0') }} as loan_overdue_amt,
        {{ tag_value(notes, 'note_sums.mtg_overdue_amt', 'decimal(18,2)', '0') }} as loan_mtg_overdue_amt,
        {{ tag_value(notes, 'note_sums.note_cnt', 'integer', '0') }} as loan_note_cnt,
        {{ tag_value(notes, 'note_sums.overdue_note_cnt', 'integer', '0') }} as loan_overdue_note_cnt,
        {{ tag_value(notes, 'note_sums.due_30d', 'decimal(18,2)', '0') }} as loan_final_due_amt_next30d,
        {{ tag_value(notes, 'note_sums.due_90d', 'decimal(18,2)', '0') }} as loan_final_due_amt_next90d,
        {{ tag_value(notes, 'note_sums.biz_due_30d', 'decimal(18,2)', '0') }} as loan_biz_due_amt_next30d,
        {{ tag_value(notes, 'note_sums.biz_due_60d', 'decimal(18,2)', '0') }} as loan_biz_due_amt_next60d,
        {{ tag_value(notes, 'note_sums.next_due_days', 'integer') }} as loan_next_due_days,
        {{ tag_value(notes, divided('note_sums.rate_amt', 'note_sums.bal'), 'decimal(18,4)') }} as loan_rate,
        {{ tag_value(notes, divided('note_sums.mtg_rate_amt', 'note_sums.mtg_bal'), 'decimal(18,4)') }} as loan_mtg_rate,
        {{ tag_value(notes, 'note_sums.max_rate', 'decimal(18,4)') }} as loan_rate_max,
        {{ tag_value(contracts, 'contract_sums.cnt', 'integer', '0') }} as loan_contract_cnt,
        {{ tag_value(contracts, 'contract_sums.ever_cnt', 'integer', '0') }} as loan_contract_cnt_ltd,
        {{ tag_value(contracts, 'contract_sums.amt', 'decimal(18,2)', '0') }} as loan_contract_amt,
        {{ tag_value(contracts, 'contract_sums.max_amt', 'decimal(18,2)', '0') }} as loan_contract_max_amt_ltd,
        {{ tag_value(contracts, 'contract_sums.first_date', 'date') }} as loan_first_date,
        {{ tag_value(contracts, 'contract_sums.last_date', 'date') }} as loan_last_date,
        -- A contract that nobody has drawn on yet is used to 0.
        {{ tag_value(notes + contracts, divided('coalesce(note_sums.bal, 0)', 'contract_sums.amt'), 'decimal(18,4)') }}
            as loan_drawn_ratio,
        {{ tag_value(cards, 'card_sums.bal', 'decimal(18,2)', '0') }} as cc_bal,
        {{ tag_value(cards, 'card_sums.limit_amt', 'decimal(18,2)', '0') }} as cc_limit_amt,
        {{ tag_value(cards, 'greatest(0, card_sums.limit_amt - card_sums.bal)', 'decimal(18,2)', '0') }} as cc_avail_amt,
        {{ tag_value(cards, divided('card_sums.bal', 'card_sums.limit_amt'), 'decimal(18,4)') }} as cc_util_ratio,
        {{ tag_value(cards, 'card_sums.credit_bal', 'decimal(18,2)', '0') }} as cc_credit_bal,
        {{ tag_value(cards, 'card_sums.instal_bal', 'decimal(18,2)', '0') }} as cc_instal_bal,
        {{ tag_value(cards, 'card_sums.acct_cnt', 'integer', '0') }} as cc_acct_cnt,
        {{ tag_value(cards, 'card_sums.active_cnt', 'integer', '0') }} as cc_active_cnt,
        {{ tag_value(cards, 'card_sums.first_date', 'date') }} as cc_first_date,
        {{ tag_value(cards, 'card_sums.tenure_days', 'integer') }} as cc_tenure_days,
        {{ tag_value(
            statements, 'case when card_holders.customer_id is not null then coalesce(statement_sums.amt_lm, 0) end', 'decimal(18,2)'
        ) }} as cc_stmt_amt_lm,
        {{ tag_value(
            statements, 'case when card_holders.customer_id is not null then coalesce(statement_sums.amt_max, 0) end', 'decimal(18,2)'
        ) }} as cc_stmt_max_amt_l6m,
        {% for measure in ['minpay', 'revolve', 'late', 'full'] %}
        {{ tag_value(
            statements,
            'case when card_holders.customer_id is not null then coalesce(statement_sums.' ~ measure ~ '_cnt, 0) end',
            'integer'
        ) }} as cc_{{ measure }}_cnt_l6m,
        {% endfor %}
        {{ tag_value(
            statements, 'case when card_holders.customer_id is not null then coalesce(statement_sums.month_cnt, 0) end', 'integer'
        ) }} as cc_stmt_month_cnt_l6m
    from spine
    left join note_sums on spine.customer_id = note_sums.customer_id
    left join contract_sums on spine.customer_id = contract_sums.customer_id
    left join card_sums on spine.customer_id = card_sums.customer_id
    left join statement_sums on spine.customer_id = statement_sums.customer_id
    left join card_holders on spine.customer_id = card_holders.customer_id
)

select * from final
