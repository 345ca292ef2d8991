-- a row is one retail customer of the spine; classes and their moves, what secures the debts, guarantees given for others
{% set notes = ['crd_note'] %}
{% set cards = ['cc_acct'] %}
{% set both = ['crd_note', 'cc_acct'] %}
{% set classes = ['crd_note', 'crd_class', 'cc_acct'] %}
{% set classes3 = ['crd_note', 'crd_class'] %}
{% set secured = ['crd_note', 'crd_contract', 'cc_acct'] %}
{% set collateral = ['crd_note', 'crd_contract', 'crd_security'] %}
{% set guarantees = ['crd_contract', 'crd_security'] %}
{% set guaranteed = ['crd_contract', 'crd_security', 'crd_note'] %}
{% set contracts = ['crd_contract'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

loan_contracts as (
    select loan_contracts.*, night.biz_date
    from {{ ref('dwd_loan_contract') }} as loan_contracts
    inner join night on loan_contracts.from_date <= night.biz_date
),

-- A row is one note of a retail customer that was ever seen, with its last state; settled notes keep their classes.
notes_ever as (
    select loan_notes.customer_id, loan_notes.note_no, max(loan_notes.write_off_date) as write_off_date
    from {{ ref('dwd_loan_note') }} as loan_notes
    inner join night on loan_notes.bal_date <= night.biz_date
    where loan_notes.entity = 'retail'
    group by loan_notes.customer_id, loan_notes.note_no
),

written_off as (
    select distinct notes_ever.customer_id
    from notes_ever
    inner join night on notes_ever.write_off_date <= night.biz_date
),

note_classes as (
    select loan_classes.*, night.month_start
    from {{ ref('dwd_loan_class') }} as loan_classes
    inner join night on loan_classes.class_date <= night.biz_date
),

last_classes as (
    select note_no, class_code, is_restructured
    from note_classes
    qualify row_number() over (partition by note_no order by class_date desc) = 1
),

history_sums as (
    select
        notes_ever.customer_id,
        {% set in_l12m %}note_classes.class_date >= note_classes.month_start - interval 12 month
            and note_classes.class_date < note_classes.month_start{% endset %}
        max(case when {{ in_l12m }} then note_classes.class_code end) as worst_l12m,
        count(case when {{ in_l12m }} and note_classes.class_code > note_classes.prev_class then 1 end) as down_cnt,
        count(case when {{ in_l12m }} and note_classes.class_code < note_classes.prev_class then 1 end) as up_cnt,
        max(case when note_classes.class_code <> note_classes.prev_class then note_classes.class_date end) as chg_date
    from notes_ever
    inner join note_classes on notes_ever.note_no = note_classes.note_no
    group by notes_ever.customer_id
),

notes_now as (
    select loan_notes.*
    from {{ ref('dwd_loan_note') }} as loan_notes
    inner join night on loan_notes.bal_date = night.biz_date
),

open_notes as (
    select
        notes_now.customer_id,
        notes_now.contract_no,
        notes_now.kind_code,
        notes_now.principal_amt,
        notes_now.ext_cnt,
        last_classes.class_code,
        last_classes.is_restructured,
        loan_contracts.guar_mode
    from notes_now
    left join last_classes on notes_now.note_no = last_classes.note_no
    left join loan_contracts on notes_now.contract_no = loan_contracts.contract_no
    where notes_now.entity = 'retail' and notes_now.principal_amt > 0
),

class_sums as (
    select
        customer_id,
        sum(principal_amt) as bal,
        max(class_code) as loan_class,
        sum(case when class_code >= 3 then principal_amt else 0 end) as npl_amt,
        count(case when is_restructured then 1 end) as restructured_cnt,
        count(case when ext_cnt > 0 then 1 end) as extended_cnt,
        sum(case when guar_mode = 'credit' then principal_amt else 0 end) as unsecured_amt,
        count(distinct case when kind_code in ('mtg', 'cons', 'biz') then kind_code end) as kind_cnt
    from open_notes
    group by customer_id
),

card_sums as (
    select
        credit_cards.customer_id,
        sum(case when credit_cards.bal > 0 then credit_cards.bal else 0 end) as bal,
        max(credit_cards.class_code) as cc_class,
        sum(case when credit_cards.class_code >= 3 and credit_cards.bal > 0 then credit_cards.bal else 0 end) as npl_amt,
        max(case when credit_cards.bal > 0 then 1 else 0 end) as has_bal
    from {{ ref('dwd_credit_card') }} as credit_cards
    inner join night on credit_cards.bal_date = night.biz_date
    where credit_cards.status_code <> 'closed'
    group by credit_cards.customer_id
),

securities as (
    select
        securities.*,
        loan_contracts.customer_id as debtor_id,
        loan_contracts.entity as debtor_entity,
        loan_contracts.biz_date
    from {{ ref('dwd_collateral') }} as securities
    inner join loan_contracts on securities.contract_no = loan_contracts.contract_no
    where
        securities.status_code = 'live' and securities.from_date <= loan_contracts.biz_date
        and (securities.to_date is null or securities.to_date >= loan_contracts.biz_date)
),

-- Collateral and debt meet per contract: several pieces may secure one contract, and several notes draw on it.
contract_covers as (
    select
        contract_no,
        max(biz_date) as biz_date,
        sum(value_amt) as value_amt,
        sum(case when kind_code = 'house' then value_amt else 0 end) as house_amt,
        min(appraise_date) as appraise_date
    from securities
    where kind_code in ('house', 'machinery', 'receivable')
    group by contract_no
),

contract_debts as (
    select customer_id, contract_no, sum(principal_amt) as bal from open_notes group by customer_id, contract_no
),

cover_sums as (
    select
        contract_debts.customer_id,
        max(contract_covers.biz_date) as biz_date,
        sum(contract_covers.value_amt) as value_amt,
        sum(contract_debts.bal) as bal,
        sum(contract_covers.house_amt) as house_amt,
        sum(case when contract_covers.house_amt > 0 then contract_debts.bal else 0 end) as house_bal,
        min(contract_covers.appraise_date) as appraise_date
    from contract_debts
    inner join contract_covers on contract_debts.contract_no = contract_covers.contract_no
    group by contract_debts.customer_id
),

contract_dpds as (
    select contract_no, max(dpd) as dpd from notes_now group by contract_no
),

given_sums as (
    select
        securities.customer_id,
        count(*) as cnt,
        sum(securities.amt) as amt,
        count(distinct securities.debtor_id) as debtor_cnt,
        max(contract_dpds.dpd) as dpd
    from securities
    left join contract_dpds on securities.contract_no = contract_dpds.contract_no
    where securities.entity = 'retail' and securities.customer_id <> securities.debtor_id
    group by securities.customer_id
),

received_sums as (
    select debtor_id as customer_id, count(*) as cnt
    from securities
    where debtor_entity = 'retail' and (customer_id is null or customer_id <> debtor_id)
    group by debtor_id
),

contract_sums as (
    select
        customer_id,
        count(case when from_date > biz_date - 90 then 1 end) as new_90d,
        count(case when from_date > biz_date - 365 then 1 end) as new_365d
    from loan_contracts
    where entity = 'retail'
    group by customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(classes, 'class_sums.loan_class', 'integer', '0') }} as loan_class_worst_code,
        {{ tag_value(cards, 'card_sums.cc_class', 'integer', '0') }} as cc_class_worst_code,
        {{ tag_value(classes3, 'history_sums.worst_l12m', 'integer', '0') }} as risk_class_worst_code_l12m,
        {{ tag_value(classes3, 'history_sums.down_cnt', 'integer', '0') }} as risk_class_down_cnt_l12m,
        {{ tag_value(classes3, 'history_sums.up_cnt', 'integer', '0') }} as risk_class_up_cnt_l12m,
        {{ tag_value(classes3, 'history_sums.chg_date', 'date') }} as risk_class_chg_date,
        {{ tag_value(classes, 'greatest(coalesce(class_sums.loan_class, 0), coalesce(card_sums.cc_class, 0)) = 2', 'boolean') }}
            as risk_is_mention,
        {{ tag_value(classes, 'coalesce(class_sums.npl_amt, 0) + coalesce(card_sums.npl_amt, 0)', 'decimal(18,2)') }}
            as risk_npl_amt,
        {{ tag_value(
            classes,
            divided(
                'coalesce(class_sums.npl_amt, 0) + coalesce(card_sums.npl_amt, 0)',
                'coalesce(class_sums.bal, 0) + coalesce(card_sums.bal, 0)'
            ),
            'decimal(18,4)'
        ) }} as risk_npl_ratio,
        {{ tag_value(both, 'coalesce(class_sums.bal, 0) + coalesce(card_sums.bal, 0)', 'decimal(18,2)') }} as risk_exposure_amt,
        {{ tag_value(classes3, 'class_sums.restructured_cnt > 0', 'boolean', 'false') }} as risk_is_restructured,
        {{ tag_value(notes, 'written_off.customer_id is not null', 'boolean', 'false') }} as risk_is_written_off,
        {{ tag_value(notes, 'class_sums.extended_cnt', 'integer', '0') }} as risk_extended_note_cnt,
        {{ tag_value(secured, 'coalesce(class_sums.unsecured_amt, 0) + coalesce(card_sums.bal, 0)', 'decimal(18,2)') }}
            as risk_unsecured_amt,
        {{ tag_value(
            secured,
            divided(
                'coalesce(class_sums.unsecured_amt, 0) + coalesce(card_sums.bal, 0)',
                'coalesce(class_sums.bal, 0) + coalesce(card_sums.bal, 0)'
            ),
            'decimal(18,4)'
        ) }} as risk_unsecured_ratio,
        {{ tag_value(collateral, 'cover_sums.value_amt', 'decimal(18,2)', '0') }} as risk_collateral_amt,
        {{ tag_value(collateral, divided('cover_sums.value_amt', 'cover_sums.bal'), 'decimal(18,4)') }}
            as risk_collateral_ratio,
        {{ tag_value(collateral, divided('cover_sums.house_bal', 'cover_sums.house_amt'), 'decimal(18,4)') }}
            as risk_ltv_ratio,
        {{ tag_value(collateral, 'cover_sums.biz_date - cover_sums.appraise_date', 'integer') }} as risk_appraise_days,
        {{ tag_value(guarantees, 'given_sums.cnt', 'integer', '0') }} as risk_guar_given_cnt,
        {{ tag_value(guarantees, 'given_sums.amt', 'decimal(18,2)', '0') }} as risk_guar_given_amt,
        {{ tag_value(guarantees, 'given_sums.debtor_cnt', 'integer', '0') }} as risk_guar_debtor_cnt,
        {{ tag_value(guaranteed, 'given_sums.dpd', 'integer', '0') }} as risk_guar_debtor_dpd_max,
        {{ tag_value(guarantees, 'received_sums.cnt', 'integer', '0') }} as risk_guar_received_cnt,
        {{ tag_value(both, 'coalesce(class_sums.kind_cnt, 0) + coalesce(card_sums.has_bal, 0)', 'integer') }}
            as risk_debt_kind_cnt,
        {{ tag_value(contracts, 'contract_sums.new_90d', 'integer', '0') }} as risk_new_contract_cnt_90d,
        {{ tag_value(contracts, 'contract_sums.new_365d', 'integer', '0') }} as risk_new_contract_cnt_365d
    from spine
    left join class_sums on spine.customer_id = class_sums.customer_id
    left join card_sums on spine.customer_id = card_sums.customer_id
    left join history_sums on spine.customer_id = history_sums.customer_id
    left join written_off on spine.customer_id = written_off.customer_id
    left join cover_sums on spine.customer_id = cover_sums.customer_id
    left join given_sums on spine.customer_id = given_sums.customer_id
    left join received_sums on spine.customer_id = received_sums.customer_id
    left join contract_sums on spine.customer_id = contract_sums.customer_id
)

select * from final
