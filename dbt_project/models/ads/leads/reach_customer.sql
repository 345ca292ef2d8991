-- a row is one customer of any entity: what the rules of reach ask about the person or company, whatever the campaign
{{ config(materialized='table') }}
with night as (
    {{ night_dates() }}
),

contracts as (
    select agreements.customer_id
    from {{ ref('dwd_agreement') }} as agreements
    inner join night
        on
            agreements.from_date <= night.biz_date
            and (agreements.to_date is null or agreements.to_date > night.biz_date)
    group by agreements.customer_id
),

exclusions as (
    select overrides.customer_id
    from {{ ref('dwd_override') }} as overrides
    inner join night
        on
            overrides.from_date <= night.biz_date
            and (overrides.to_date is null or overrides.to_date > night.biz_date)
    where overrides.kind_code = 'exclude' and coalesce(overrides.value_code, 'all') in ('all', 'marketing')
    group by overrides.customer_id
),

complaints as (
    select complaints.customer_id
    from {{ ref('dwd_complaint') }} as complaints
    inner join night on complaints.open_date <= night.biz_date
    where
        complaints.close_date is null or complaints.close_date > night.biz_date
        or (complaints.topic_code = 'marketing' and night.biz_date - complaints.open_date < {{ parameter('reach_complaint_days') }})
    group by complaints.customer_id
),

-- A household is what was declared: spouses, children, supplementary cards. Two steps reach everybody of one roof.
ties as (
    select relations.from_customer_id as customer_id, relations.to_customer_id as other_id
    from {{ ref('dwd_relation') }} as relations
    inner join night
        on
            relations.from_date <= night.biz_date
            and (relations.to_date is null or relations.to_date > night.biz_date)
    where
        relations.rel_code in ('spouse', 'child', 'supplementary') and relations.from_customer_id is not null
        and relations.to_customer_id is not null
),

both_ways as (
    select customer_id, other_id from ties
    union
    select other_id as customer_id, customer_id as other_id from ties
),

first_steps as (
    select customer_id, least(customer_id, min(other_id)) as household_id
    from both_ways
    group by customer_id
),

households as (
    select both_ways.customer_id, least(min(own_steps.household_id), min(other_steps.household_id)) as household_id
    from both_ways
    inner join first_steps as own_steps on both_ways.customer_id = own_steps.customer_id
    inner join first_steps as other_steps on both_ways.other_id = other_steps.customer_id
    group by both_ways.customer_id
),

people as (
    select
        tags_retail.customer_id,
        'retail' as entity,
        tags_retail.prof_status_code as status_code,
        tags_retail.risk_is_marketing_blocked as is_blocked,
        restricted.risk_block_reason_code as block_reason,
        tags_retail.prof_is_staff as is_staff,
        tags_retail.prof_is_minor as is_minor,
        tags_retail.prof_age as age,
        tags_retail.prof_is_student as is_student,
        tags_retail.prof_is_elder_care as is_elder,
        coalesce(tags_retail.loan_dpd_max, 0) > 0 or coalesce(tags_retail.cc_dpd, 0) > 0 as is_past_due,
        tags_retail.risk_is_enforced as is_enforced,
        tags_retail.prod_risk_valid_days as test_days,
        tags_retail.prod_risk_level_code as tolerance,
        coalesce(tags_retail.prof_is_mobile_verified, false) as is_mobile_ok,
        coalesce(tags_retail.risk_unreachable_cnt_90d, 0) as unreachable_cnt
    from {{ ref('tags_retail') }} as tags_retail
    left join {{ ref('tag_retail_restricted') }} as restricted on tags_retail.customer_id = restricted.customer_id
),

companies as (
    select
        tags_corporate.customer_id,
        'corporate' as entity,
        tags_corporate.prof_status_code as status_code,
        tags_corporate.risk_is_marketing_blocked as is_blocked
    from {{ ref('tags_corporate') }} as tags_corporate
),

merchants as (
    select
        tags_merchant.customer_id,
        'merchant' as entity,
        tags_merchant.mer_status_code as status_code,
        tags_merchant.risk_is_marketing_blocked as is_blocked
    from {{ ref('tags_merchant') }} as tags_merchant
),

everybody as (
    select * from people
    union all by name
    select * from companies
    union all by name
    select * from merchants
),

final as (
    select
        everybody.customer_id,
        everybody.entity,
        coalesce(everybody.status_code in ('deceased', 'closed'), false)
        or (coalesce(everybody.status_code = 'potential', false) and contracts.customer_id is null) as is_out,
        -- The true reason: it goes to the restricted file, and the mart shows `internal_rule` for all of them.
        case
            when coalesce(everybody.is_blocked, false) then coalesce('control:' || everybody.block_reason, 'blocked')
            when exclusions.customer_id is not null then 'exclusion'
            when coalesce(everybody.is_staff, false) then 'staff'
        end as block_reason,
        coalesce(everybody.is_minor, false) as is_minor,
        complaints.customer_id is not null as is_complaining,
        everybody.age,
        coalesce(everybody.is_student, false) as is_student,
        coalesce(everybody.is_elder, false) as is_elder,
        coalesce(everybody.is_past_due, false) as is_past_due,
        coalesce(everybody.is_enforced, false) as is_enforced,
        everybody.test_days,
        everybody.tolerance,
        coalesce(everybody.is_mobile_ok, false) as is_mobile_ok,
        coalesce(everybody.unreachable_cnt, 0) as unreachable_cnt,
        households.household_id
    from everybody
    left join contracts on everybody.customer_id = contracts.customer_id
    left join exclusions on everybody.customer_id = exclusions.customer_id
    left join complaints on everybody.customer_id = complaints.customer_id
    left join households on everybody.customer_id = households.customer_id
)

select * from final
