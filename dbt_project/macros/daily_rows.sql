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

{#
    A row per debt and day up to the business date (the CTE `night` is in scope), of tonight's debts and of the days with arrears. Other days
    say nothing about arrears that a missing row does not, and to unfold them all would cost more with every year.
#}
{% macro debt_days(history) -%}
    select
        debts.customer_id, debts.prod, debts.bal, debts.overdue_amt, debts.dpd, night.biz_date, night.month_start,
        cast(unnest(generate_series(
            case when debts.dpd > 0 or debts.overdue_amt > 0 then debts.valid_from else night.biz_date end,
            least(debts.valid_to - 1, night.biz_date),
            interval 1 day
        )) as date) as acct_date
    from {{ history }} as debts
    inner join night on debts.valid_from <= night.biz_date
    where debts.dpd > 0 or debts.overdue_amt > 0 or debts.valid_to > night.biz_date
{%- endmacro %}

{#
    The days of daily tables that a check looks at, one row each: the last month, and every day that this run has built.
    All of history every night would cost more with every year.
#}
{% macro days_to_check(models) -%}
    select distinct days.day
    from {{ source('ops', 'daily_day') }} as days
    inner join {{ source('ops', 'daily_build') }} as builds on days.model = builds.model and days.version = builds.version
    cross join {{ source('ops', 'run_context') }} as night
    where
        days.model in ('{{ models | join("', '") }}')
        and days.day <= night.biz_date
        and (days.day > night.biz_date - 31 or builds.run_id = night.run_id)
{%- endmacro %}
