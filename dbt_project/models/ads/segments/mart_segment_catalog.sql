-- One row per segment: what it is, whose it is and the rule that selects it.
-- The seed of the same name has the rows; two dbt nodes cannot share a name, so this one takes it as its alias.
{{ config(alias='segment_catalog') }}

with segment_catalog as (
    select * from {{ ref('segment_catalog') }}
),

final as (
    select
        segment_id,
        key,
        zh,
        en,
        entity,
        line,
        owner,
        purpose,
        scope,
        channels,
        priority,
        distribution,
        ranking,
        description_zh,
        description_en,
        rule,
        storey,
        late,
        valid_from,
        valid_to,
        tag_ids,
        segment_keys,
        past
    from segment_catalog
)

select * from final
