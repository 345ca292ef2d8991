-- a row is one retail customer of the spine; facts about the person, the relationship and who looks after it
{% set ecif = ['ecif_retail'] %}
{% set contact = ['ecif_contact'] %}
{% set assign = ['crm_assign'] %}

with night as (
    {{ night_dates() }}
),

spine as (
    select customer_id from {{ ref('dws_retail_spine') }}
),

parties as (
    select * from {{ ref('dwd_party') }}
),

contacts as (
    select * from {{ ref('dwd_contact') }} where customer_id is not null
),

assignments as (
    select assignments.*
    from {{ ref('dwd_manager_assignment') }} as assignments
    cross join night
    where
        assignments.from_date <= night.biz_date
        and (assignments.to_date is null or assignments.to_date > night.biz_date)
),

persons as (
    select
        parties.*,
        -- Full years: nobody is a year older before the birthday, and who was born on 29 February not before 1 March.
        date_diff('year', parties.birth_date, night.biz_date)
        - case
            when strftime(parties.birth_date, '%m%d') > strftime(night.biz_date, '%m%d') then 1 else 0
        end as age,
        night.biz_date
    from parties
    cross join night
),

contact_facts as (
    select
        customer_id,
        bool_or(contact_kind = 'mobile' and mobile is not null) as has_mobile,
        bool_or(contact_kind = 'mobile' and mobile is not null and coalesce(is_verified, false)) as has_verified_mobile,
        bool_or(contact_kind = 'email') as has_email,
        bool_or(contact_kind = 'address' and address is not null) as has_address,
        max(update_date) as update_date
    from contacts
    group by customer_id
),

-- Where the customer lives: the verified address before the others, then the one that was changed last.
regions as (
    select customer_id, region_code
    from contacts
    where contact_kind = 'address' and region_code is not null
    qualify row_number() over (
        partition by customer_id
        order by coalesce(is_verified, false) desc, update_date desc nulls last, seq desc
    ) = 1
),

main_managers as (
    select customer_id, manager_id, org_id, from_date
    from assignments
    where role_code = 'main'
    qualify row_number() over (partition by customer_id order by from_date desc, manager_id) = 1
),

manager_counts as (
    select
        customer_id,
        count(distinct case when role_code = 'co' then manager_id end) as co_cnt
    from assignments
    group by customer_id
),

final as (
    select
        spine.customer_id,
        {{ tag_value(ecif, 'persons.status_code', 'varchar') }} as prof_status_code,
        {{ tag_value(ecif, 'persons.age', 'integer') }} as prof_age,
        {{ tag_value(ecif, cut_code('age_band', 'persons.age'), 'integer') }} as prof_age_band_code,
        {{ tag_value(ecif, 'month(persons.birth_date)', 'integer') }} as prof_birth_month,
        {{ tag_value(ecif, 'month(persons.birth_date) = month(persons.biz_date)', 'boolean') }} as prof_is_birth_month,
        {{ tag_value(ecif, 'persons.gender_code', 'varchar') }} as prof_gender_code,
        {{ tag_value(ecif, 'persons.age < 18', 'boolean') }} as prof_is_minor,
        {{ tag_value(ecif, 'persons.age >= ' ~ parameter('elder_care_age'), 'boolean') }} as prof_is_elder_care,
        {{ tag_value(ecif, "persons.status_code = 'deceased' or persons.death_date is not null", 'boolean') }}
            as prof_is_deceased,
        {{ tag_value(ecif, 'persons.is_staff', 'boolean') }} as prof_is_staff,
        {{ tag_value(ecif, "persons.occup_code = 'student'", 'boolean') }} as prof_is_student,
        {{ tag_value(ecif, "persons.occup_code = 'retired'", 'boolean') }} as prof_is_retired,
        {{ tag_value(ecif, 'persons.edu_code', 'varchar') }} as prof_edu_code,
        {{ tag_value(ecif, 'persons.occup_code', 'varchar') }} as prof_occup_code,
        {{ tag_value(ecif, 'persons.marital_code', 'varchar') }} as prof_marital_code,
        {{ tag_value(ecif, 'persons.income_band', 'varchar') }} as prof_income_band_code,
        {{ tag_value(ecif, "nullif(trim(persons.employer_name), '') is not null", 'boolean') }} as prof_has_employer,
        {{ tag_value(ecif, 'persons.id_type', 'varchar') }} as prof_id_type_code,
        {{ tag_value(ecif, 'persons.id_expiry_date - persons.biz_date', 'integer') }} as prof_id_expiry_days,
        {{ tag_value(ecif, 'persons.id_expiry_date < persons.biz_date', 'boolean') }} as prof_is_id_expired,
        {{ tag_value(ecif, 'persons.open_date', 'date') }} as prof_open_date,
        {{ tag_value(ecif, 'persons.open_org', 'varchar') }} as prof_open_org,
        {{ tag_value(ecif, 'persons.mng_org', 'varchar') }} as prof_mng_org,
        {{ tag_value(ecif, 'persons.biz_date - persons.open_date', 'integer') }} as prof_tenure_days,
        {{ tag_value(contact, 'contact_facts.has_mobile', 'boolean', 'false') }} as prof_has_mobile,
        {{ tag_value(contact, 'contact_facts.has_verified_mobile', 'boolean', 'false') }} as prof_is_mobile_verified,
        {{ tag_value(contact, 'contact_facts.has_email', 'boolean', 'false') }} as prof_has_email,
        {{ tag_value(contact, 'contact_facts.has_address', 'boolean', 'false') }} as prof_is_address_known,
        {{ tag_value(contact, 'regions.region_code', 'varchar') }} as prof_region_code,
        {{ tag_value(contact, 'persons.biz_date - contact_facts.update_date', 'integer') }} as prof_contact_update_days,
        {{ tag_value(assign, 'main_managers.customer_id is not null', 'boolean') }} as prof_has_manager,
        {{ tag_value(assign, 'main_managers.manager_id', 'varchar') }} as prof_manager_id,
        {{ tag_value(assign, 'main_managers.org_id', 'varchar') }} as prof_manager_org,
        {{ tag_value(assign, 'persons.biz_date - main_managers.from_date', 'integer') }} as prof_manager_days,
        {{ tag_value(assign, 'manager_counts.co_cnt', 'integer', '0') }} as prof_co_manager_cnt
    from spine
    inner join persons on spine.customer_id = persons.customer_id
    left join contact_facts on spine.customer_id = contact_facts.customer_id
    left join regions on spine.customer_id = regions.customer_id
    left join main_managers on spine.customer_id = main_managers.customer_id
    left join manager_counts on spine.customer_id = manager_counts.customer_id
)

select * from final
