{#
    The columns of feeds behind each tag, as the night has traced them through the compiled SQL. A tag that only counts
    rows has no column of its own: then those stand for it that decide which rows there are.
#}
{% macro traced_columns() -%}
    select
        entity,
        tag_name,
        coalesce(
            string_agg(distinct table_name || '.' || column_name, ' ' order by table_name || '.' || column_name)
                filter (where role = 'value'),
            string_agg(distinct table_name || '.' || column_name, ' ' order by table_name || '.' || column_name)
        ) as source_columns
    from {{ source('ops', 'tag_lineage') }}
    where layer = 'source'
    group by entity, tag_name
{%- endmacro %}
