{#
    States with the days on which they held, kept by days. The model's SQL gives a row per key and day (as for `daily`); the
    table has a row per key and run of days without a change: key columns, valid_from, valid_to (half-open; 9999-12-31 while it
    holds on the last day), values. Days on which a key has no row are in no run. The table is the shortest form of what the
    SQL says of all days: a day that is built again replaces its slice, whatever lies before and after it.

        {{ config(materialized='history', date_column='acct_date', key=['customer_id', 'prod'], part='customer_id') }}
        … where {{ daily_rows('acct_date', 'customer_id') }}

    The other words of the config are those of `daily`, without `keyed`: an account is no column here. Stand on a daily table.
#}
{% materialization history, adapter='duckdb' %}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {%- if config.get('keyed') or config.get('dated') -%}
        {{ exceptions.raise_compiler_error(model.name ~ ": a history has no `keyed` and no `dated`. Do: read a daily table that has them") }}
    {%- endif -%}
    {%- call statement('begin') -%} select 1 {%- endcall -%}
    {%- set plan = daily_plan(sql) -%}
    {%- set shape = history_shape(sql) -%}
    {%- if plan.anew -%}
        {%- do run_query('create or replace table ' ~ shape.store ~ ' as ' ~ history_empty(shape, sql)) -%}
    {%- elif plan.drop_later -%}
        {%- do run_query('delete from ' ~ shape.store ~ " where valid_from > date '" ~ plan.biz_date ~ "'") -%}
        {%- do run_query('update ' ~ shape.store ~ " set valid_to = date '9999-12-31' where valid_to > date '" ~ plan.biz_date ~ "' and valid_to < date '9999-12-31'") -%}
    {%- endif -%}
    {%- if plan.parts -%}
        {%- set mine = daily_part_of(config.get('part')) ~ ' in (select part from temp.main.daily_part)' -%}
        {%- do run_query('delete from ' ~ shape.store ~ ' where ' ~ mine) -%}
        {%- do history_days(shape, daily_sql(sql, plan.first_day, plan.last_day, parts=true), plan.first_day, plan.last_day, ' and ' ~ mine) -%}
        {%- do run_query('insert into ' ~ shape.store ~ ' ' ~ history_merged(shape, 'temp.main.history_days', plan.last_day)) -%}
        {%- do run_query(
            "insert into ops.daily_touched select '" ~ model.name ~ "', " ~ plan.version ~ ', part from temp.main.daily_part'
        ) -%}
    {%- endif -%}
    {%- set pace = daily_pace() -%}
    {%- for piece in plan.spans -%}
        {%- set span = daily_next_span(pace, piece, loop.nextitem) -%}
        {%- if span -%}
            {%- set last = [plan.last_day or span[1], span[1]] | max -%}
            {%- set written = history_days(shape, daily_sql(sql, span[0], span[1]), span[0], span[1], '') -%}
            {%- do history_roll(shape, span[0], span[1], plan.last_day, last) -%}
            {%- do plan.update({'last_day': last}) -%}
            {%- do daily_keep_pace(pace, written) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do daily_record(plan) -%}
    {%- do daily_order(shape.store) -%}
    {%- set target = daily_view(
        'select * replace (case when valid_to > date \'' ~ plan.biz_date ~ '\' then date \'9999-12-31\' else valid_to end as valid_to) from '
        ~ shape.store ~ " where valid_from <= date '" ~ plan.biz_date ~ "'"
    ) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(target, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{# Names: the table, the column of the day, key columns, value columns. #}
{% macro history_shape(sql) %}
    {%- set key = config.require('key') -%}
    {%- set day = config.require('date_column') -%}
    {%- set quoted = [] -%}
    {%- for column in key -%}{%- do quoted.append(adapter.quote(column)) -%}{%- endfor -%}
    {%- set values = [] -%}
    {%- for column in run_query('describe ' ~ daily_sql(sql, '0001-01-01', '0001-01-01')).columns[0].values() if column not in key and column != day -%}
        {%- do values.append(adapter.quote(column)) -%}
    {%- endfor -%}
    {{ return({'store': daily_store(), 'day': adapter.quote(day), 'key': quoted | join(', '), 'said': values | join(', ')}) }}
{% endmacro %}

{# The table without a row. #}
{% macro history_empty(shape, sql) %}
    {{ return(
        'select ' ~ shape.key ~ ", date '9999-12-31' as valid_from, date '9999-12-31' as valid_to, " ~ shape.said
        ~ ' from (' ~ daily_sql(sql, '0001-01-01', '0001-01-01') ~ ') limit 0'
    ) }}
{% endmacro %}

{# Temp table history_days: what the model says of these days, a run of one day per row. Returns how many rows that are. #}
{% macro history_days(shape, sql, first, last, also) %}
    {{ return(run_query(
        'create or replace temp table history_days as select ' ~ shape.key ~ ', ' ~ shape.day ~ ' as valid_from, '
        ~ shape.day ~ ' + 1 as valid_to, ' ~ shape.said ~ ' from (' ~ sql ~ ') where ' ~ shape.day ~ " between date '" ~ first
        ~ "' and date '" ~ last ~ "'" ~ also
    )) }}
{% endmacro %}

{# Put history_days in place of what the table says of [first, last]: only runs that change are written. #}
{% macro history_roll(shape, first, last, held_until, until) %}
    {#- Runs that meet the slice: they overlap it, or end or begin at its edges. An open run ends with the last day built. -#}
    {%- set meets = "valid_from <= date '" ~ last ~ "' + 1 and valid_to >= date '" ~ first ~ "'" -%}
    {%- set ends = "least(valid_to, date '" ~ (held_until or last) ~ "' + 1)" -%}
    {%- set columns = shape.key ~ ', valid_from, valid_to, ' ~ shape.said -%}
    {%- call statement('piece') -%}
        create or replace temp table history_piece as
        with held as (select {{ shape.key }}, valid_from, {{ ends }} as valid_to, {{ shape.said }} from {{ shape.store }} where {{ meets }})
        select {{ shape.key }}, valid_from, least(valid_to, date '{{ first }}') as valid_to, {{ shape.said }}
        from held where valid_from < date '{{ first }}'
        union all
        select {{ shape.key }}, greatest(valid_from, date '{{ last }}' + 1) as valid_from, valid_to, {{ shape.said }}
        from held where valid_to > date '{{ last }}' + 1
        union all
        select {{ columns }} from temp.main.history_days
    {%- endcall -%}
    {%- do run_query('create or replace temp table history_new as ' ~ history_merged(shape, 'temp.main.history_piece', until)) -%}
    {%- call statement('gone') -%}
        create or replace temp table history_gone as
        select {{ columns }} from {{ shape.store }} where {{ meets }}
        except
        select {{ columns }} from temp.main.history_new
    {%- endcall -%}
    {%- call statement('added') -%}
        create or replace temp table history_added as
        select {{ columns }} from temp.main.history_new
        except
        select {{ columns }} from {{ shape.store }} where {{ meets }}
    {%- endcall -%}
    {%- set same = [] -%}
    {%- for column in shape.key.split(', ') -%}
        {%- do same.append('held.' ~ column ~ ' is not distinct from gone.' ~ column) -%}
    {%- endfor -%}
    {%- do run_query(
        'delete from ' ~ shape.store ~ ' as held using temp.main.history_gone as gone where held.valid_from = gone.valid_from and '
        ~ same | join(' and ')
    ) -%}
    {%- do run_query('insert into ' ~ shape.store ~ ' select * from temp.main.history_added') -%}
{% endmacro %}

{# Runs joined where one follows the other with the same values; those that hold on the last day built are open. #}
{% macro history_merged(shape, runs, until) %}
    {%- set value = 'row(' ~ shape.said ~ ')' -%}
    {{ return("
        with marked as (
            select *,
                lag(valid_to) over following is distinct from valid_from
                or lag(" ~ value ~ ") over following is distinct from " ~ value ~ " as begins
            from " ~ runs ~ "
            window following as (partition by " ~ shape.key ~ " order by valid_from)
        ),
        numbered as (
            select *, count(*) filter (where begins) over (partition by " ~ shape.key ~ " order by valid_from) as run from marked
        ),
        joined as (
            select *, max(valid_to) over (partition by " ~ shape.key ~ ", run) as last_to from numbered
        )
        select " ~ shape.key ~ ", valid_from,
            case when last_to = date '" ~ until ~ "' + 1 then date '9999-12-31' else last_to end as valid_to, " ~ shape.said ~ "
        from joined where begins
    ") }}
{% endmacro %}
