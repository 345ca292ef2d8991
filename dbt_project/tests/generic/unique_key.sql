{# The rows of a model whose key, made of several columns, is empty in a part or not unique. One scan, whatever the columns. #}
{% test unique_key(model, columns) %}
    select {{ columns | join(', ') }}, count(*) as rows_of_key
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1{% for column in columns %} or {{ column }} is null{% endfor %}
{% endtest %}
