{#
    A table whose rows belong to days, built by days: a night builds the days that are not there and those whose inputs have
    changed. What its rows were made from is written into schema `ops` in the same transaction, so that a killed build leaves
    the old rows with the old record. Decision 0015 says why; to adopt it, two lines:

        {{ config(materialized='daily', date_column='acct_date', part='customer_id') }}
        … where {{ daily_rows('acct_date', 'customer_id') }}

    config
        date_column  the column of the result that holds the day. A row may depend on inputs of its own day only, and on `keyed`.
        part         a column of the result by which rows can be built apart from others over all days; rows of different parts
                     must not depend on each other. It must come from the model's own rows, not from a slowly changing input.
        owner        the column by which models above are parted, if it is not `part`: they follow where owners' rows change.
        keyed        slowly changing inputs, of which a row depends on the rows of some keys:
                     {'to': model, 'key': its column (or an expression over them), 'reads': [columns], 'by': expression over the result's columns that gives
                     the key that a row uses, 'where': which of its rows count (optional)}. A changed key costs the parts that
                     use it; a key that is merely new costs nothing.
        span_days    days that are built at once where there are many rows (31); where there are few, more (macro daily_next_span).
        in_order_of  a column that the rows are kept in order of, for tables that are folded (macro daily_order).
        dated        inputs that are whole tables whose rows hold for one day: {'to': model, 'date': its column}.
    Everything else that the model refers to is compared as a whole: if it changes, all days are built again.
#}
{% materialization daily, adapter='duckdb' %}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {%- call statement('begin') -%} select 1 {%- endcall -%}
    {%- set plan = daily_plan(sql) -%}
    {%- set store = daily_store() -%}
    {%- set day = adapter.quote(config.require('date_column')) -%}
    {%- if plan.anew -%}
        {%- do run_query('create or replace table ' ~ store ~ ' as select * from (' ~ daily_sql(sql, '0001-01-01', '0001-01-01') ~ ') limit 0') -%}
    {%- elif plan.drop_later -%}
        {%- do run_query('delete from ' ~ store ~ ' where ' ~ day ~ " > date '" ~ plan.biz_date ~ "'") -%}
    {%- endif -%}
    {%- if plan.parts -%}
        {%- set mine = daily_part_of(config.get('part')) ~ ' in (select part from temp.main.daily_part)' -%}
        {%- do daily_touch(plan, store, mine) -%}
        {%- do run_query('delete from ' ~ store ~ ' where ' ~ mine) -%}
        {%- do run_query(
            'insert into ' ~ store ~ ' select * from (' ~ daily_sql(sql, plan.first_day, plan.last_day, parts=true) ~ ') where '
            ~ mine ~ ' and ' ~ day ~ " between date '" ~ plan.first_day ~ "' and date '" ~ plan.last_day ~ "'"
        ) -%}
        {%- do daily_touch(plan, store, mine) -%}
        {%- do daily_note_keys(plan, store, mine) -%}
    {%- endif -%}
    {%- set pace = daily_pace() -%}
    {%- for piece in plan.spans -%}
        {%- set span = daily_next_span(pace, piece, loop.nextitem) -%}
        {%- if span -%}
            {%- set within = day ~ " between date '" ~ span[0] ~ "' and date '" ~ span[1] ~ "'" -%}
            {%- if not plan.anew -%}
                {%- do run_query('delete from ' ~ store ~ ' where ' ~ within) -%}
            {%- endif -%}
            {%- set written = run_query('insert into ' ~ store ~ ' select * from (' ~ daily_sql(sql, span[0], span[1]) ~ ') where ' ~ within) -%}
            {%- do daily_note_keys(plan, store, within) -%}
            {%- do daily_keep_pace(pace, written) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do daily_record(plan) -%}
    {%- do daily_order(store) -%}
    {%- set target = daily_view('select * from ' ~ store ~ ' where ' ~ day ~ " <= date '" ~ plan.biz_date ~ "'") -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(target, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{# The table itself; readers see the view. #}
{% macro daily_store() %}
    {{ return('"' ~ this.database ~ '".store."' ~ model.name ~ '"') }}
{% endmacro %}

{# What readers see, under the model's name: nothing after the business date, though a later night has built it. #}
{% macro daily_view(query) %}
    {%- set existing = load_cached_relation(this) -%}
    {%- if existing is not none and not existing.is_view -%}
        {%- do adapter.drop_relation(existing) -%}
    {%- endif -%}
    {%- call statement('main') -%} create or replace view {{ this }} as {{ query }} {%- endcall -%}
    {{ return(this.incorporate(type='view')) }}
{% endmacro %}

{# The model's SQL with the days, and with `parts` the parts of temp table daily_part, written into its `daily_rows`. #}
{% macro daily_sql(sql, first, last, parts=false) %}
    {%- set dated = sql | replace("date '0001-01-01' and date '9999-12-31'", "date '" ~ first ~ "' and date '" ~ last ~ "'") -%}
    {%- if not parts -%}
        {{ return(dated) }}
    {%- endif -%}
    {{ return(modules.re.sub(
        "'all parts' = 'all parts' or (.+?) is null\\)",
        "coalesce(cast(\\1 as varchar), '') in (select part from temp.main.daily_part))",
        dated
    )) }}
{% endmacro %}

{# A part as text: NULL is a part too, or rows without a customer could never be given to one. #}
{% macro daily_part_of(column) %}
    {{ return('coalesce(cast(' ~ adapter.quote(column) ~ " as varchar), '')") }}
{% endmacro %}
