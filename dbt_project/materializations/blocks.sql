{#
    A table that is filled block by block of customers, so that its memory does not grow with their number: `spine` names the
    model whose customers are cut into blocks of `block_size` in the order of their ids: as many as DuckDB keeps in a row group,
    so that no block is written twice. Everything that the SQL reads through in_block() is cut to the block before it is folded.

    `folds` and then `families` name models that only this table reads, each after those that it reads: of every block they are
    computed one after the other into temporary tables, families in the order of their customers. As parts of one statement the
    database plans a thousand columns through all of them at once, which takes longer than computing them; as tables of their
    own they would be written twice.

    The relation is new in every night's candidate: nobody reads it before it is whole, and a night that fails half-way begins
    with a new one. Where the night has laid it out beforehand, empty and with the comments of its columns, and it has the columns
    and types that the SQL gives, it is filled.
#}
{% materialization blocks, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set spine = ref(config.require('spine')) -%}
    {%- set size = config.get('block_size', 122880) | int -%}
    {%- set families = config.get('families', []) -%}
    {%- set steps = config.get('folds', []) + families -%}

    {{ run_hooks(pre_hooks) }}
    {%- set cut -%}
        select min(numbered.customer_id) as block_from, max(numbered.customer_id) as block_to
        from (
            select spine.customer_id, (row_number() over (order by spine.customer_id) - 1) // {{ size }} as block_no
            from {{ spine }} as spine
        ) as numbered
        group by numbered.block_no
        order by 1
    {%- endset -%}
    {%- set blocks = run_query(cut).rows -%}
    {#- Looked up once: dbt takes milliseconds for every ref. -#}
    {%- set lies = [] -%}
    {%- for step in steps -%}{%- do lies.append((ref(step) | string, 'temp.main.' ~ step)) -%}{%- endfor -%}
    {%- set making = [] -%}
    {%- for step in steps -%}{%- do making.append((step, in_steps(render(step_code(step)), lies))) -%}{%- endfor -%}
    {%- set filling = in_steps(sql, lies) -%}

    {%- call statement('main') -%} select 1 {%- endcall -%}
    {#- A bank without the entity still publishes its table, empty: one block without bounds. -#}
    {%- for block in (blocks if blocks | length > 0 else [('', '')]) %}
        {%- do run_query("set variable block_from = '" ~ block[0] ~ "'; set variable block_to = '" ~ block[1] ~ "'") -%}
        {%- for step, text in making -%}
            {%- set ordered = ' order by customer_id' if step in families else '' -%}
            {%- do run_query('create or replace temp table ' ~ step ~ ' as select * from (' ~ text ~ ')' ~ ordered) -%}
        {%- endfor -%}
        {%- if loop.first and not is_laid_out(existing, filling) -%}
            {%- if existing is not none -%}{% do adapter.drop_relation(existing) %}{%- endif -%}
            {%- do run_query('create table ' ~ target_relation ~ ' as ' ~ filling) -%}
        {%- else -%}
            {%- do run_query('insert into ' ~ target_relation ~ ' ' ~ filling) -%}
        {%- endif -%}
    {%- endfor %}
    {%- for step in steps -%}
        {%- do run_query('drop table temp.main.' ~ step) -%}
    {%- endfor -%}
    {%- do run_query('reset variable block_from; reset variable block_to') -%}

    {{ run_hooks(post_hooks) }}
    {% do persist_docs(target_relation, model) %}
    {% do adapter.commit() %}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{# Is the relation an empty table with just the columns and types that the SQL gives? #}
{% macro is_laid_out(relation, sql) -%}
    {%- if relation is none or not relation.is_table -%} {{ return(false) }} {%- endif -%}
    {%- set compared -%}
        select
            (select list(column_name || ' ' || column_type) from (describe {{ relation }}))
            = (select list(column_name || ' ' || column_type) from (describe {{ sql }}
            ))
            and not exists (select 1 from {{ relation }})
    {%- endset -%}
    {{ return(run_query(compared).rows[0][0]) }}
{%- endmacro %}

{# The text of a model of this project as it was written. #}
{% macro step_code(name) -%}
    {{ return(graph.nodes['model.' ~ project_name ~ '.' ~ name].raw_code) }}
{%- endmacro %}

{# SQL that reads the steps from their temporary tables, and not from where their models would lie. #}
{% macro in_steps(sql, lies) -%}
    {%- set text = namespace(sql=sql) -%}
    {%- for there, here in lies -%}
        {%- set text.sql = text.sql | replace(there, here) -%}
    {%- endfor -%}
    {{ return(text.sql) }}
{%- endmacro %}
