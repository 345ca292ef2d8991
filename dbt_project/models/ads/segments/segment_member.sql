-- One row per customer and segment that the customer is in at the business date.
with membership as (
    select
        segment_id,
        customer_id,
        entity
    from {{ ref('segment_membership') }}
),

failed as (
    select distinct segment_id
    from {{ ref('segment_fault') }}
),

prior_members as (
    select
        segment_id,
        customer_id,
        first_date
    from {{ source('ops', 'prior_segment_member') }}
),

final as (
    select
        membership.segment_id,
        membership.customer_id,
        membership.entity,
        -- who was in it yesterday goes on with the same stay; a day out of it begins a new one
        coalesce(prior_members.first_date, {{ biz_date() }}) as first_date,
        {{ biz_date() }} as biz_date
    from membership
    left join prior_members
        on membership.segment_id = prior_members.segment_id
        and membership.customer_id = prior_members.customer_id
    left join failed on membership.segment_id = failed.segment_id
    where failed.segment_id is null
)

select * from final
