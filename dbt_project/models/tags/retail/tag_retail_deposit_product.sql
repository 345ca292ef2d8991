-- a row is one retail customer of the spine; demand accounts, term deposits and large CDs: first, latest, how many, given up
{% set accounts = ['core_acct', 'core_acct_person'] %}
{% set terms = ['core_acct', 'core_acct_person', 'core_term'] %}
{% set control = ['core_acct', 'core_acct_person', 'core_ctrl'] %}
{% set home = ['core_acct', 'core_acct_person', 'ecif_retail'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

deposit_accounts as (
    {{ deposit_accounts_by_night('retail') }}
),

account_sums as (
    select
        customer_id,
        count(case when is_open then 1 end) as open_cnt,
        count(case when close_date > biz_date - 365 and close_date <= biz_date then 1 end) as closed_365d,
        max(case when close_date <= biz_date then close_date end) as close_date,
        count(case when is_open and class_code = '1' then 1 end) as class1_cnt,
        min(case when is_open and class_code = '1' then open_date end) as class1_date,
        min(case when is_open then open_date end) as first_open_date,
        max(case when is_open then open_date end) as last_open_date,
        max(biz_date) as biz_date
    from deposit_accounts
    group by customer_id
),

mng_accounts as (
    select distinct deposit_accounts.customer_id
    from deposit_accounts
    inner join {{ ref('dwd_party') }} as parties
        on deposit_accounts.customer_id = parties.customer_id and deposit_accounts.open_org = parties.mng_org
    where deposit_accounts.is_open
),

demand_sums as (
    select
        customer_id,
        min(open_date) as demand_first_date,
        max(open_date) as demand_last_date,
        count(*) as demand_ever_cnt,
        count(case when open_date > biz_date - 365 then 1 end) as demand_new_cnt
    from deposit_accounts
    where kind_code in ('demand', 'call')
    group by customer_id
),

term_deposits as (
    select
        term_deposits.*,
        case when term_deposits.kind_code = 'cd' then 'cd' else 'term' end as prod,
        night.biz_date
    from {{ ref('dwd_term_deposit') }} as term_deposits
    inner join night on term_deposits.start_date <= night.biz_date
    where term_deposits.entity = 'retail'
),

term_sums as (
    select
        customer_id,
        {% for prod in ['term', 'cd'] %}
        min(case when prod = '{{ prod }}' then start_date end) as {{ prod }}_first_date,
        max(case when prod = '{{ prod }}' then start_date end) as {{ prod }}_last_date,
        count(case when prod = '{{ prod }}' then 1 end) as {{ prod }}_ever_cnt,
        count(case when prod = '{{ prod }}' and status_code = 'live' then 1 end) as {{ prod }}_live_cnt,
        count(case when prod = '{{ prod }}' and start_date > biz_date - 365 then 1 end) as {{ prod }}_new_cnt,
        count(case
            when prod = '{{ prod }}' and status_code = 'matured' and due_date > biz_date - 365 and due_date <= biz_date then 1
        end) as {{ prod }}_matured_cnt{{ ',' if not loop.last }}
        {% endfor %}
    from term_deposits
    group by customer_id
),

-- Only limits that the bank itself set: one that a court or the police ordered would be disclosed by its amount.
limits as (
    select controls.customer_id, min(controls.amt) as limit_amt
    from {{ ref('dwd_account_control') }} as controls
    inner join night
        on
            controls.from_date <= night.biz_date
            and (controls.to_date is null or controls.to_date > night.biz_date)
    where controls.ctrl_kind = 'non_counter' and controls.by_code = 'bank'
    group by controls.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(accounts, 'demand_sums.demand_first_date', 'date') }} as prod_demand_first_date,
        {{ tag_value(accounts, 'demand_sums.demand_last_date', 'date') }} as prod_demand_last_date,
        {{ tag_value(accounts, 'demand_sums.demand_ever_cnt', 'integer', '0') }} as prod_demand_cnt_ltd,
        {{ tag_value(accounts, 'demand_sums.demand_new_cnt', 'integer', '0') }} as prod_demand_opened_cnt_365d,
        {{ tag_value(terms, 'term_sums.term_live_cnt > 0', 'boolean', 'false') }} as prod_has_term,
        {{ tag_value(terms, 'term_sums.term_first_date', 'date') }} as prod_term_first_date,
        {{ tag_value(terms, 'term_sums.term_last_date', 'date') }} as prod_term_last_date,
        {{ tag_value(terms, 'term_sums.term_ever_cnt', 'integer', '0') }} as prod_term_cnt_ltd,
        {{ tag_value(terms, 'term_sums.term_new_cnt', 'integer', '0') }} as prod_term_opened_cnt_365d,
        {{ tag_value(terms, 'term_sums.term_matured_cnt', 'integer', '0') }} as prod_term_matured_cnt_365d,
        {{ tag_value(terms, 'term_sums.term_ever_cnt > 0 and term_sums.term_live_cnt = 0', 'boolean', 'false') }}
            as prod_term_is_lapsed,
        {{ tag_value(terms, 'term_sums.cd_live_cnt > 0', 'boolean', 'false') }} as prod_has_cd,
        {{ tag_value(terms, 'term_sums.cd_first_date', 'date') }} as prod_cd_first_date,
        {{ tag_value(terms, 'term_sums.cd_last_date', 'date') }} as prod_cd_last_date,
        {{ tag_value(terms, 'term_sums.cd_ever_cnt', 'integer', '0') }} as prod_cd_cnt_ltd,
        {{ tag_value(terms, 'term_sums.cd_new_cnt', 'integer', '0') }} as prod_cd_opened_cnt_365d,
        {{ tag_value(terms, 'term_sums.cd_matured_cnt', 'integer', '0') }} as prod_cd_matured_cnt_365d,
        {{ tag_value(terms, 'term_sums.cd_ever_cnt > 0 and term_sums.cd_live_cnt = 0', 'boolean', 'false') }}
            as prod_cd_is_lapsed,
        {{ tag_value(accounts, 'account_sums.closed_365d', 'integer', '0') }} as acct_closed_cnt_365d,
        {{ tag_value(accounts, 'account_sums.close_date', 'date') }} as acct_last_close_date,
        {{ tag_value(accounts, 'account_sums.class1_cnt > 0', 'boolean', 'false') }} as acct_has_class1,
        {{ tag_value(accounts, 'account_sums.class1_date', 'date') }} as acct_class1_first_date,
        {{ tag_value(control, 'limits.limit_amt', 'decimal(18,2)', '0') }} as acct_nonface_limit_amt,
        {{ tag_value(home, 'account_sums.open_cnt > 0 and mng_accounts.customer_id is not null', 'boolean', 'false') }}
            as acct_is_mng_org,
        {{ tag_value(accounts, 'account_sums.biz_date - account_sums.first_open_date', 'integer') }} as acct_oldest_days,
        {{ tag_value(accounts, 'account_sums.biz_date - account_sums.last_open_date', 'integer') }} as acct_newest_days
    from spine
    left join account_sums on spine.customer_id = account_sums.customer_id
    left join mng_accounts on spine.customer_id = mng_accounts.customer_id
    left join demand_sums on spine.customer_id = demand_sums.customer_id
    left join term_sums on spine.customer_id = term_sums.customer_id
    left join limits on spine.customer_id = limits.customer_id
)

select * from final
