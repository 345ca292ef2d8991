-- a row is one published tag and one column behind it: at every layer for its value, of the sources for its rows
with traced as (
    select * from {{ source('ops', 'tag_lineage') }}
),

catalogue as (
    select entity, tag_name, tag_id from {{ ref('tag_catalog') }}
),

-- Restricted tags have no line here: a name is a disclosure.
final as (
    select
        catalogue.entity,
        catalogue.tag_id,
        catalogue.tag_name,
        traced.layer,
        traced.table_name,
        traced.column_name,
        traced.role
    from traced
    inner join catalogue on traced.entity = catalogue.entity and traced.tag_name = catalogue.tag_name
)

select * from final
