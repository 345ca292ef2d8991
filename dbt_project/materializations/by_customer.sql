{#
    A table with one row a customer, kept in the order of their numbers: a block of customers is then read from one place, and
    the wide table puts such tables side by side without a join (materialization blocks).
#}
{% materialization by_customer, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}

    {{ run_hooks(pre_hooks) }}
    {%- if existing is not none and not existing.is_table -%}
        {% do adapter.drop_relation(existing) %}
    {%- endif -%}
    {%- call statement('main') -%}
        create or replace table {{ target_relation }} as
        select * from ({{ sql }}) order by customer_id
    {%- endcall -%}

    {{ run_hooks(post_hooks) }}
    {% do persist_docs(target_relation, model) %}
    {% do adapter.commit() %}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
