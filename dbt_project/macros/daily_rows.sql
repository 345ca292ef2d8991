{#
    Goes into the where clause of a model that is built day by day (`materialized='daily'` or `'history'`): the columns of the
    rows that are read which hold the day and, where the model has a `part`, the part. As it stands it is always true, so that
    the compiled model is the whole table's definition; the materialization writes the days and parts of a build in its place.
    It only saves reading: rows of other days and parts are left out of a build in any case.
#}
{% macro daily_rows(day, part=none) -%}
    {{ day }} between date '0001-01-01' and date '9999-12-31'
    {%- if part %} and ('all parts' = 'all parts' or {{ part }} is null){% endif %}
{%- endmacro %}

{# The days that a history knows, one row each: to join where a reader needs a row per day. #}
{% macro days_of_history(history) -%}
    select cast(unnest(generate_series(min(valid_from), {{ biz_date() }}, interval 1 day)) as date) as day from {{ history }}
{%- endmacro %}
