{#
    The Python with which a function of this project makes the relation: `imports` brings the function, `call` calls it with dbt's
    `connection` and with `told`, the dictionary that is handed over. dbt wants the statement itself in the materialization.
#}
{% macro python_call(imports, call, told) -%}
import json

{{ imports }}


def dbtObj(load):
    return None


def model(dbt, connection):
    told = json.loads({{ tojson(tojson(told)) }})
    {{ call }}


def materialize(nothing, connection):
    return None
{%- endmacro %}
