{# What a model stands on, sorted by how a change of it is found. Views are looked through. #}
{% macro daily_inputs() %}
    {%- set found = {'feeds': [], 'days': [], 'owners': [], 'views': [], 'whole': []} -%}
    {%- set apart = config.get('keyed', []) | map(attribute='to') | list + config.get('dated', []) | map(attribute='to') | list -%}
    {%- set states = run_query("select table_name from duckdb_tables() where schema_name = 'hist'").columns[0].values() | list -%}
    {%- do daily_look_through(model.depends_on.nodes, apart, states, none, found) -%}
    {{ return(found) }}
{% endmacro %}

{% macro daily_look_through(nodes, apart, states, view, found) %}
    {%- for unique_id in nodes -%}
        {%- set node = graph.sources[unique_id] if unique_id.startswith('source.') else graph.nodes[unique_id] -%}
        {%- set itself = {'name': node.name, 'schema': node.schema, 'table': node.get('identifier') or node.get('alias'), 'relation': node.relation_name} -%}
        {%- if node.resource_type == 'source' -%}
            {#- Rows of a feed with history are states of a date and not of a day: then what the view shows is what counts. -#}
            {%- set whole = view or itself -%}
            {%- if node.schema == 'ods' and node.name not in states -%}
                {%- if node.name not in found.feeds -%}{%- do found.feeds.append(node.name) -%}{%- endif -%}
            {%- elif node.name != 'run_context' and whole not in found.whole -%}
                {%- do found.whole.append(whole) -%}
            {%- endif -%}
        {%- elif node.name in apart -%}
        {%- elif node.config.materialized in ('daily', 'history') -%}
            {%- if node.name not in found.days -%}{%- do found.days.append(node.name) -%}{%- endif -%}
            {%- set owner = node.config.get('owner') or node.config.get('part') -%}
            {%- if owner not in found.owners -%}{%- do found.owners.append(owner) -%}{%- endif -%}
        {%- elif node.config.materialized == 'view' -%}
            {%- do found.views.append(itself) -%}
            {%- do daily_look_through(node.depends_on.nodes, apart, states, itself, found) -%}
        {%- elif itself not in found.whole -%}
            {%- do found.whole.append(itself) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}

{# How the table is defined: its SQL, that of the views it looks through, its config, and the engine, whose hashes are compared. #}
{% macro daily_definition(sql, inputs) %}
    {%- set views = run_query(daily_views_query(inputs.views)).rows[0] -%}
    {%- set own = tojson({
        'date_column': config.get('date_column'), 'part': config.get('part'), 'owner': config.get('owner'), 'key': config.get('key'),
        'keyed': config.get('keyed', []), 'dated': config.get('dated', []), 'materialized': config.get('materialized'),
    }, sort_keys=true) -%}
    {{ return(local_md5(sql ~ own ~ views[0] ~ views[1])) }}
{% endmacro %}

{% macro daily_views_query(views) %}
    {%- set names = [] -%}
    {%- for view in views -%}{%- do names.append(view.schema ~ '.' ~ view.table) -%}{%- endfor -%}
    {{ return(
        "select version(), (select string_agg(sql, ';' order by schema_name, view_name) from duckdb_views() where schema_name || '.' || view_name in ("
        ~ daily_list(names) ~ '))'
    ) }}
{% endmacro %}

{#
    A hash of everything in the inputs that are compared as a whole. Of one whose rows are in force between two dates, the
    night's date decides too which rows count.
#}
{% macro daily_content(inputs, biz_date) %}
    {%- if not inputs.whole -%}
        {{ return('') }}
    {%- endif -%}
    {%- set words = [] -%}
    {%- for one in inputs.whole -%}
        {%- set dates = run_query(
            "select count(*) from duckdb_columns() where schema_name = '" ~ one.schema ~ "' and table_name = '" ~ one.table
            ~ "' and column_name in ('valid_from', 'valid_to')"
        ).rows[0][0] -%}
        {%- set limit = "date '" ~ biz_date ~ "'" -%}
        {%- set force = ', cast(valid_from as date) <= ' ~ limit ~ ', cast(valid_to as date) >= ' ~ limit ~ ', cast(valid_to as date) > ' ~ limit if dates == 2 else '' -%}
        {%- do words.append("select concat_ws(' ', '" ~ one.name ~ "', count(*), sum(cast(hash(whole" ~ force ~ ") as hugeint))) as word from " ~ one.relation ~ " as whole") -%}
    {%- endfor -%}
    {{ return(run_query("select string_agg(word, ', ' order by word) from (" ~ words | join(' union all ') ~ ')').rows[0][0]) }}
{% endmacro %}

{# Words as SQL literals; an empty list selects nothing. #}
{% macro daily_list(words) %}
    {{ return("'" ~ words | join("', '") ~ "'") }}
{% endmacro %}

{# The relation of a model by its name, of those that this model declares to depend on. #}
{% macro ref_of(name) %}
    {%- for unique_id in model.depends_on.nodes if graph.nodes.get(unique_id, {}).get('name') == name -%}
        {{ return(graph.nodes[unique_id].relation_name) }}
    {%- endfor -%}
    {{ exceptions.raise_compiler_error(model.name ~ ": the config names '" ~ name ~ "', which the model does not refer to. Do: correct the name, or ref it") }}
{% endmacro %}
