{# The customers of one source system's ids: import it as a CTE. Only dwd_party_xref knows how an id becomes a customer. #}
{% macro customers_of(source_system) -%}
    select party_xref.source_id, party_xref.entity, party_xref.customer_id
    from {{ ref('dwd_party_xref') }} as party_xref
    where party_xref.source_system = '{{ source_system }}'
{%- endmacro %}

{#
    A name as it is compared: full-width letters and digits folded to half-width, blanks (also the full-width one) and the
    dots of foreign names (· and its look-alikes) removed, upper case. For comparing only; it is never shown.
#}
{% macro name_key(name) -%}
    upper(translate(
        regexp_replace({{ name }}, '[\s\x{3000}\x{00A0}·•‧・．.]', '', 'g'),
        'ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ０１２３４５６７８９（）',
        'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789()'
    ))
{%- endmacro %}
