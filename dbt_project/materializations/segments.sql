{#
    The members of a storey of segments: the model's query gives what its rules ask of every customer, `rules` says how each
    selects, and tagmart.rules.evaluate asks them (the forms of a condition are listed in tagmart.rules.conditions). Nobody
    reads the table before its night is published; it is replaced as a whole.
#}
{% materialization segments, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}

    {{ run_hooks(pre_hooks) }}
    {%- if existing is not none and not existing.is_table -%}
        {% do adapter.drop_relation(existing) %}
    {%- endif -%}
    {%- set selected = {'table': target_relation | string, 'sql': sql, 'rules': config.require('rules')} -%}

    {%- call statement('fill', language='python') -%}
        {{- python_call('from tagmart.rules.evaluate import fill', 'fill(connection, **told)', selected) -}}
    {%- endcall -%}

    {%- call statement('main') -%} select 1 {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {% do persist_docs(target_relation, model) %}
    {% do adapter.commit() %}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
