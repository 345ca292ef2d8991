{#
    One tag of a hand-written tag model: absent feeds give NULL, above everything else; then the value; then what the spec
    says for "no row" (`otherwise`, left out where no row means unknown or not applicable). Cast to the published type.
#}
{% macro tag_value(feeds, value, data_type, otherwise=none) -%}
    {%- set present = 'coalesce(' ~ value ~ ', ' ~ otherwise ~ ')' if otherwise is not none else value -%}
    cast({{ when_fed(feeds, present) }} as {{ data_type }})
{%- endmacro %}

{#
    One amount divided by another, rounded to so many decimals, halves away from zero; NULL where the second is 0.
    DuckDB divides decimals as doubles, and a double has neither 0.00005 nor a cent: a half is exact only where whole cents
    are divided by whole cents, in whole last digits. Hugeint, because the product of decimal(18,2) overflows at a billion.
#}
{% macro divided(above, below, digits=4) -%}
    round(({{ above }}) * cast({{ 10 ** (digits + 2) }} as hugeint) / nullif(({{ below }}) * cast(100 as hugeint), 0)) / {{ 10 ** digits }}
{%- endmacro %}

{# The date of the night and the first day of its month: one row, to cross join. Complete periods end the day before it. #}
{% macro night_dates() -%}
    select
        run_context.biz_date,
        cast(date_trunc('month', run_context.biz_date) as date) as month_start
    from {{ source('ops', 'run_context') }} as run_context
{%- endmacro %}

{# A number of the bank that may change with time: the value of seed `parameter` in force at D for this bank, or NULL. #}
{% macro parameter(name) -%}
    (
        select parameter.value
        from {{ ref('parameter') }} as parameter
        cross join {{ source('ops', 'run_context') }} as run_context
        where
            parameter.name = '{{ name }}'
            and {{ in_force('parameter') }}
    )
{%- endmacro %}

{#
    The code of a value by the dated cut points of seed `cut_point`: the code of the highest lower bound that does not
    exceed the value. NULL where the value is NULL or no cut points are in force.
#}
{% macro cut_code(cut_list, value) -%}
    (
        select arg_max(cut_point.code, cut_point.lower_bound)
        from {{ ref('cut_point') }} as cut_point
        cross join {{ source('ops', 'run_context') }} as run_context
        where
            cut_point.cut_list = '{{ cut_list }}'
            and {{ in_force('cut_point') }}
            and cut_point.lower_bound <= {{ value }}
    )
{%- endmacro %}
