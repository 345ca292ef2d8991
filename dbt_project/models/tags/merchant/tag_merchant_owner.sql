-- a row is one merchant of the spine; who the owner is, and what other merchants the owner has
{% set owned = ['mer_info', 'ecif_retail', 'ecif_corp'] %}
{% set managed = owned + ['crm_assign'] %}
{% set sold = owned + ['mer_txn'] %}

with spine as (
    select customer_id, biz_date from {{ ref('dws_merchant_spine') }}
),

merchants as (
    select
        merchants.*,
        spine.biz_date
    from {{ ref('dwd_merchant') }} as merchants
    inner join spine on merchants.customer_id = spine.customer_id
),

categories as (
    select mcc, class_code from {{ ref('mcc') }}
),

parties as (
    select * from {{ ref('dwd_party') }}
),

companies as (
    select * from {{ ref('dwd_company') }}
),

main_managers as (
    select distinct assignments.customer_id
    from {{ ref('dwd_manager_assignment') }} as assignments
    cross join {{ source('ops', 'run_context') }} as run_context
    where
        assignments.role_code = 'main'
        and assignments.from_date <= run_context.biz_date
        and (assignments.to_date is null or assignments.to_date > run_context.biz_date)
),

sales as (
    select sales_daily.customer_id, sum(sales_daily.amt_sum) as amt_30d
    from {{ ref('dws_merchant_transaction_daily') }} as sales_daily
    cross join {{ source('ops', 'run_context') }} as run_context
    where sales_daily.acct_date > run_context.biz_date - 30 and sales_daily.acct_date <= run_context.biz_date
    group by sales_daily.customer_id
),

shops as (
    select
        merchants.owner_customer_id,
        count(*) as mer_cnt,
        count(case when merchants.status_code = 'normal' then 1 end) as open_cnt,
        count(case when sales.amt_30d > 0 then 1 end) as active_cnt,
        count(distinct coalesce(categories.class_code, 'other')) as class_cnt,
        count(distinct merchants.region_code) as region_cnt,
        min(merchants.start_date) as first_date,
        sum(coalesce(sales.amt_30d, 0)) as amt_30d
    from merchants
    left join sales on merchants.customer_id = sales.customer_id
    left join categories on merchants.mcc = categories.mcc
    where merchants.owner_customer_id is not null
    group by merchants.owner_customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(owned, 'parties.status_code', 'varchar') }} as owner_status_code,
        {{ tag_value(owned, 'spine.biz_date - parties.open_date', 'integer') }} as owner_tenure_days,
        {{ tag_value(owned, "date_part('year', age(spine.biz_date, parties.birth_date))", 'integer') }} as owner_age,
        {{ tag_value(owned, 'parties.gender_code', 'varchar') }} as owner_gender_code,
        {{ tag_value(owned, "case when merchants.owner_entity_code = 'retail' then parties.is_staff end", 'boolean') }}
            as owner_is_staff,
        {{ tag_value(owned, 'companies.corp_type_code', 'varchar') }} as owner_corp_type_code,
        {{ tag_value(owned, 'companies.size_code', 'varchar') }} as owner_size_code,
        {{ tag_value(owned, 'companies.industry_code', 'varchar') }} as owner_industry_code,
        {{ tag_value(owned, 'companies.staff_cnt', 'integer') }} as owner_staff_cnt,
        {{ tag_value(owned, 'spine.biz_date - companies.found_date', 'integer') }} as owner_corp_age_days,
        {{ tag_value(managed, 'case when merchants.owner_customer_id is not null then main_managers.customer_id is not null end',
            'boolean') }} as owner_has_manager,
        {{ tag_value(owned, 'shops.mer_cnt', 'integer') }} as owner_mer_cnt,
        {{ tag_value(owned, 'shops.mer_cnt - 1', 'integer') }} as owner_mer_other_cnt,
        {{ tag_value(owned, 'shops.open_cnt', 'integer') }} as owner_mer_open_cnt,
        {{ tag_value(owned, 'shops.class_cnt', 'integer') }} as owner_mcc_class_cnt,
        {{ tag_value(owned, 'shops.region_cnt', 'integer') }} as owner_region_cnt,
        {{ tag_value(owned, 'shops.first_date', 'date') }} as owner_mer_first_date,
        {{ tag_value(sold, 'shops.active_cnt', 'integer') }} as owner_mer_active_cnt_30d,
        {{ tag_value(sold, 'shops.amt_30d', 'decimal(18,2)') }} as owner_mer_amt_sum_30d,
        {{ tag_value(sold, 'shops.amt_30d - coalesce(sales.amt_30d, 0)', 'decimal(18,2)') }}
            as owner_mer_other_amt_sum_30d
    from spine
    inner join merchants on spine.customer_id = merchants.customer_id
    left join parties on merchants.owner_customer_id = parties.customer_id
    left join companies on merchants.owner_customer_id = companies.customer_id
    left join main_managers on merchants.owner_customer_id = main_managers.customer_id
    left join shops on merchants.owner_customer_id = shops.owner_customer_id
    left join sales on spine.customer_id = sales.customer_id
)

select * from final
