{#
    How a staging model reads its feed, by load kind. `ods.<feed>` keeps the rows of deliveries with the date that the
    delivery was for (`biz_date`); a static feed has none. Where a row is a state, `hist.<feed>` keeps each state with the
    dates on which it held, half-open: [valid_from, valid_to). A night sees what held on its own date and nothing later,
    so that any past night can be run again.
#}

{# journal, and fulls whose rows carry their date: every row ever delivered, up to D. #}
{% macro ods_journal(feed) -%}
    select * from {{ source('ods', feed) }} where biz_date <= {{ biz_date() }}
{%- endmacro %}

{# delta: the state of each key at D, from the feed's history. #}
{% macro ods_delta(feed) -%}
    {{ ods_full(feed) }}
{%- endmacro %}

{# full: the rows of the newest delivery up to D, from the feed's history. #}
{% macro ods_full(feed) -%}
    select * exclude (valid_from, valid_to)
    from {{ source('ods', feed).replace_path(schema='hist') }}
    where valid_from <= {{ biz_date() }} and valid_to > {{ biz_date() }}
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
