{# The schema of a model is exactly its layer: no target prefix, because the warehouse belongs to one bank. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}

{# `dwd_party` becomes dwd.party: the layer is said once. Models outside these layers keep their names. #}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
    {%- if custom_alias_name -%}
        {{ custom_alias_name | trim }}
    {%- else -%}
        {%- set layer = node.name.split('_')[0] -%}
        {{ node.name[layer | length + 1:] if layer in ('stg', 'dwd', 'dws') else node.name }}
    {%- endif -%}
{%- endmacro %}
