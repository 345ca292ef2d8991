{#
    A table that is filled block by block of customers, so that its memory does not grow with their number: `spine` names the
    model whose customers are cut into blocks of `block_size` in the order of their ids: as many as DuckDB keeps in a row group,
    so that no block is written twice. Everything that the SQL reads through in_block() is cut to the block before it is folded.

    `folds` and then `families` name models that only this table reads; families read folds, and no other family. Of every block
    they are computed on the way, several beside each other, in arrays (tagmart.folding); what arrays cannot hold is computed by
    the database as it is written. As parts of one statement the database plans a thousand columns through all of them at once,
    which takes longer than computing them; as tables of their own they would be written twice.

    The statements are run by tagmart.night.blocks, as dbt runs any Python; they are each their own transaction. The relation
    is new in every night's candidate: nobody reads it before it is whole, and a night that fails half-way begins with a new one.
    Where the night has laid it out beforehand, empty and with the comments of its columns (publish/labels.py), it is filled.
#}
{% materialization blocks, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set folds = config.get('folds', []) -%}
    {%- set families = config.get('families', []) -%}
    {%- set scratch = 'steps_of_' ~ model.name -%}

    {{ run_hooks(pre_hooks) }}
    {%- if existing is not none and not existing.is_table -%}
        {% do adapter.drop_relation(existing) %}
    {%- endif -%}

    {#- Folds that become tables lie in a database in memory; families are handed over under their names. Looked up once: dbt
        takes milliseconds for every ref. -#}
    {%- set lies = [] -%}
    {%- for step in folds -%}{%- do lies.append((ref(step) | string, scratch ~ '.main.' ~ step)) -%}{%- endfor -%}
    {%- for step in families -%}{%- do lies.append((ref(step) | string, 'temp.main.' ~ step)) -%}{%- endfor -%}
    {%- set fold_sql, family_sql = {}, {} -%}
    {%- for step in folds -%}{%- do fold_sql.update({scratch ~ '.main.' ~ step: in_steps(render(step_code(step)), lies)}) -%}{%- endfor -%}
    {%- for step in families -%}{%- do family_sql.update({step: in_steps(render(step_code(step)), lies)}) -%}{%- endfor -%}
    {%- set wide = {
        'table': target_relation | string,
        'spine': ref(config.require('spine')) | string,
        'block_size': config.get('block_size', 122880) | int,
        'scratch': scratch,
        'folds': fold_sql,
        'families': family_sql,
        'sql': in_steps(sql, lies),
    } -%}

    {%- call statement('fill', language='python') -%}
        {{- python_call('from tagmart.night.blocks import Wide, fill', 'fill(connection, Wide(**told))', wide) -}}
    {%- endcall -%}

    {%- call statement('main') -%} select 1 {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {% do persist_docs(target_relation, model) %}
    {% do adapter.commit() %}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{# The text of a model of this project as it was written. #}
{% macro step_code(name) -%}
    {{ return(graph.nodes['model.' ~ project_name ~ '.' ~ name].raw_code) }}
{%- endmacro %}

{# SQL that reads the steps from where they are computed, and not from where their models would lie. #}
{% macro in_steps(sql, lies) -%}
    {%- set text = namespace(sql=sql) -%}
    {%- for there, here in lies -%}
        {%- set text.sql = text.sql | replace(there, here) -%}
    {%- endfor -%}
    {{ return(text.sql) }}
{%- endmacro %}
