-- a row is one retail customer of the spine; holdings against tolerance and age, checks, employer, contacts: what warnings are made of
{% set hold = ['inv_hold'] %}
{% set products = ['inv_hold', 'ref_product'] %}
{% set tested = ['inv_hold', 'ref_product', 'crm_risk_test'] %}
{% set tested0 = ['inv_hold', 'crm_risk_test'] %}
{% set elder = ['ecif_retail', 'inv_hold', 'ref_product'] %}
{% set docs = ['ecif_retail', 'core_acct', 'core_acct_person', 'inv_hold'] %}
{% set checks = ['ext_idcheck'] %}
{% set pay = ['pay_detail'] %}
{% set contacts = ['mkt_contact'] %}
{% set cards = ['cc_acct'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

persons as (
    select
        parties.customer_id,
        date_diff('year', parties.birth_date, night.biz_date)
        - case when strftime(parties.birth_date, '%m%d') > strftime(night.biz_date, '%m%d') then 1 else 0 end
        >= {{ parameter('elder_care_age') }} as is_elder,
        parties.id_expiry_date < night.biz_date as is_doc_expired
    from {{ ref('dwd_party') }} as parties
    inner join spine on parties.customer_id = spine.customer_id
    cross join night
),

risk_tests as (
    select
        risk_tests.customer_id,
        risk_tests.result_level,
        risk_tests.test_date - night.biz_date + {{ parameter('risk_test_valid_days') }} >= 0 as is_valid
    from {{ ref('dwd_risk_test') }} as risk_tests
    inner join night on risk_tests.test_date <= night.biz_date
    where not coalesce(risk_tests.is_revoked, false)
    qualify row_number() over (partition by risk_tests.customer_id order by risk_tests.test_date desc, risk_tests.result_level) = 1
),

-- One row per product held: a product may be held in several accounts.
positions as (
    select
        holdings.customer_id,
        holdings.prod_id,
        max(products.risk_level) as risk_level,
        cast(sum(holdings.market_amt) as decimal(18, 2)) as market_amt,
        cast(sum(holdings.cost_amt) as decimal(18, 2)) as cost_amt
    from {{ ref('dwd_holding') }} as holdings
    inner join night on holdings.hold_date = night.biz_date
    left join {{ ref('dwd_product') }} as products on holdings.prod_id = products.prod_id
    where holdings.market_amt > 0
    group by holdings.customer_id, holdings.prod_id
),

hold_sums as (
    select
        positions.customer_id,
        sum(positions.market_amt) as market_amt,
        count(case when positions.risk_level > risk_tests.result_level then 1 end) as over_cnt,
        sum(case when positions.risk_level > risk_tests.result_level then positions.market_amt else 0 end) as over_amt,
        sum(case when coalesce(risk_tests.is_valid, false) then 0 else positions.market_amt end) as untested_amt,
        sum(case when positions.risk_level >= {{ parameter('high_risk_level') }} then positions.market_amt else 0 end) as high_amt,
        count(case when positions.risk_level >= {{ parameter('high_risk_level') }} then 1 end) as high_cnt,
        sum(greatest(positions.cost_amt - positions.market_amt, 0)) as loss_amt,
        count(case when positions.market_amt < positions.cost_amt then 1 end) as loss_cnt
    from positions
    left join risk_tests on positions.customer_id = risk_tests.customer_id
    group by positions.customer_id
),

top_holds as (
    select
        customer_id,
        max(market_amt) as top_amt,
        sum(cast(market_amt as decimal(38, 2)) * cast(market_amt as decimal(18, 2))) as square_sum
    from positions
    group by customer_id
),

account_sums as (
    select deposit_accounts.customer_id, count(*) as open_cnt
    from {{ ref('dwd_account') }} as deposit_accounts
    cross join night
    where
        deposit_accounts.entity = 'retail' and deposit_accounts.status_code <> 'closed'
        and deposit_accounts.open_date <= night.biz_date
        and (deposit_accounts.close_date is null or deposit_accounts.close_date > night.biz_date)
    group by deposit_accounts.customer_id
),

checks as (
    select identity_checks.*, night.biz_date
    from {{ ref('dwd_identity_check') }} as identity_checks
    inner join night on identity_checks.check_date <= night.biz_date
),

check_sums as (
    select customer_id, count(case when check_date > biz_date - 365 and result_code <> 'match' then 1 end) as bad_365d
    from checks
    group by customer_id
),

last_checks as (
    select customer_id, result_code
    from checks
    qualify row_number() over (partition by customer_id order by check_time desc, check_no desc) = 1
),

wages as (
    select pay_details.*, night.biz_date
    from {{ ref('dwd_pay_detail') }} as pay_details
    inner join night on pay_details.pay_date <= night.biz_date
    where pay_details.result_code = 'ok' and pay_details.pay_type = 'wage'
),

payers as (
    select payer_id, max(biz_date) - max(pay_date) as idle_days from wages group by payer_id
),

last_payers as (
    select customer_id, payer_id
    from wages
    where customer_id is not null
    qualify row_number() over (partition by customer_id order by pay_date desc, batch_no desc, seq desc) = 1
),

employer_sums as (
    select last_payers.customer_id, payers.idle_days
    from last_payers
    inner join payers on last_payers.payer_id = payers.payer_id
),

contact_sums as (
    select
        contacts.customer_id,
        count(case when contacts.result_code = 'unreachable' then 1 end) as unreachable_cnt,
        count(case when contacts.result_code in ('reached', 'interested', 'applied', 'refused') then 1 end) as reached_cnt
    from {{ ref('dwd_marketing_contact') }} as contacts
    inner join night on contacts.contact_date > night.biz_date - 90 and contacts.contact_date <= night.biz_date
    where contacts.log_status <> 'void'
    group by contacts.customer_id
),

util_before as (
    select
        credit_cards.customer_id,
        sum(case when credit_cards.bal > 0 then credit_cards.bal else 0 end) as bal,
        sum(credit_cards.limit_amt) as limit_amt
    from {{ ref('dwd_credit_card') }} as credit_cards
    inner join night on credit_cards.bal_date = night.biz_date - 90
    where credit_cards.status_code <> 'closed'
    group by credit_cards.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(tested, 'hold_sums.over_cnt', 'integer', '0') }} as risk_over_tolerance_cnt,
        {{ tag_value(tested, divided('hold_sums.over_amt', 'hold_sums.market_amt'), 'decimal(18,4)') }}
            as risk_over_tolerance_ratio,
        {{ tag_value(tested, 'hold_sums.over_cnt > 0', 'boolean', 'false') }} as risk_is_over_tolerance,
        {{ tag_value(tested0, 'hold_sums.untested_amt', 'decimal(18,2)', '0') }} as risk_untested_hold_amt,
        {{ tag_value(tested0, 'hold_sums.untested_amt > 0', 'boolean', 'false') }} as risk_is_untested_hold,
        {{ tag_value(products, 'hold_sums.high_amt', 'decimal(18,2)', '0') }} as risk_high_risk_amt,
        {{ tag_value(products, 'hold_sums.high_cnt', 'integer', '0') }} as risk_high_risk_prod_cnt,
        {{ tag_value(elder, 'case when persons.is_elder then coalesce(hold_sums.high_amt, 0) else 0 end', 'decimal(18,2)') }}
            as risk_elder_high_risk_amt,
        {{ tag_value(elder, 'persons.is_elder and hold_sums.high_amt > 0', 'boolean', 'false') }} as risk_is_elder_high_risk,
        {{ tag_value(hold, divided('top_holds.top_amt', 'hold_sums.market_amt'), 'decimal(18,4)') }} as risk_hold_top_ratio,
        {{ tag_value(hold, divided('top_holds.square_sum', 'hold_sums.market_amt * hold_sums.market_amt'), 'decimal(18,4)') }}
            as risk_hold_hhi_ratio,
        {{ tag_value(hold, 'hold_sums.loss_amt', 'decimal(18,2)', '0') }} as risk_loss_amt,
        {{ tag_value(hold, 'hold_sums.loss_cnt', 'integer', '0') }} as risk_loss_prod_cnt,
        {{ tag_value(
            docs,
            'persons.is_doc_expired and (coalesce(account_sums.open_cnt, 0) > 0 or hold_sums.market_amt > 0)',
            'boolean', 'false'
        ) }} as risk_is_doc_expired_hold,
        {{ tag_value(checks, "last_checks.result_code <> 'match'", 'boolean', 'false') }} as risk_is_idcheck_failed,
        {{ tag_value(checks, 'check_sums.bad_365d', 'integer', '0') }} as risk_idcheck_bad_cnt_365d,
        {{ tag_value(pay, 'employer_sums.idle_days', 'integer') }} as risk_employer_idle_days,
        {{ tag_value(contacts, 'contact_sums.unreachable_cnt', 'integer', '0') }} as risk_unreachable_cnt_90d,
        {{ tag_value(contacts, 'contact_sums.reached_cnt', 'integer', '0') }} as risk_reached_cnt_90d,
        {{ tag_value(cards, divided('util_before.bal', 'util_before.limit_amt'), 'decimal(18,4)') }}
            as risk_cc_util_before_ratio
    from spine
    inner join persons on spine.customer_id = persons.customer_id
    left join hold_sums on spine.customer_id = hold_sums.customer_id
    left join top_holds on spine.customer_id = top_holds.customer_id
    left join account_sums on spine.customer_id = account_sums.customer_id
    left join check_sums on spine.customer_id = check_sums.customer_id
    left join last_checks on spine.customer_id = last_checks.customer_id
    left join employer_sums on spine.customer_id = employer_sums.customer_id
    left join contact_sums on spine.customer_id = contact_sums.customer_id
    left join util_before on spine.customer_id = util_before.customer_id
)

select * from final
