-- a row is one retail customer of the spine; the accounts, cards, agreements and tests that the customer has
{% set accounts = ['core_acct', 'core_acct_person'] %}
{% set agreements = ['core_agreement'] %}
{% set cards = ['card_debit'] %}
{% set tests = ['crm_risk_test'] %}
{% set holdings = ['inv_hold'] %}
{% set ready = accounts + ['card_debit', 'core_agreement', 'crm_risk_test', 'ref_product'] %}
{% set agreement_types = [
    'mbank', 'ebank', 'sms', 'wm', 'fund', 'ins', 'stock_custody', 'etc', 'pension', 'ecny', 'ssc', 'payroll', 'autopay'
] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

deposit_accounts as (
    {{ deposit_accounts_by_night('retail') }}
),

account_persons as (
    select account_persons.acct_no, account_persons.customer_id, account_persons.role_code
    from {{ ref('dwd_account_person') }} as account_persons
    inner join deposit_accounts on account_persons.acct_no = deposit_accounts.acct_no and deposit_accounts.is_open
),

signed_agreements as (
    select
        signed_agreements.customer_id,
        signed_agreements.agr_type,
        signed_agreements.from_date,
        signed_agreements.status_code = 'live'
        and (signed_agreements.to_date is null or signed_agreements.to_date > night.biz_date) as is_live
    from {{ ref('dwd_agreement') }} as signed_agreements
    cross join night
    where signed_agreements.entity = 'retail' and signed_agreements.from_date <= night.biz_date
),

debit_cards as (
    select debit_cards.*
    from {{ ref('dwd_card_debit') }} as debit_cards
    cross join night
    where debit_cards.open_date <= night.biz_date
),

risk_tests as (
    select risk_tests.*, night.biz_date
    from {{ ref('dwd_risk_test') }} as risk_tests
    cross join night
    where risk_tests.test_date <= night.biz_date and not coalesce(risk_tests.is_revoked, false)
),

-- The lowest risk that is on sale of each line: a tolerance below it can buy nothing there.
shelf as (
    select
        min(case when products.line_code = 'wm' then products.risk_level end) as wm_risk_level,
        min(case when products.line_code = 'fund' then products.risk_level end) as fund_risk_level
    from {{ ref('dwd_product') }} as products
    cross join night
    where
        products.shelf_from_date <= night.biz_date
        and (products.shelf_to_date is null or products.shelf_to_date >= night.biz_date)
),

account_sums as (
    select
        customer_id,
        count(case when is_open then 1 end) as open_cnt,
        count(case when is_open and class_code = '1' then 1 end) as class1_cnt,
        count(case when is_open and class_code in ('2', '3') then 1 end) as class23_cnt,
        count(case when is_open and kind_code in ('demand', 'call') then 1 end) as demand_cnt,
        count(case when is_open and kind_code in ('term', 'cd', 'structured') then 1 end) as term_cnt,
        count(case when not is_open then 1 end) as closed_cnt,
        count(case when is_open and status_code = 'frozen' then 1 end) as frozen_cnt,
        count(case when open_date > biz_date - 365 then 1 end) as opened_cnt_365d,
        count(distinct case when is_open then open_org end) as org_cnt,
        min(open_date) as first_date,
        max(open_date) as last_date,
        max(biz_date) - min(open_date) as first_days
    from deposit_accounts
    group by customer_id
),

person_sums as (
    select customer_id, count(case when role_code <> 'owner' then 1 end) as use_cnt
    from account_persons
    group by customer_id
),

shared_accounts as (
    select deposit_accounts.customer_id, count(distinct deposit_accounts.acct_no) as shared_cnt
    from deposit_accounts
    inner join account_persons on deposit_accounts.acct_no = account_persons.acct_no
    where account_persons.role_code <> 'owner' and account_persons.customer_id <> deposit_accounts.customer_id
    group by deposit_accounts.customer_id
),

agreement_sums as (
    select
        customer_id,
        {% for agreement_type in agreement_types + ['pb'] %}
        bool_or(is_live and agr_type = '{{ agreement_type }}') as has_{{ agreement_type }},
        {% endfor %}
        count(distinct case when is_live then agr_type end) as live_cnt,
        min(case when agr_type = 'mbank' and is_live then from_date end) as mbank_date
    from signed_agreements
    group by customer_id
),

card_sums as (
    select
        customer_id,
        count(case when status_code = 'active' then 1 end) as active_cnt,
        count(case when status_code = 'lost' then 1 end) as lost_cnt,
        bool_or(status_code = 'active' and level_code in ('gold', 'platinum')) as has_premium,
        min(open_date) as first_date,
        max(open_date) as last_date
    from debit_cards
    group by customer_id
),

last_tests as (
    select
        customer_id,
        test_date,
        result_level,
        date_diff('day', biz_date, test_date) + {{ parameter('risk_test_valid_days') }} as valid_days
    from risk_tests
    -- Two tests of one day: the more careful answer stands.
    qualify row_number() over (partition by customer_id order by test_date desc, result_level) = 1
),

test_counts as (
    select customer_id, count(*) as cnt
    from risk_tests
    where test_date > biz_date - 365
    group by customer_id
),

asset_lines as (
    select
        asset_history.customer_id,
        bool_or(asset_history.prod = 'wm' and asset_history.bal > 0) as has_wm,
        bool_or(asset_history.prod = 'fund' and asset_history.bal > 0) as has_fund
    from {{ ref('dws_retail_asset_history') }} as asset_history
    inner join night on asset_history.valid_from <= night.biz_date and asset_history.valid_to > night.biz_date
    group by asset_history.customer_id
),

debt_lines as (
    select liability_history.customer_id, bool_or(liability_history.prod <> 'cc' and liability_history.bal > 0) as has_loan
    from {{ ref('dws_retail_liability_history') }} as liability_history
    inner join night on liability_history.valid_from <= night.biz_date and liability_history.valid_to > night.biz_date
    group by liability_history.customer_id
),

credit_cards as (
    select credit_cards.customer_id, bool_or(credit_cards.status_code <> 'closed') as has_cc
    from {{ ref('dwd_credit_card') }} as credit_cards
    inner join night on credit_cards.bal_date = night.biz_date
    group by credit_cards.customer_id
),

facts as (
    select
        spine.customer_id,
        coalesce(account_sums.open_cnt, 0) > 0 as has_dep,
        coalesce(asset_lines.has_wm, false) as has_wm,
        coalesce(asset_lines.has_fund, false) as has_fund,
        coalesce(debt_lines.has_loan, false) as has_loan,
        coalesce(credit_cards.has_cc, false) as has_cc,
        -- Readiness is the first thing that is missing, in the order in which a customer can mend it.
        {% for line in ['wm', 'fund'] %}
        case
            when coalesce(card_sums.active_cnt, 0) = 0 or coalesce(account_sums.class1_cnt, 0) = 0 then 1
            when not coalesce(agreement_sums.has_{{ line }}, false) then 2
            when last_tests.customer_id is null then 3
            when last_tests.valid_days < 0 then 4
            when last_tests.result_level < shelf.{{ line }}_risk_level then 5
            else 0
        end as ready_{{ line }}_code{{ ',' if not loop.last }}
        {% endfor %}
    from spine
    cross join shelf
    left join account_sums on spine.customer_id = account_sums.customer_id
    left join agreement_sums on spine.customer_id = agreement_sums.customer_id
    left join card_sums on spine.customer_id = card_sums.customer_id
    left join last_tests on spine.customer_id = last_tests.customer_id
    left join asset_lines on spine.customer_id = asset_lines.customer_id
    left join debt_lines on spine.customer_id = debt_lines.customer_id
    left join credit_cards on spine.customer_id = credit_cards.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(accounts, 'account_sums.open_cnt', 'integer', '0') }} as prod_acct_cnt,
        {{ tag_value(accounts, 'account_sums.class1_cnt', 'integer', '0') }} as acct_class1_cnt,
        {{ tag_value(accounts, 'account_sums.class23_cnt', 'integer', '0') }} as acct_class23_cnt,
        {{ tag_value(accounts, 'account_sums.demand_cnt', 'integer', '0') }} as acct_demand_cnt,
        {{ tag_value(accounts, 'account_sums.term_cnt', 'integer', '0') }} as acct_term_cnt,
        {{ tag_value(accounts, 'account_sums.closed_cnt', 'integer', '0') }} as acct_closed_cnt,
        {{ tag_value(accounts, 'account_sums.opened_cnt_365d', 'integer', '0') }} as acct_opened_cnt_365d,
        {{ tag_value(accounts, 'account_sums.org_cnt', 'integer', '0') }} as acct_org_cnt,
        {{ tag_value(accounts, 'person_sums.use_cnt', 'integer', '0') }} as acct_use_cnt,
        {{ tag_value(accounts, 'shared_accounts.shared_cnt', 'integer', '0') }} as acct_shared_cnt,
        {{ tag_value(accounts, 'account_sums.first_date', 'date') }} as prod_first_open_date,
        {{ tag_value(accounts, 'account_sums.last_date', 'date') }} as prod_last_open_date,
        {{ tag_value(accounts, 'account_sums.first_days', 'integer') }} as prod_first_open_days,
        {% for agreement_type in agreement_types %}
        {{ tag_value(agreements, 'agreement_sums.has_' ~ agreement_type, 'boolean', 'false') }} as prod_has_{{ agreement_type }},
        {% endfor %}
        {{ tag_value(agreements, 'agreement_sums.has_pb', 'boolean', 'false') }} as prod_has_pb_contract,
        {{ tag_value(agreements, 'agreement_sums.live_cnt', 'integer', '0') }} as prod_agr_cnt,
        {{ tag_value(agreements, 'agreement_sums.mbank_date', 'date') }} as prod_mbank_date,
        {{ tag_value(cards, 'card_sums.active_cnt', 'integer', '0') }} as card_debit_cnt,
        {{ tag_value(cards, 'card_sums.lost_cnt', 'integer', '0') }} as card_debit_lost_cnt,
        {{ tag_value(cards, 'card_sums.has_premium', 'boolean', 'false') }} as card_has_premium,
        {{ tag_value(cards, 'card_sums.first_date', 'date') }} as card_debit_first_date,
        {{ tag_value(cards, 'card_sums.last_date', 'date') }} as card_debit_last_date,
        {{ tag_value(tests, 'last_tests.result_level', 'integer') }} as prod_risk_level_code,
        {{ tag_value(tests, 'last_tests.valid_days', 'integer') }} as prod_risk_valid_days,
        {{ tag_value(tests, 'last_tests.test_date', 'date') }} as prod_risk_test_date,
        {{ tag_value(tests, 'test_counts.cnt', 'integer', '0') }} as prod_risk_test_cnt_365d,
        {{ tag_value(ready, 'facts.ready_wm_code', 'integer') }} as prod_ready_wm_code,
        {{ tag_value(ready, 'facts.ready_fund_code', 'integer') }} as prod_ready_fund_code,
        {{ tag_value(accounts, 'facts.has_dep', 'boolean') }} as prod_has_dep_acct,
        {{ tag_value(holdings, 'facts.has_wm', 'boolean') }} as prod_has_wm_hold,
        {{ tag_value(holdings, 'facts.has_fund', 'boolean') }} as prod_has_fund_hold,
        {{ tag_value(['crd_note'], 'facts.has_loan', 'boolean') }} as prod_has_loan,
        {{ tag_value(['cc_acct'], 'facts.has_cc', 'boolean') }} as prod_has_cc,
        {{ tag_value(
            accounts + holdings + ['crd_note', 'cc_acct'],
            'cast(facts.has_dep as integer) + cast(facts.has_wm as integer) + cast(facts.has_fund as integer)'
            ~ ' + cast(facts.has_loan as integer) + cast(facts.has_cc as integer)',
            'integer'
        ) }} as prod_line_cnt
    from spine
    inner join facts on spine.customer_id = facts.customer_id
    left join account_sums on spine.customer_id = account_sums.customer_id
    left join person_sums on spine.customer_id = person_sums.customer_id
    left join shared_accounts on spine.customer_id = shared_accounts.customer_id
    left join agreement_sums on spine.customer_id = agreement_sums.customer_id
    left join card_sums on spine.customer_id = card_sums.customer_id
    left join last_tests on spine.customer_id = last_tests.customer_id
    left join test_counts on spine.customer_id = test_counts.customer_id
)

select * from final
