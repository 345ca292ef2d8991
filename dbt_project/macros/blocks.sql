{#
    A table that is filled block by block of customers, so that its memory does not grow with their number: `spine` names the
    model whose customers are cut into blocks of `block_size` in the order of their ids. Everything that the SQL reads through
    in_block() is cut to the block before it is folded. The relation is new in every night's candidate: nobody reads it before
    it is whole, and a night that fails half-way begins with a new one.
#}
{% materialization blocks, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set spine = ref(config.require('spine')) -%}
    {%- set size = config.get('block_size', 50000) | int -%}

    {{ run_hooks(pre_hooks) }}
    {%- if existing is not none -%}
        {% do adapter.drop_relation(existing) %}
    {%- endif -%}

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

    {% call statement('main') -%}
        {%- if blocks | length > 0 %}
        set variable block_from = '{{ blocks[0][0] }}';
        set variable block_to = '{{ blocks[0][1] }}';
        {%- endif %}
        create table {{ target_relation }} as (
            {{ sql }}
        );
        reset variable block_from;
        reset variable block_to;
    {%- endcall %}
    {%- for block in blocks %}
        {%- if not loop.first %}
            {% call statement('block') -%}
        set variable block_from = '{{ block[0] }}';
        set variable block_to = '{{ block[1] }}';
        insert into {{ target_relation }}
        {{ sql }};
        reset variable block_from;
        reset variable block_to;
            {%- endcall %}
        {%- endif %}
    {%- endfor %}

    {{ run_hooks(post_hooks) }}
    {% do persist_docs(target_relation, model) %}
    {% do adapter.commit() %}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
