{#
    Data tests of a table that is built day by day look at the last month and at every day that this run has built: looking at
    all of history every night would cost more with every year, and the other rows are those that were tested when they were built.
#}
{% macro get_where_subquery(relation) -%}
    {%- set where = [config.get('where')] if config.get('where') else [] -%}
    {%- set tested = graph.nodes.get(model.get('attached_node'), {}) if execute else {} -%}
    {%- set kind = tested.config.materialized if tested else none -%}
    {%- if kind in ('daily', 'history') -%}
        {%- set since = daily_tested_since(tested.name) -%}
        {%- do where.append(('valid_to' if kind == 'history' else tested.config.date_column) ~ " >= date '" ~ since ~ "'") -%}
    {%- endif -%}
    {{ return('(select * from ' ~ relation ~ ' where ' ~ where | join(' and ') ~ ') dbt_subquery' if where else relation) }}
{%- endmacro %}

{# The first day that tests of a daily table look at. #}
{% macro daily_tested_since(name) -%}
    {{ return(run_query("
        select least(night.biz_date - 30, min(day.day))
        from ops.run_context as night
        left join ops.daily_build as build on build.model = '" ~ name ~ "' and build.run_id = night.run_id
        left join ops.daily_day as day on day.model = build.model and day.version = build.version
        group by night.biz_date
    ").rows[0][0]) }}
{%- endmacro %}
