{# Write down the keys of slowly changing inputs that newly built rows use, with the state they were made with. #}
{% macro daily_note_keys(plan, store, rows) %}
    {%- for one in config.get('keyed', []) %}
    {%- set mine = "model = '" ~ model.name ~ "' and input = " ~ loop.index -%}
    {%- call statement('used') -%}
        create or replace temp table daily_used as
        select cast({{ one.by }} as varchar) as key, min({{ adapter.quote(config.get('date_column')) }}) as first_day
        from {{ store }}
        where {{ rows }}
        group by 1
        having key is not null
    {%- endcall -%}
    {%- call statement('earlier') -%}
        update ops.daily_key as held set first_day = used.first_day
        from temp.main.daily_used as used
        where held.{{ mine }} and held.key = used.key and used.first_day < held.first_day
    {%- endcall -%}
    {%- call statement('added') -%}
        insert into ops.daily_key
        select '{{ model.name }}', {{ loop.index }}, used.key, now.state, used.first_day
        from temp.main.daily_used as used
        left join temp.main.daily_now as now on now.input = {{ loop.index }} and now.key = used.key
        where used.key not in (select key from ops.daily_key where {{ mine }})
    {%- endcall -%}
    {%- endfor %}
{% endmacro %}

{# Write down whose rows a build changes on days that it does not build: the models above follow. #}
{% macro daily_touch(plan, store, rows) %}
    {%- set owner = config.get('owner') or config.get('part') -%}
    {%- call statement('touch') -%}
        insert into ops.daily_touched
        select distinct '{{ model.name }}', {{ plan.version }}, {{ daily_part_of(owner) }} from {{ store }} where {{ rows }}
    {%- endcall -%}
{% endmacro %}

{# Write down what was built, and how far the inputs have been followed. #}
{% macro daily_record(plan) %}
    {%- set mine = "model = '" ~ model.name ~ "'" -%}
    {%- if plan.changed and not plan.anew -%}
        {%- do run_query(
            'update ops.daily_key as held set state = changed.state from temp.main.daily_changed as changed where held.' ~ mine
            ~ ' and held.input = changed.input and held.key = changed.key'
        ) -%}
    {%- endif -%}
    {%- if plan.spans or plan.parts or plan.anew -%}
        {%- do run_query('delete from ops.daily_day where ' ~ mine ~ ' and day in (select day from temp.main.daily_todo)') -%}
        {%- do run_query(
            "insert into ops.daily_day select '" ~ model.name ~ "', day, " ~ plan.version ~ ', signature from temp.main.daily_want'
            ~ ' where day in (select day from temp.main.daily_todo)'
        ) -%}
        {%- do run_query(
            "insert into ops.daily_build values ('" ~ model.name ~ "', " ~ plan.version ~ ", '" ~ plan.run_id ~ "', date '" ~ plan.biz_date
            ~ "', '" ~ plan.definition ~ "', '" ~ plan.content ~ "', " ~ plan.days ~ ', ' ~ plan.parts ~ ')'
        ) -%}
    {%- endif -%}
    {%- if plan.inputs.days -%}
        {%- do run_query('delete from ops.daily_seen where ' ~ mine) -%}
        {%- do run_query(
            "insert into ops.daily_seen select '" ~ model.name ~ "', model, max(version) from ops.daily_build where model in ("
            ~ daily_list(plan.inputs.days) ~ ') group by model'
        ) -%}
    {%- endif -%}
{% endmacro %}
