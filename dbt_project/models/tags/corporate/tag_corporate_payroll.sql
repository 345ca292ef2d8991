-- a row is one corporate customer of the spine; the people whom it pays through the bank, and whether they bank here
{% set pay = ['pay_contract', 'pay_detail'] %}
{% set link = ['pay_contract', 'pay_detail', 'ecif_retail', 'core_acct', 'core_acct_person', 'core_bal', 'inv_hold', 'inv_order'] %}
{% set corp = ['pay_contract', 'pay_detail', 'ecif_corp'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

contracts as (
    select
        contracts.customer_id,
        min(contracts.from_date) as first_date,
        bool_or(contracts.to_date is null or contracts.to_date > night.biz_date) as is_in_force,
        max(case when contracts.to_date is null or contracts.to_date > night.biz_date then contracts.pay_day end) as pay_day,
        arg_max(contracts.pay_day, contracts.from_date) as last_pay_day
    from {{ ref('dwd_pay_contract') }} as contracts
    cross join night
    where contracts.from_date <= night.biz_date
    group by contracts.customer_id
),

details as (
    select
        details.payer_customer_id as customer_id,
        details.customer_id as payee_id,
        details.pay_date,
        details.pay_type,
        details.amt,
        details.result_code = 'ok' as is_ok,
        night.biz_date,
        -- Months before that of the business date: 1 is the last complete month. A pay that is brought forward to the end
        -- of a month, because its day is a holiday, is the pay of the month that follows.
        date_diff('month', details.pay_date, night.month_start)
        - case
            when
                contracts.last_pay_day <= {{ parameter('pay_early_day') }}
                and day(details.pay_date) >= {{ parameter('pay_forward_day') }}
                then 1
            else 0
        end as months_ago
    from {{ ref('dwd_pay_detail') }} as details
    cross join night
    left join contracts on details.payer_customer_id = contracts.customer_id
    where details.payer_customer_id is not null and details.pay_date <= night.biz_date
),

months as (
    select
        customer_id,
        months_ago,
        count(distinct payee_id) as heads,
        sum(case when pay_type = 'wage' then amt end) as wage_amt,
        count(distinct case when pay_type = 'wage' then payee_id end) as wage_heads
    from details
    where is_ok and months_ago between 1 and 12
    group by customer_id, months_ago
),

month_sums as (
    select
        customer_id,
        cast(max(case when months_ago = 1 then heads else 0 end) as integer) as head_lm,
        sum(case when months_ago between 2 and 4 then heads else 0 end) as head_before,
        cast(max(heads) as integer) as head_max,
        max(case when months_ago = 1 then wage_amt end) as wage_lm,
        max(case when months_ago = 1 then wage_heads end) as wage_head_lm,
        cast(count(*) as integer) as month_cnt
    from months
    group by customer_id
),

payees as (
    select
        customer_id,
        payee_id,
        bool_or(months_ago = 1) as is_lm,
        bool_or(months_ago between 2 and 12) as is_known,
        bool_or(months_ago = 2) as is_before
    from details
    where is_ok and months_ago between 1 and 12 and payee_id is not null
    group by customer_id, payee_id
),

person_aum as (
    select assets.customer_id, sum(assets.bal) as aum
    from {{ ref('dws_retail_asset_history') }} as assets
    inner join night on assets.valid_from <= night.biz_date and assets.valid_to > night.biz_date
    group by assets.customer_id
),

staff as (
    select
        payees.customer_id,
        cast(count(case when payees.is_lm and not payees.is_known then 1 end) as integer) as new_cnt,
        cast(count(case when payees.is_before and not payees.is_lm then 1 end) as integer) as left_cnt,
        count(case when payees.is_lm then 1 end) as head_cnt,
        count(case when payees.is_lm and person_aum.aum >= {{ parameter('pay_link_aum_amt') }} then 1 end) as linked_cnt
    from payees
    left join person_aum on payees.payee_id = person_aum.customer_id
    group by payees.customer_id
),

sums as (
    select
        customer_id,
        max(case when is_ok then pay_date end) as last_date,
        max(biz_date) as biz_date,
        cast(count(case when not is_ok and months_ago between 1 and 3 then 1 end) as integer) as fail_cnt,
        cast(count(case when months_ago between 1 and 3 then 1 end) as integer) as item_cnt
    from details
    group by customer_id
),

companies as (
    select customer_id, staff_cnt from {{ ref('dwd_company') }}
),

-- Without a contract nothing is said; with one, nothing paid is 0.
facts as (
    select
        contracts.*,
        coalesce(month_sums.head_lm, 0) as head_lm,
        coalesce(month_sums.head_max, 0) as head_max,
        coalesce(month_sums.month_cnt, 0) as month_cnt,
        {{ divided('3 * month_sums.head_lm - month_sums.head_before', 'month_sums.head_before') }} as head_chg,
        coalesce(staff.new_cnt, 0) as new_cnt,
        coalesce(staff.left_cnt, 0) as left_cnt,
        {{ divided('staff.linked_cnt', 'staff.head_cnt') }} as link_ratio,
        {{ divided('month_sums.wage_lm', 'month_sums.wage_head_lm', 2) }} as wage_per_head,
        {{ divided('coalesce(month_sums.head_lm, 0)', 'companies.staff_cnt') }} as coverage,
        coalesce(sums.fail_cnt, 0) as fail_cnt,
        {{ divided('sums.fail_cnt', 'sums.item_cnt') }} as fail_ratio,
        sums.last_date,
        sums.biz_date - sums.last_date as idle_days
    from contracts
    left join month_sums on contracts.customer_id = month_sums.customer_id
    left join staff on contracts.customer_id = staff.customer_id
    left join sums on contracts.customer_id = sums.customer_id
    left join companies on contracts.customer_id = companies.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(pay, 'facts.head_lm', 'integer') }} as pay_head_cnt_lm,
        {{ tag_value(pay, 'facts.head_chg', 'decimal(18,4)') }} as pay_head_chg_ratio_l3m,
        {{ tag_value(pay, 'facts.head_max', 'integer') }} as pay_head_max_cnt_l12m,
        {{ tag_value(pay, 'facts.new_cnt', 'integer') }} as pay_head_new_cnt_lm,
        {{ tag_value(pay, 'facts.left_cnt', 'integer') }} as pay_head_left_cnt_lm,
        {{ tag_value(link, 'facts.link_ratio', 'decimal(18,4)') }} as pay_staff_link_ratio,
        {{ tag_value(corp, 'facts.coverage', 'decimal(18,4)') }} as pay_coverage_ratio_lm,
        {{ tag_value(pay, 'facts.wage_per_head', 'decimal(18,2)') }} as pay_wage_per_head_amt_lm,
        {{ tag_value(pay, 'facts.month_cnt', 'integer') }} as pay_month_cnt_l12m,
        {{ tag_value(pay, 'facts.fail_cnt', 'integer') }} as pay_fail_cnt_l3m,
        {{ tag_value(pay, 'facts.fail_ratio', 'decimal(18,4)') }} as pay_fail_ratio_l3m,
        {{ tag_value(pay, 'facts.last_date', 'date') }} as pay_last_date,
        {{ tag_value(pay, 'facts.idle_days', 'integer') }} as pay_idle_days,
        {{ tag_value(pay, 'facts.first_date', 'date') }} as pay_contract_date,
        {{ tag_value(pay, 'facts.is_in_force', 'boolean', 'false') }} as pay_contract_is_live,
        {{ tag_value(pay, 'facts.pay_day', 'integer') }} as pay_contract_day
    from spine
    left join facts on spine.customer_id = facts.customer_id
)

select * from final
