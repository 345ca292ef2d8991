-- One row per segment whose rule holds at the business date, empty segments included: its size and how it moved.
with catalogue as (
    select segment_id
    from {{ ref('segment_catalog') }}
    where
        coalesce(valid_from <= {{ biz_date() }}, true)
        and coalesce(valid_to >= {{ biz_date() }}, true)
),

failed as (
    select
        segment_id,
        string_agg(distinct reason_code || ' ' || seen, '; ' order by reason_code || ' ' || seen) as failure
    from {{ ref('segment_fault') }}
    group by segment_id
),

members as (
    select
        segment_id,
        customer_id,
        first_date,
        biz_date
    from {{ ref('segment_member') }}
),

prior_members as (
    select
        segment_id,
        customer_id
    from {{ source('ops', 'prior_segment_member') }}
),

-- without a night of the day before nothing can be said about movement, which is not the same as none
prior_night as (
    select count(*) > 0 as is_known
    from prior_members
),

sizes as (
    select
        segment_id,
        cast(count(*) as integer) as size
    from members
    group by segment_id
),

moves as (
    select
        coalesce(members.segment_id, prior_members.segment_id) as segment_id,
        cast(count(prior_members.customer_id) as integer) as prior_size,
        cast(sum(case when prior_members.customer_id is null then 1 else 0 end) as integer) as entered,
        cast(sum(case when members.customer_id is null then 1 else 0 end) as integer) as left_cnt
    from members
    full outer join prior_members
        on members.segment_id = prior_members.segment_id
        and members.customer_id = prior_members.customer_id
    group by coalesce(members.segment_id, prior_members.segment_id)
),

final as (
    select
        catalogue.segment_id,
        {{ biz_date() }} as biz_date,
        -- of a segment that failed nothing is known, which is not the same as empty
        case when failed.segment_id is null then coalesce(sizes.size, 0) end as size,
        case when prior_night.is_known and failed.segment_id is null then coalesce(moves.entered, 0) end as entered,
        case when prior_night.is_known and failed.segment_id is null then coalesce(moves.left_cnt, 0) end as left_cnt,
        case when prior_night.is_known and failed.segment_id is null then coalesce(moves.prior_size, 0) end as prior_size,
        -- always false in this version: a feed that is late stops the night; it will say that a stale feed was carried
        cast(false as boolean) as is_degraded,
        failed.segment_id is not null as is_failed,
        failed.failure
    from catalogue
    cross join prior_night
    left join sizes on catalogue.segment_id = sizes.segment_id
    left join failed on catalogue.segment_id = failed.segment_id
    left join moves on catalogue.segment_id = moves.segment_id
)

select * from final
