-- One row per customer and segment that the customer is in at the business date.
-- Texts are stored as they are: to find out how best to pack customer numbers took longer than to select and write them.
{{ config(
    pre_hook="set disabled_compression_methods = 'dictionary,dict_fsst,fsst,zstd'", post_hook='reset disabled_compression_methods'
) }}
with selected as (
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

late_segments as (
    select segment_id
    from {{ source('ops', 'late_segment') }}
    where state = 'held'
),

-- the members of an earlier night who are still customers, of segments whose rule is not run on tags of an earlier day
held_members as (
    select
        held.customer_id,
        held.segment_id,
        catalogue.entity,
        held.first_date
    from {{ source('ops', 'held_member') }} as held
    inner join {{ ref('segment_catalog') }} as catalogue on held.segment_id = catalogue.segment_id
),

membership as (
    select
        selected.customer_id,
        selected.segment_id,
        selected.entity,
        cast(null as date) as first_date
    from selected
    left join late_segments on selected.segment_id = late_segments.segment_id
    where late_segments.segment_id is null
    union all
    select
        customer_id,
        segment_id,
        entity,
        first_date
    from held_members
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
        -- who was in it yesterday goes on with the same stay; a day out of it begins a new one; a night of failure is no day out
        coalesce(prior_members.first_date, membership.first_date, {{ biz_date() }}) as first_date,
        {{ biz_date() }} as biz_date
    from membership
    left join prior_members
        on membership.segment_id = prior_members.segment_id
        and membership.customer_id = prior_members.customer_id
    left join failed on membership.segment_id = failed.segment_id
    where failed.segment_id is null
)

select * from final
