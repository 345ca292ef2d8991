-- a row is one retail customer of the spine; what is missing before a purchase, risk tests, what of the shelf is in reach
{% set tests = ['crm_risk_test'] %}
{% set shelf = ['crm_risk_test', 'ref_product'] %}
{% set ready = ['core_acct', 'core_acct_person', 'card_debit', 'core_agreement', 'crm_risk_test', 'ref_product'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

risk_tests as (
    select
        risk_tests.*,
        risk_tests.test_date - night.biz_date + cast({{ parameter('risk_test_valid_days') }} as integer) as valid_days,
        -- Two tests of one day: the more careful answer stands.
        row_number() over (partition by risk_tests.customer_id order by risk_tests.test_date desc, risk_tests.result_level) as place
    from {{ ref('dwd_risk_test') }} as risk_tests
    inner join night on risk_tests.test_date <= night.biz_date
    where not coalesce(risk_tests.is_revoked, false)
),

tests_now as (
    select * from risk_tests where place = 1
),

tests_before as (
    select customer_id, result_level from risk_tests where place = 2
),

test_sums as (
    select customer_id, count(*) as cnt, min(test_date) as first_date, max(result_level) as max_level
    from risk_tests
    group by customer_id
),

shelf as (
    select products.prod_id, products.line_code, products.risk_level
    from {{ ref('dwd_product') }} as products
    cross join night
    where
        products.shelf_from_date <= night.biz_date
        and (products.shelf_to_date is null or products.shelf_to_date >= night.biz_date)
        and products.risk_level is not null
),

shelf_lows as (
    select
        {% for line in ['wm', 'fund', 'ins'] %}
        min(case when line_code = '{{ line }}' then risk_level end) as {{ line }}_low{{ ',' if not loop.last }}
        {% endfor %}
    from shelf
),

shelf_total as (
    select count(*) as all_cnt from shelf where line_code in ('wm', 'fund', 'pm', 'tb', 'trust')
),

shelf_sums as (
    select
        tests_now.customer_id,
        {% for line in ['wm', 'fund', 'pm', 'tb', 'trust'] %}
        count(case when shelf.line_code = '{{ line }}' then 1 end) as {{ line }}_cnt,
        {% endfor %}
        count(*) as all_cnt
    from tests_now
    inner join shelf on tests_now.result_level >= shelf.risk_level
    where tests_now.valid_days >= 0 and shelf.line_code in ('wm', 'fund', 'pm', 'tb', 'trust')
    group by tests_now.customer_id
),

class1_owners as (
    select distinct deposit_accounts.customer_id
    from {{ ref('dwd_account') }} as deposit_accounts
    cross join night
    where
        deposit_accounts.entity = 'retail' and deposit_accounts.class_code = '1' and deposit_accounts.status_code <> 'closed'
        and deposit_accounts.open_date <= night.biz_date
        and (deposit_accounts.close_date is null or deposit_accounts.close_date > night.biz_date)
),

card_holders as (
    select distinct debit_cards.customer_id
    from {{ ref('dwd_card_debit') }} as debit_cards
    inner join night on debit_cards.open_date <= night.biz_date
    where debit_cards.status_code = 'active'
),

signed as (
    select
        agreements.customer_id,
        bool_or(agreements.agr_type = 'wm') as has_wm,
        bool_or(agreements.agr_type = 'fund') as has_fund,
        bool_or(agreements.agr_type = 'ins') as has_ins
    from {{ ref('dwd_agreement') }} as agreements
    inner join night on agreements.from_date <= night.biz_date
    where
        agreements.entity = 'retail' and agreements.status_code = 'live'
        and (agreements.to_date is null or agreements.to_date > night.biz_date)
    group by agreements.customer_id
),

steps as (
    select
        spine.customer_id,
        class1_owners.customer_id is not null and card_holders.customer_id is not null as is_carded,
        tests_now.customer_id is not null as is_tested,
        coalesce(tests_now.valid_days >= 0, false) as is_test_valid,
        {% for line in ['wm', 'fund', 'ins'] %}
        coalesce(signed.has_{{ line }}, false) as is_{{ line }}_signed,
        -- Without a product on sale that has a risk level nothing is above the customer's tolerance.
        tests_now.customer_id is not null and coalesce(tests_now.result_level >= shelf_lows.{{ line }}_low, true) as is_{{ line }}_tolerant
        {{- ',' if not loop.last }}
        {% endfor %}
    from spine
    cross join shelf_lows
    left join class1_owners on spine.customer_id = class1_owners.customer_id
    left join card_holders on spine.customer_id = card_holders.customer_id
    left join signed on spine.customer_id = signed.customer_id
    left join tests_now on spine.customer_id = tests_now.customer_id
),

ready_codes as (
    select
        customer_id,
        case
            when not is_carded then 1
            when not is_ins_signed then 2
            when not is_tested then 3
            when not is_test_valid then 4
            when not is_ins_tolerant then 5
            else 0
        end as ins_code,
        {% for line in ['wm', 'fund'] %}
        cast(not is_carded as integer) + cast(not is_{{ line }}_signed as integer) + cast(not is_test_valid as integer)
        + cast(not is_{{ line }}_tolerant as integer) as {{ line }}_unmet_cnt{{ ',' if not loop.last }}
        {% endfor %}
    from steps
),

final as (
    select
        spine.customer_id,
        {{ tag_value(ready, 'ready_codes.ins_code', 'integer') }} as prod_ready_ins_code,
        {{ tag_value(ready, 'ready_codes.wm_unmet_cnt', 'integer') }} as prod_ready_wm_unmet_cnt,
        {{ tag_value(ready, 'ready_codes.fund_unmet_cnt', 'integer') }} as prod_ready_fund_unmet_cnt,
        {{ tag_value(tests, 'tests_now.valid_days < 0', 'boolean') }} as prod_risk_is_expired,
        {{ tag_value(tests, 'tests_now.valid_days between 0 and 30', 'boolean') }} as prod_risk_is_expiring_30d,
        {{ tag_value(tests, 'case when tests_now.valid_days < 0 then -tests_now.valid_days end', 'integer') }}
            as prod_risk_expired_days,
        {{ tag_value(tests, 'test_sums.cnt', 'integer', '0') }} as prod_risk_test_cnt_ltd,
        {{ tag_value(tests, 'test_sums.first_date', 'date') }} as prod_risk_first_date,
        {{ tag_value(tests, 'tests_before.result_level', 'integer') }} as prod_risk_prev_level_code,
        {{ tag_value(tests, 'tests_now.result_level - tests_before.result_level', 'integer') }} as prod_risk_level_chg,
        {{ tag_value(tests, 'test_sums.max_level', 'integer') }} as prod_risk_level_max_code,
        {{ tag_value(tests, 'tests_now.channel_code', 'varchar') }} as prod_risk_channel_code,
        {{ tag_value(shelf, 'shelf_sums.wm_cnt', 'integer', '0') }} as prod_shelf_wm_cnt,
        {{ tag_value(shelf, 'shelf_sums.fund_cnt', 'integer', '0') }} as prod_shelf_fund_cnt,
        {{ tag_value(shelf, 'shelf_sums.pm_cnt', 'integer', '0') }} as prod_shelf_pm_cnt,
        {{ tag_value(shelf, 'shelf_sums.tb_cnt', 'integer', '0') }} as prod_shelf_tb_cnt,
        {{ tag_value(shelf, 'shelf_sums.trust_cnt', 'integer', '0') }} as prod_shelf_trust_cnt,
        {{ tag_value(shelf, divided('coalesce(shelf_sums.all_cnt, 0)', 'shelf_total.all_cnt'), 'decimal(18,4)') }}
            as prod_shelf_ratio
    from spine
    cross join shelf_total
    inner join ready_codes on spine.customer_id = ready_codes.customer_id
    left join tests_now on spine.customer_id = tests_now.customer_id
    left join tests_before on spine.customer_id = tests_before.customer_id
    left join test_sums on spine.customer_id = test_sums.customer_id
    left join shelf_sums on spine.customer_id = shelf_sums.customer_id
)

select * from final
