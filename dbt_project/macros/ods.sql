{#
    How a staging model reads its feed, by load kind. `ods.<feed>` keeps the rows of every delivery with the date that the
    delivery was for (`biz_date`); a static feed has none. A night sees deliveries up to its own date and no later,
    so that any past night can be run again.
#}

{# journal: every row ever delivered, up to D. #}
{% macro ods_journal(feed) -%}
    select * from {{ source('ods', feed) }} where biz_date <= {{ biz_date() }}
{%- endmacro %}

{# delta: the last word on each key up to D; a key whose last word is D (deleted) is gone. #}
{% macro ods_delta(feed, key) -%}
    select *
    from (
        select *
        from {{ source('ods', feed) }}
        where biz_date <= {{ biz_date() }}
        qualify row_number() over (partition by {{ key | join(', ') }} order by biz_date desc, src_line desc) = 1
    )
    where op <> 'D'
{%- endmacro %}

{# full: the rows of the newest delivery up to D. #}
{% macro ods_full(feed) -%}
    select *
    from {{ source('ods', feed) }}
    where biz_date = (
        select max(newest.biz_date) from {{ source('ods', feed) }} as newest where newest.biz_date <= {{ biz_date() }}
    )
{%- endmacro %}

{# static: a file that is delivered once; rows that carry a date are cut at D, or the night would know the future. #}
{% macro ods_static(feed, cut=none) -%}
    select * from {{ source('ods', feed) }}{% if cut %} where {{ cut }} <= {{ biz_date() }}{% endif %}
{%- endmacro %}

{# The staging model of a feed that the bank does not have: the columns of the model's YAML, and never a row. #}
{% macro absent_feed() -%}
    select
    {%- if execute %}
        {%- for column in model.columns.values() %}
        cast(null as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    {%- else %}
        null
    {%- endif %}
    where false
{%- endmacro %}
