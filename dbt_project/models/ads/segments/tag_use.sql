-- One row per tag of the catalogue: how many rules name it, and which; none is a tag that nobody selects by.
with tags as (
    select
        tag_id,
        tag_name,
        entity,
        status
    from {{ ref('tag_catalog') }}
),

uses as (
    select
        entity,
        used_name,
        cast(count(*) as integer) as segment_cnt,
        string_agg(segment_id, '|' order by segment_id) as segment_ids
    from {{ ref('segment_use') }}
    where used_kind = 'tag'
    group by entity, used_name
),

final as (
    select
        tags.tag_id,
        tags.tag_name,
        tags.entity,
        tags.status,
        coalesce(uses.segment_cnt, 0) as segment_cnt,
        uses.segment_ids
    from tags
    left join uses
        on tags.tag_name = uses.used_name
        and tags.entity = uses.entity
)

select * from final
