{#- What a column can be compared with; its width does not matter to a rule. -#}
{% macro kind_of_type(data_type) %}
    {%- set base = (data_type | lower).split('(')[0] | trim -%}
    {%- set kinds = {
        'boolean': 'flag', 'date': 'date', 'decimal': 'number', 'numeric': 'number', 'integer': 'number', 'smallint': 'number',
        'bigint': 'number', 'varchar': 'text', 'string': 'text', 'text': 'text', 'enum': 'text',
    } -%}
    {{- return(kinds.get(base, base)) -}}
{% endmacro %}

{#- Names of the tags that a wide table no longer has, or has as another kind: their segments fail, and no other. -#}
{% macro tags_not_there(model, wanted) %}
    {%- set there = {} -%}
    {%- if execute -%}
        {%- for column in adapter.get_columns_in_relation(ref(model)) -%}
            {%- do there.update({column.name | lower: kind_of_type(column.dtype)}) -%}
        {%- endfor -%}
    {%- else -%}
        {%- do ref(model) -%}
    {%- endif -%}
    {%- set gone = [] -%}
    {%- for name, data_type in wanted.items() if execute and there.get(name) != kind_of_type(data_type) -%}
        {%- do gone.append(name) -%}
    {%- endfor -%}
    {{- return(gone) -}}
{% endmacro %}

{#- The columns of a wide table that rules name; one that is not there is missing for everybody, so that the others can run. -#}
{% macro tags_there(model, wanted) %}
    {%- set gone = tags_not_there(model, wanted) -%}
    {%- for name, data_type in wanted.items() %},
        {% if name in gone %}cast(null as {{ data_type }}) as {{ name }}{% else %}{{ name }}{% endif %}
    {%- endfor -%}
{% endmacro %}

{#- A query with one row per tag that is not there. -#}
{% macro tags_gone(model, wanted) %}
    {%- set gone = tags_not_there(model, wanted) -%}
    select tag_name from (values ('')
    {%- for name in gone %}, ('{{ name }}'){% endfor -%}
    ) as listed (tag_name) where tag_name <> ''
{% endmacro %}
