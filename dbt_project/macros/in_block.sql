{#
    True for the customers of the block that is being built, and for all of them where nobody builds by blocks. The bounds are
    variables of the session (macro blocks sets them), so that the same SQL serves a view, a test and every block.
#}
{% macro in_block(customer_id) -%}
    {{ customer_id }} between coalesce(getvariable('block_from'), '') and coalesce(getvariable('block_to'), '￿')
{%- endmacro %}
