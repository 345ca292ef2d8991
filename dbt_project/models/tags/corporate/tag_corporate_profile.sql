-- a row is one corporate customer of the spine; facts about the company and its relationship with the bank
{% set corp = ['ecif_corp'] %}
{% set org = ['ecif_corp', 'ref_org'] %}
{% set assign = ['ecif_corp', 'crm_assign'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_corporate_spine') }}
),

branches as (
    select org_id, region_code from {{ ref('dwd_branch') }}
),

industry_flags as (
    select industry_flag.flag_code, industry_flag.industry_prefix
    from {{ ref('industry_flag') }} as industry_flag
    cross join {{ source('ops', 'run_context') }} as run_context
    where {{ in_force('industry_flag') }}
),

assignments as (
    select assignments.*
    from {{ ref('dwd_manager_assignment') }} as assignments
    cross join night
    where
        assignments.from_date <= night.biz_date
        and (assignments.to_date is null or assignments.to_date > night.biz_date)
),

main_managers as (
    select customer_id, manager_id, org_id, from_date
    from assignments
    where role_code = 'main'
    qualify row_number() over (partition by customer_id order by from_date desc, manager_id) = 1
),

companies as (
    select
        companies.* exclude (industry_code),
        night.biz_date,
        nullif(trim(companies.industry_code), '') as industry_code,
        -- Digits 3 to 8 of the unified social credit code are the region of registration.
        case
            when regexp_matches(trim(companies.uscc), '^[0-9A-Z]{2}[0-9]{6}[0-9A-Z]{10}$') then substr(trim(companies.uscc), 3, 6)
        end as region_code,
        branches.region_code as mng_region_code,
        -- Full years: no company is a year older before the day of its founding.
        date_diff('year', companies.found_date, night.biz_date)
        - case
            when strftime(companies.found_date, '%m%d') > strftime(night.biz_date, '%m%d') then 1 else 0
        end as age
    from {{ ref('dwd_company') }} as companies
    cross join night
    left join branches on companies.mng_org = branches.org_id
),

-- An industry that the bank does not know has no flags, which is not the same as having none.
flags as (
    select
        companies.customer_id,
        {% for flag in ['overcapacity', 'real_estate', 'bulk_trade', 'green', 'hightech_mfg', 'digital', 'contact_service', 'agri'] %}
        coalesce(bool_or(industry_flags.flag_code = '{{ flag }}'), false) as is_{{ flag }}{{ ',' if not loop.last }}
        {% endfor %}
    from companies
    left join industry_flags on starts_with(companies.industry_code, industry_flags.industry_prefix)
    where companies.industry_code is not null
    group by companies.customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(corp, 'companies.status_code', 'varchar') }} as prof_status_code,
        {{ tag_value(corp, 'companies.open_date', 'date') }} as prof_open_date,
        {{ tag_value(corp, 'companies.biz_date - companies.open_date', 'integer') }} as prof_tenure_days,
        {{ tag_value(corp, cut_code('tenure', 'companies.biz_date - companies.open_date'), 'integer') }}
            as prof_tenure_band_code,
        {{ tag_value(corp, 'companies.open_org', 'varchar') }} as prof_open_org,
        {{ tag_value(corp, 'companies.mng_org', 'varchar') }} as prof_mng_org,
        {{ tag_value(org, 'companies.mng_region_code', 'varchar') }} as prof_mng_region_code,
        {{ tag_value(corp, 'companies.open_org <> companies.mng_org', 'boolean') }} as prof_is_org_moved,
        {{ tag_value(assign, 'main_managers.customer_id is not null', 'boolean') }} as prof_has_manager,
        {{ tag_value(assign, 'main_managers.manager_id', 'varchar') }} as prof_manager_id,
        {{ tag_value(assign, 'companies.biz_date - main_managers.from_date', 'integer') }} as prof_manager_days,
        {{ tag_value(corp, 'companies.kyc_next_date', 'date') }} as prof_kyc_date,
        {{ tag_value(corp, 'companies.kyc_next_date - companies.biz_date', 'integer') }} as prof_kyc_due_days,
        {{ tag_value(corp, 'companies.kyc_next_date - companies.biz_date <= 90', 'boolean') }} as prof_is_kyc_due_90d,
        {{ tag_value(corp, 'companies.corp_type_code', 'varchar') }} as corp_type_code,
        {{ tag_value(corp, 'companies.size_code', 'varchar') }} as corp_size_code,
        {{ tag_value(
            corp,
            "companies.size_code in ('small', 'micro') and companies.corp_type_code in ('enterprise', 'sole')",
            'boolean'
        ) }} as corp_is_small_micro,
        {{ tag_value(corp, "companies.corp_type_code = 'sole'", 'boolean') }} as corp_is_sole,
        {{ tag_value(corp, 'companies.found_date', 'date') }} as corp_found_date,
        {{ tag_value(corp, 'companies.biz_date - companies.found_date', 'integer') }} as corp_age_days,
        {{ tag_value(corp, 'companies.age', 'integer') }} as corp_age_years,
        {{ tag_value(corp, cut_code('corp_age_band', 'companies.age'), 'integer') }} as corp_age_band_code,
        {{ tag_value(corp, 'companies.staff_cnt', 'integer') }} as corp_staff_cnt,
        {{ tag_value(corp, cut_code('corp_staff_band', 'companies.staff_cnt'), 'integer') }} as corp_staff_band_code,
        {{ tag_value(corp, 'companies.reg_capital', 'decimal(18,2)') }} as corp_capital_amt,
        {{ tag_value(corp, cut_code('corp_capital_band', 'companies.reg_capital'), 'integer') }}
            as corp_capital_band_code,
        {{ tag_value(corp, 'companies.industry_code', 'varchar') }} as corp_industry_code,
        {{ tag_value(corp, 'left(companies.industry_code, 1)', 'varchar') }} as corp_section_code,
        {{ tag_value(corp, "nullif(substr(companies.industry_code, 2, 2), '')", 'varchar') }} as corp_division_code,
        {{ tag_value(corp, "left(companies.industry_code, 1) = 'C'", 'boolean') }} as corp_is_manufacturing,
        {{ tag_value(corp, 'flags.is_overcapacity', 'boolean') }} as corp_is_overcapacity,
        {{ tag_value(corp, 'flags.is_real_estate', 'boolean') }} as corp_is_real_estate,
        {{ tag_value(corp, 'flags.is_bulk_trade', 'boolean') }} as corp_is_bulk_trade,
        {{ tag_value(corp, 'flags.is_green', 'boolean') }} as corp_is_green,
        {{ tag_value(corp, 'flags.is_hightech_mfg', 'boolean') }} as corp_is_hightech_mfg,
        {{ tag_value(corp, 'flags.is_digital', 'boolean') }} as corp_is_digital,
        {{ tag_value(corp, 'flags.is_contact_service', 'boolean') }} as corp_is_contact_service,
        {{ tag_value(corp, 'flags.is_agri', 'boolean') }} as corp_is_agri,
        {{ tag_value(corp, 'companies.region_code', 'varchar') }} as corp_region_code,
        {{ tag_value(corp, "left(companies.region_code, 4) || '00'", 'varchar') }} as corp_city_code,
        {{ tag_value(corp, "left(companies.region_code, 2) || '0000'", 'varchar') }} as corp_province_code,
        {{ tag_value(org, 'left(companies.region_code, 4) = left(companies.mng_region_code, 4)', 'boolean') }}
            as corp_is_local
    from spine
    inner join companies on spine.customer_id = companies.customer_id
    left join flags on spine.customer_id = flags.customer_id
    left join main_managers on spine.customer_id = main_managers.customer_id
)

select * from final
