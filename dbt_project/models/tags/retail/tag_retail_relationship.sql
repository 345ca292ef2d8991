-- a row is one retail customer of the spine; how long and where the customer is with the bank, who looks after it, work and stage of life
{% set ecif = ['ecif_retail'] %}
{% set org = ['ecif_retail', 'ref_org'] %}
{% set assign = ['crm_assign'] %}
{% set pay = ['pay_detail'] %}
{% set employer = ['pay_detail', 'ecif_corp'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

persons as (
    select
        parties.*,
        {{ name_key('parties.employer_name') }} as employer_key,
        date_diff('year', parties.birth_date, night.biz_date)
        - case when strftime(parties.birth_date, '%m%d') > strftime(night.biz_date, '%m%d') then 1 else 0 end as age,
        date_diff('year', parties.open_date, night.biz_date)
        - case when strftime(parties.open_date, '%m%d') > strftime(night.biz_date, '%m%d') then 1 else 0 end as tenure_years,
        night.biz_date,
        night.month_start
    from {{ ref('dwd_party') }} as parties
    inner join spine on parties.customer_id = spine.customer_id
    cross join night
),

-- The first that holds, as a rule and in this order; a person of unknown age can still be a student or retired.
stages as (
    select
        customer_id,
        case
            when age < 18 then 'minor'
            when occup_code = 'student' then 'student'
            when occup_code = 'retired' or age >= {{ parameter('elder_care_age') }} then 'elder'
            when age < {{ parameter('life_young_age') }} and marital_code = 'married' then 'young_family'
            when age < {{ parameter('life_young_age') }} then 'young'
            when age < {{ parameter('life_senior_age') }} then 'prime'
            when age is not null then 'senior'
        end as stage_code
    from persons
),

branches as (
    select * from {{ ref('dwd_branch') }}
),

-- The tier-1 branch above an organisation, or itself; the tree has at most five levels.
branch_tops as (
    select
        branches.org_id,
        branches.level_code,
        branches.region_code,
        branches.close_date,
        case 'tier1'
            when branches.level_code then branches.org_id
            when parents.level_code then parents.org_id
            when grands.level_code then grands.org_id
            when greats.level_code then greats.org_id
        end as tier1_org
    from branches
    left join branches as parents on branches.parent_id = parents.org_id
    left join branches as grands on parents.parent_id = grands.org_id
    left join branches as greats on grands.parent_id = greats.org_id
),

main_assignments as (
    select
        assignments.*,
        coalesce(assignments.to_date <= night.biz_date, false) as is_ended,
        row_number() over (
            partition by assignments.customer_id order by assignments.from_date, assignments.manager_id
        ) = 1 as is_first,
        night.biz_date,
        night.month_start
    from {{ ref('dwd_manager_assignment') }} as assignments
    inner join spine on assignments.customer_id = spine.customer_id
    inner join night on assignments.from_date <= night.biz_date
    where assignments.role_code = 'main'
),

main_managers as (
    select customer_id, manager_id, org_id, from_date, share_ratio
    from main_assignments
    where not is_ended
    qualify row_number() over (partition by customer_id order by from_date desc, manager_id) = 1
),

manager_loads as (
    select manager_id, count(*) as customer_cnt from main_managers group by manager_id
),

manager_sums as (
    select
        customer_id,
        count(distinct manager_id) as manager_cnt,
        count(case
            when not is_first and from_date >= month_start - interval 12 month and from_date < month_start then 1
        end) as chg_cnt,
        max(case when is_ended then to_date end) as last_end_date,
        bool_or(not is_ended) as has_now,
        max(biz_date) as biz_date
    from main_assignments
    group by customer_id
),

pay_details as (
    select pay_details.*
    from {{ ref('dwd_pay_detail') }} as pay_details
    inner join night
        on
            pay_details.pay_date > night.biz_date - cast({{ parameter('pay_source_days') }} as integer)
            and pay_details.pay_date <= night.biz_date
    where pay_details.result_code = 'ok' and pay_details.customer_id is not null
),

pensioners as (
    select customer_id, bool_or(pay_type = 'pension') as is_pensioner
    from pay_details
    group by customer_id
),

employers as (
    select pay_details.customer_id, pay_details.payer_customer_id
    from pay_details
    where pay_details.pay_type = 'wage'
    qualify row_number() over (
        partition by pay_details.customer_id
        order by pay_details.pay_date desc, pay_details.batch_no desc, pay_details.seq desc
    ) = 1
),

employer_facts as (
    select
        employers.customer_id,
        employers.payer_customer_id is not null as is_customer,
        left(companies.industry_code, 1) as section_code,
        companies.size_code,
        companies.corp_type_code,
        {{ name_key('companies.cust_name') }} as name_key
    from employers
    left join {{ ref('dwd_company') }} as companies on employers.payer_customer_id = companies.customer_id
),

colleagues as (
    select employer_key, count(*) as customer_cnt
    from persons
    where nullif(trim(employer_name), '') is not null
    group by employer_key
),

final as (
    select
        spine.customer_id,
        {{ tag_value(ecif, 'persons.tenure_years', 'integer') }} as prof_tenure_years,
        {{ tag_value(ecif, 'year(persons.open_date)', 'integer') }} as prof_open_year,
        {{ tag_value(
            ecif,
            'month(persons.open_date) = month(persons.biz_date) and year(persons.open_date) < year(persons.biz_date)',
            'boolean'
        ) }} as prof_is_anniversary_month,
        {{ tag_value(
            ecif,
            'persons.open_date >= persons.month_start - interval 1 month and persons.open_date < persons.month_start',
            'boolean'
        ) }} as prof_is_new_lm,
        {{ tag_value(ecif, 'year(persons.open_date) = year(persons.biz_date)', 'boolean') }} as prof_is_new_ytd,
        {{ tag_value(org, 'opened.level_code', 'varchar') }} as prof_open_level_code,
        {{ tag_value(org, "left(opened.region_code, 4) || '00'", 'varchar') }} as prof_open_city_code,
        {{ tag_value(org, 'managed.level_code', 'varchar') }} as prof_mng_level_code,
        {{ tag_value(org, "left(managed.region_code, 4) || '00'", 'varchar') }} as prof_mng_city_code,
        {{ tag_value(org, 'managed.tier1_org', 'varchar') }} as prof_mng_tier1_org,
        {{ tag_value(ecif, 'persons.open_org <> persons.mng_org', 'boolean') }} as prof_is_org_moved,
        {{ tag_value(org, 'opened.tier1_org <> managed.tier1_org', 'boolean') }} as prof_is_tier1_moved,
        {{ tag_value(assign, 'main_managers.from_date', 'date') }} as prof_manager_since_date,
        {{ tag_value(assign, 'main_managers.share_ratio', 'decimal(18,4)') }} as prof_manager_share_ratio,
        {{ tag_value(assign, 'manager_sums.manager_cnt', 'integer', '0') }} as prof_manager_cnt_ltd,
        {{ tag_value(assign, 'manager_sums.chg_cnt', 'integer', '0') }} as prof_manager_chg_cnt_l12m,
        {{ tag_value(assign, 'manager_sums.last_end_date', 'date') }} as prof_manager_last_end_date,
        {{ tag_value(
            assign,
            'case when not manager_sums.has_now then manager_sums.biz_date - manager_sums.last_end_date end',
            'integer'
        ) }} as prof_manager_none_days,
        {{ tag_value(assign+ecif, 'main_managers.org_id = persons.mng_org', 'boolean') }} as prof_is_manager_home,
        {{ tag_value(assign, 'manager_loads.customer_cnt', 'integer') }} as prof_manager_head_cnt,
        {{ tag_value(ecif, "persons.marital_code = 'married'", 'boolean') }} as prof_is_married,
        {{ tag_value(ecif, "persons.edu_code in ('10', '20')", 'boolean') }} as prof_is_college,
        {{ tag_value(ecif, "persons.occup_code = 'civil'", 'boolean') }} as prof_is_civil,
        {{ tag_value(ecif, "persons.occup_code = 'owner'", 'boolean') }} as prof_is_biz_declared,
        {{ tag_value(ecif, 'stages.stage_code', 'varchar') }} as prof_life_stage_code,
        {{ tag_value(pay, 'pensioners.is_pensioner', 'boolean', 'false') }} as prof_is_pensioner,
        {{ tag_value(
            ecif+pay,
            "coalesce(persons.occup_code = 'retired', false) or coalesce(pensioners.is_pensioner, false)",
            'boolean'
        ) }} as prof_is_retired_inferred,
        {{ tag_value(pay, 'employer_facts.is_customer', 'boolean') }} as prof_is_employer_customer,
        {{ tag_value(employer, 'employer_facts.section_code', 'varchar') }} as prof_employer_industry_code,
        {{ tag_value(employer, 'employer_facts.size_code', 'varchar') }} as prof_employer_size_code,
        {{ tag_value(employer, 'employer_facts.corp_type_code', 'varchar') }} as prof_employer_type_code,
        {{ tag_value(ecif+employer, 'persons.employer_key = employer_facts.name_key', 'boolean') }} as prof_is_employer_same,
        {{ tag_value(ecif, 'colleagues.customer_cnt - 1', 'integer') }} as prof_colleague_cnt
    from spine
    inner join persons on spine.customer_id = persons.customer_id
    inner join stages on spine.customer_id = stages.customer_id
    left join branch_tops as opened on persons.open_org = opened.org_id
    left join branch_tops as managed on persons.mng_org = managed.org_id
    left join main_managers on spine.customer_id = main_managers.customer_id
    left join manager_loads on main_managers.manager_id = manager_loads.manager_id
    left join manager_sums on spine.customer_id = manager_sums.customer_id
    left join pensioners on spine.customer_id = pensioners.customer_id
    left join employer_facts on spine.customer_id = employer_facts.customer_id
    left join colleagues on persons.employer_key = colleagues.employer_key
)

select * from final
