-- a row is one retail customer of the spine; what the customer's deposits and investments are made of, and what falls due
{% set deposits = ['core_acct', 'core_acct_person', 'core_bal'] %}
{% set terms = ['core_acct', 'core_acct_person', 'core_term'] %}
{% set holdings = ['inv_hold'] %}
{% set assets = ['core_acct', 'core_acct_person', 'core_bal', 'inv_hold', 'inv_order'] %}
{% set flows = ['core_acct', 'core_acct_person', 'core_txn'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

asset_history as (
    select * from {{ ref('dws_retail_asset_history') }}
),

transaction_daily as (
    select * from {{ ref('dws_retail_transaction_daily') }}
),

limits as (
    select {{ parameter('deposit_insured_amt') }} as insured_amt
),

-- Insured is what was saved and what it has earned.
earned as (
    select customer_id, sum(accrued_amt) as accrued_amt
    from {{ ref('dwd_account_interest') }}
    where entity = 'retail' and kind_code <> 'margin'
    group by customer_id
),

term_deposits as (
    select term_deposits.*, term_deposits.due_date - night.biz_date as due_days
    from {{ ref('dwd_term_deposit') }} as term_deposits
    cross join night
    where term_deposits.entity = 'retail' and term_deposits.status_code = 'live' and term_deposits.start_date <= night.biz_date
),

positions as (
    select
        holdings.*,
        products.risk_level,
        -- A closed product falls due, a minimum-holding one can first be redeemed; an open one has neither date.
        coalesce(holdings.due_date, holdings.redeem_from_date) - night.biz_date as free_days
    from {{ ref('dwd_holding') }} as holdings
    inner join night on holdings.hold_date = night.biz_date
    left join {{ ref('dwd_product') }} as products on holdings.prod_id = products.prod_id
    where holdings.market_amt > 0
),

risk_tests as (
    select risk_tests.customer_id, risk_tests.result_level
    from {{ ref('dwd_risk_test') }} as risk_tests
    cross join night
    where risk_tests.test_date <= night.biz_date and not coalesce(risk_tests.is_revoked, false)
    qualify row_number() over (partition by risk_tests.customer_id order by risk_tests.test_date desc, risk_tests.result_level) = 1
),

balances as (
    select
        asset_history.customer_id,
        sum(case when asset_history.prod in ('demand', 'term', 'cd') then asset_history.bal else 0 end) as dep_bal,
        sum(case when asset_history.prod = 'demand' then asset_history.bal else 0 end) as demand_bal,
        sum(case when asset_history.prod = 'cd' then asset_history.bal else 0 end) as cd_bal,
        sum(case when asset_history.prod = 'wm' then asset_history.bal else 0 end) as wm_bal,
        sum(case when asset_history.prod = 'fund' then asset_history.bal else 0 end) as fund_bal,
        sum(asset_history.bal) as aum_bal,
        count(case when asset_history.bal > 0 then asset_history.prod end) as prod_cnt
    from asset_history
    inner join night on asset_history.valid_from <= night.biz_date and asset_history.valid_to > night.biz_date
    group by asset_history.customer_id
),

hold_runs as (
    select
        asset_history.customer_id,
        asset_history.prod,
        least(asset_history.valid_to, night.biz_date + 1) - asset_history.valid_from as days
    from asset_history
    cross join night
    where asset_history.bal > 0
),

hold_days as (
    select
        customer_id,
        sum(case when prod = 'wm' then days else 0 end) as wm_days,
        sum(case when prod = 'fund' then days else 0 end) as fund_days
    from hold_runs
    where prod in ('wm', 'fund')
    group by customer_id
),

dues as (
    select
        customer_id,
        {% for days in [7, 30, 90] %}
        sum(case when due_days between 1 and {{ days }} then principal_amt else 0 end) as due_{{ days }}d,
        sum(case when due_days between 1 and {{ days }} and not is_auto_roll then principal_amt else 0 end)
            as noroll_{{ days }}d,
        {% endfor %}
        count(case when kind_code = 'cd' then 1 end) as cd_cnt,
        count(case when kind_code <> 'cd' then 1 end) as term_cnt,
        min(case when due_days > 0 then due_days end) as next_days,
        max(principal_amt) as max_amt,
        sum(case when is_pledged then principal_amt else 0 end) as pledged_amt,
        sum(case when is_auto_roll then principal_amt else 0 end) as roll_amt,
        sum(principal_amt) as principal_amt,
        sum(principal_amt * rate) as rate_amt
    from term_deposits
    group by customer_id
),

investments as (
    select
        positions.customer_id,
        {% for days in [7, 30, 90] %}
        sum(case when positions.line_code = 'wm' and positions.free_days between 1 and {{ days }}
            then positions.market_amt else 0 end) as wm_free_{{ days }}d,
        {% endfor %}
        {% for line in ['wm', 'fund'] %}
        count(distinct case when positions.line_code = '{{ line }}' then positions.prod_id end) as {{ line }}_prod_cnt,
        sum(case when positions.line_code = '{{ line }}' then positions.market_amt - positions.cost_amt end)
            as {{ line }}_pnl_amt,
        sum(case when positions.line_code = '{{ line }}' then positions.cost_amt end) as {{ line }}_cost_amt,
        {% endfor %}
        min(case when positions.line_code = 'wm' and positions.free_days > 0 then positions.free_days end) as wm_next_days,
        max(positions.risk_level) as max_risk_level,
        sum(case when positions.risk_level >= 4 then positions.market_amt else 0 end) as high_risk_amt,
        sum(case when positions.risk_level > risk_tests.result_level then positions.market_amt else 0 end)
            as over_tolerance_amt,
        sum(positions.market_amt) as market_amt
    from positions
    left join risk_tests on positions.customer_id = risk_tests.customer_id
    group by positions.customer_id
),

recent_flows as (
    select
        transaction_daily.customer_id,
        transaction_daily.acct_date,
        transaction_daily.cp,
        transaction_daily.purpose,
        case when transaction_daily.direction = 'in' then transaction_daily.amt_sum else -transaction_daily.amt_sum end as net_amt,
        night.biz_date - transaction_daily.acct_date as days_ago,
        transaction_daily.acct_date >= night.month_start as is_mtd
    from transaction_daily
    inner join night on transaction_daily.acct_date > night.biz_date - 90 and transaction_daily.acct_date <= night.biz_date
),

-- Money across the border of the bank; what goes to other customers of this bank is counted apart, interest not at all.
external_flows as (
    select
        customer_id,
        {% for days in [30, 90] %}
        sum(case when cp <> 'same_bank_other' and purpose <> 'interest' and days_ago < {{ days }} then net_amt else 0 end)
            as external_{{ days }}d,
        sum(case when cp = 'same_bank_other' and days_ago < {{ days }} then net_amt else 0 end) as samebank_{{ days }}d,
        {% endfor %}
        sum(case when cp <> 'same_bank_other' and purpose <> 'interest' and is_mtd then net_amt else 0 end) as external_mtd,
        sum(case when cp = 'same_bank_other' and is_mtd then net_amt else 0 end) as samebank_mtd
    from recent_flows
    group by customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(deposits, divided('balances.demand_bal', 'balances.dep_bal'), 'decimal(18,4)') }} as dep_demand_ratio,
        {{ tag_value(deposits, divided('balances.cd_bal', 'balances.dep_bal'), 'decimal(18,4)') }} as dep_cd_ratio,
        -- Without an insured amount in force there is no answer; `greatest` would skip the NULL and say 0.
        {{ tag_value(
            deposits,
            'case when limits.insured_amt is not null
                then greatest(0, coalesce(balances.dep_bal, 0) + coalesce(earned.accrued_amt, 0) - limits.insured_amt) end',
            'decimal(18,2)'
        ) }} as dep_over_insured_amt,
        {% for days in [7, 30, 90] %}
        {{ tag_value(terms, 'dues.noroll_' ~ days ~ 'd', 'decimal(18,2)', '0') }} as dep_term_due_noroll_amt_next{{ days }}d,
        {{ tag_value(terms, 'dues.due_' ~ days ~ 'd', 'decimal(18,2)', '0') }} as dep_term_due_amt_next{{ days }}d,
        {% endfor %}
        {{ tag_value(terms, 'dues.term_cnt', 'integer', '0') }} as dep_term_cnt,
        {{ tag_value(terms, 'dues.cd_cnt', 'integer', '0') }} as dep_cd_cnt,
        {{ tag_value(terms, 'dues.next_days', 'integer') }} as dep_term_next_due_days,
        {{ tag_value(terms, 'dues.max_amt', 'decimal(18,2)', '0') }} as dep_term_max_amt,
        {{ tag_value(terms, 'dues.pledged_amt', 'decimal(18,2)', '0') }} as dep_term_pledged_amt,
        {{ tag_value(terms, divided('dues.roll_amt', 'dues.principal_amt'), 'decimal(18,4)') }} as dep_term_roll_ratio,
        {{ tag_value(terms, divided('dues.rate_amt', 'dues.principal_amt'), 'decimal(18,4)') }} as dep_term_rate,
        {% for days in [7, 30, 90] %}
        {{ tag_value(holdings, 'investments.wm_free_' ~ days ~ 'd', 'decimal(18,2)', '0') }} as wm_redeemable_amt_next{{ days }}d,
        {% endfor %}
        {{ tag_value(holdings, 'investments.wm_next_days', 'integer') }} as wm_next_redeemable_days,
        {% for line in ['wm', 'fund'] %}
        {{ tag_value(holdings, 'hold_days.' ~ line ~ '_days', 'integer', '0') }} as {{ line }}_hold_days_ltd,
        {{ tag_value(holdings, 'investments.' ~ line ~ '_prod_cnt', 'integer', '0') }} as {{ line }}_prod_cnt,
        {{ tag_value(holdings, 'investments.' ~ line ~ '_pnl_amt', 'decimal(18,2)') }} as {{ line }}_pnl_amt,
        {{ tag_value(
            holdings, divided('investments.' ~ line ~ '_pnl_amt', 'investments.' ~ line ~ '_cost_amt'), 'decimal(18,4)'
        ) }} as {{ line }}_pnl_ratio,
        {% endfor %}
        {{ tag_value(holdings + ['ref_product'], 'investments.max_risk_level', 'integer') }} as inv_risk_level_max_code,
        {{ tag_value(
            holdings + ['ref_product'], divided('investments.high_risk_amt', 'investments.market_amt'), 'decimal(18,4)'
        ) }} as inv_high_risk_ratio,
        {{ tag_value(holdings + ['ref_product', 'crm_risk_test'], 'investments.over_tolerance_amt', 'decimal(18,2)', '0') }}
            as inv_over_tolerance_amt,
        {{ tag_value(assets, divided('balances.dep_bal', 'balances.aum_bal'), 'decimal(18,4)') }} as aum_dep_ratio,
        {{ tag_value(assets, divided('balances.wm_bal', 'balances.aum_bal'), 'decimal(18,4)') }} as aum_wm_ratio,
        {{ tag_value(assets, divided('balances.fund_bal', 'balances.aum_bal'), 'decimal(18,4)') }} as aum_fund_ratio,
        {{ tag_value(assets, 'balances.prod_cnt', 'integer', '0') }} as aum_prod_cnt,
        {% for span in ['mtd', '30d', '90d'] %}
        {{ tag_value(flows, 'external_flows.external_' ~ span, 'decimal(18,2)', '0') }} as aum_ext_net_amt_sum_{{ span }},
        {{ tag_value(flows, 'external_flows.samebank_' ~ span, 'decimal(18,2)', '0') }} as aum_samebank_net_amt_sum_{{ span }}
        {{- ',' if not loop.last }}
        {% endfor %}
    from spine
    cross join limits
    left join balances on spine.customer_id = balances.customer_id
    left join earned on spine.customer_id = earned.customer_id
    left join hold_days on spine.customer_id = hold_days.customer_id
    left join dues on spine.customer_id = dues.customer_id
    left join investments on spine.customer_id = investments.customer_id
    left join external_flows on spine.customer_id = external_flows.customer_id
)

select * from final
