{# What a build has to do. Compares what the rows were made from (schema `ops`) with what there is tonight. #}
{% macro daily_plan(sql) %}
    {%- set name = model.name -%}
    {%- set night = run_query('select run_id, biz_date from ops.run_context').rows[0] -%}
    {%- set inputs = daily_inputs() -%}
    {%- do daily_look(inputs, night[1], sql) -%}
    {%- set definition = daily_definition(sql, inputs) -%}
    {%- set content = daily_content(inputs, night[1]) -%}
    {%- set last = run_query(
        "select definition, content, version from ops.daily_build where model = '" ~ name ~ "' order by version desc limit 1"
    ).rows -%}
    {%- set there = run_query(
        "select count(*) from duckdb_tables() where database_name = '" ~ this.database ~ "' and schema_name = 'store' and table_name = '" ~ name ~ "'"
    ).rows[0][0] -%}
    {%- set plan = {
        'biz_date': night[1], 'run_id': night[0], 'definition': definition, 'content': content, 'inputs': inputs, 'parts': 0,
        'changed': false, 'version': (last[0][2] | int if last else 0) + 1, 'drop_later': false, 'first_day': night[1], 'last_day': none,
        'anew': should_full_refresh() or not there or not last or last[0][0] != definition or last[0][1] != content,
    } -%}
    {%- if not plan.anew -%}
        {%- do daily_find_parts(plan) -%}
    {%- endif -%}
    {%- if plan.anew -%}
        {%- for table in ('daily_day', 'daily_key', 'daily_touched', 'daily_order') -%}
            {%- do run_query('delete from ops.' ~ table ~ " where model = '" ~ name ~ "'") -%}
        {%- endfor -%}
    {%- endif -%}
    {%- do daily_find_days(plan) -%}
    {{ return(plan) }}
{% endmacro %}

{#
    Temp tables of the night: daily_want has every day with what it is to be made from, daily_now the state of every key of the
    slowly changing inputs.
#}
{% macro daily_look(inputs, biz_date, sql) %}
    {%- set feeds = daily_list(inputs.feeds) -%}
    {%- set limit = "date '" ~ biz_date ~ "'" -%}
    {%- set taken -%}
        select feed, biz_date, day, load_no from ods._taken
        where feed in ({{ feeds }}) and (biz_date is null or biz_date <= {{ limit }}) and (day is null or day <= {{ limit }})
    {%- endset -%}
    {#- Deliveries without days of their own: only the rows say which days there are. -#}
    {%- set undated = inputs.feeds and run_query('select count(*) from (' ~ taken ~ ') where day is null').rows[0][0] -%}
    {%- call statement('want') -%}
        create or replace temp table daily_want as
        with taken as ({{ taken }}),
        built as (
            select model, day, version from ops.daily_day where model in ({{ daily_list(inputs.days) }}) and day <= {{ limit }}
        ),
        days as (
            select cast(unnest(generate_series(first_day, {{ limit }}, interval 1 day)) as date) as day
            from (
                select least(
                    (select min(day) from taken), (select min(day) from built)
                    {%- if undated %}, (select cast(min({{ adapter.quote(config.get('date_column')) }}) as date) from ({{ sql }})){% endif -%}
                ) as first_day
            )
            where first_day is not null
        ),
        words as (
            select day, concat_ws(' ', feed, biz_date, load_no) as word from taken where day is not null
            union all
            select days.day, concat_ws(' ', taken.feed, taken.biz_date, taken.load_no) from taken cross join days where taken.day is null
            union all
            select day, concat_ws(' ', model, version) as word from built
            {%- for one in config.get('dated', []) %}
            union all
            select cast({{ one.date }} as date), concat_ws(' ', '{{ one.to }}', sum(cast(hash(dated) as hugeint)))
            from {{ ref_of(one.to) }} as dated group by 1
            {%- endfor %}
        )
        select days.day, coalesce(string_agg(words.word, ', ' order by words.word), '') as signature
        from days left join words on days.day = words.day
        group by days.day
    {%- endcall -%}
    {%- call statement('now') -%}
        create or replace temp table daily_now as
        select cast(null as integer) as input, cast(null as varchar) as key, cast(null as hugeint) as state where false
        {%- for one in config.get('keyed', []) %}
        union all
        select {{ loop.index }}, cast({{ one.key }} as varchar), sum(cast(hash({{ one.reads | join(', ') }}) as hugeint))
        from {{ ref_of(one.to) }}
        where {{ one.key }} is not null {%- if one.where %} and {{ one.where }}{% endif %}
        group by 2
        {%- endfor %}
    {%- endcall -%}
{% endmacro %}

{# Temp table daily_part: the parts whose rows were made from what is no longer so. Sets parts, or anew where there are none. #}
{% macro daily_find_parts(plan) %}
    {%- set mine = "model = '" ~ model.name ~ "'" -%}
    {%- set part = config.get('part') -%}
    {%- call statement('changed') -%}
        create or replace temp table daily_changed as
        select held.input, held.key, now.state
        from ops.daily_key as held
        left join temp.main.daily_now as now on held.input = now.input and held.key = now.key
        where held.{{ mine }} and held.first_day <= date '{{ plan.biz_date }}' and held.state is distinct from now.state
    {%- endcall -%}
    {%- call statement('touched') -%}
        create or replace temp table daily_followed as
        select distinct touched.part
        from ops.daily_touched as touched
        left join ops.daily_seen as seen on seen.{{ mine }} and seen.input = touched.model
        where touched.model in ({{ daily_list(plan.inputs.days) }}) and touched.version > coalesce(seen.version, 0)
    {%- endcall -%}
    {%- set changed = run_query('select distinct input from temp.main.daily_changed order by input').rows | map(attribute=0) | map('int') | list -%}
    {%- set followed = run_query('select count(*) from temp.main.daily_followed').rows[0][0] | int -%}
    {%- if not changed and not followed -%}
        {{ return(none) }}
    {%- endif -%}
    {%- do plan.update({'changed': true}) -%}
    {%- if not part or (followed and plan.inputs.owners != [part]) -%}
        {%- do plan.update({'anew': true}) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- call statement('parts') -%}
        create or replace temp table daily_part as
        select part from temp.main.daily_followed
        {%- for number in changed %}
        {%- set by = config.get('keyed')[number - 1].by %}
        union
        {%- if by == part %}
        select key from temp.main.daily_changed where input = {{ number }}
        {%- else %}
        select {{ daily_part_of(part) }} from {{ daily_store() }}
        where
            cast({{ by }} as varchar) in (select key from temp.main.daily_changed where input = {{ number }})
            and {{ adapter.quote(config.get('date_column')) }} <= date '{{ plan.biz_date }}'
        {%- endif %}
        {%- endfor %}
    {%- endcall -%}
    {%- do plan.update({'parts': run_query('select count(*) from temp.main.daily_part').rows[0][0] | int}) -%}
    {#- So many parts at once are no few rows to be made apart: day by day takes less memory. -#}
    {%- if plan.parts > 50000 -%}
        {%- do plan.update({'anew': true, 'parts': 0}) -%}
    {%- endif -%}
{% endmacro %}

{# Temp table daily_todo and the plan's spans: the days to build, as runs without gaps of at most `span_days`. #}
{% macro daily_find_days(plan) %}
    {%- set mine = "model = '" ~ model.name ~ "'" -%}
    {%- set limit = "date '" ~ plan.biz_date ~ "'" -%}
    {%- call statement('todo') -%}
        create or replace temp table daily_todo as
        select want.day
        from temp.main.daily_want as want
        left join ops.daily_day as held on held.{{ mine }} and held.day = want.day
        where want.signature is distinct from held.signature
        union
        select held.day from ops.daily_day as held
        where held.{{ mine }} and held.day <= {{ limit }} and held.day not in (select day from temp.main.daily_want)
    {%- endcall -%}
    {%- set spans = run_query("
        with runs as (
            select day, day - cast(row_number() over (order by day) as integer) as run from temp.main.daily_todo
        ),
        numbered as (
            select day, run, (row_number() over (partition by run order by day) - 1) // " ~ config.get('span_days', 31) ~ " as piece from runs
        )
        select min(day), max(day) from numbered group by run, piece order by 1
    ").rows -%}
    {%- do plan.update({'spans': spans, 'days': run_query('select count(*) from temp.main.daily_todo').rows[0][0] | int}) -%}
    {%- set held = run_query("select min(day), max(day) filter (where day <= " ~ limit ~ "), coalesce(max(day) > " ~ limit ~ ", false) from ops.daily_day where " ~ mine).rows[0] -%}
    {%- do plan.update({'first_day': held[0] or plan.biz_date, 'last_day': held[1]}) -%}
    {#- A night for an older date that has to change something takes the table back to its date: later days are built again. -#}
    {%- if held[2] and (plan.spans or plan.changed) -%}
        {%- do plan.update({'drop_later': true}) -%}
        {%- do run_query('delete from ops.daily_day where ' ~ mine ~ ' and day > ' ~ limit) -%}
        {%- do run_query('delete from ops.daily_key where ' ~ mine ~ ' and first_day > ' ~ limit) -%}
    {%- endif -%}
    {%- if plan.parts and not held[1] -%}
        {%- do plan.update({'parts': 0}) -%}
    {%- endif -%}
{% endmacro %}

{#
    How far to go at once. A span is what is in memory together, so it is short (`span_days`) where days have many rows; but it
    costs some statements whatever is in it, and the first night of a bank has all of history to build. So the next span is
    twice as long while a span has written few rows, up to a year of months, and short again as soon as one has written many.
#}
{% macro daily_pace() %}
    {{ return({'first': none, 'pieces': 0, 'most': 1}) }}
{% endmacro %}

{# The span that ends with this piece of the plan; none while the next piece follows without a gap and belongs to it too. #}
{% macro daily_next_span(pace, piece, following) %}
    {%- do pace.update({'first': pace.first or piece[0], 'pieces': pace.pieces + 1}) -%}
    {%- if pace.pieces < pace.most and following and following[0] == piece[1] + modules.datetime.timedelta(days=1) -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return((pace.first, piece[1])) }}
{% endmacro %}

{# After a span: whether the next one may be longer. `written` is what the database says of the statement that wrote it. #}
{% macro daily_keep_pace(pace, written) %}
    {%- set few = written.rows[0][0] < 500000 -%}
    {%- do pace.update({'first': none, 'pieces': 0, 'most': [pace.most * 2, 12] | min if few else 1}) -%}
{% endmacro %}
