{#
    How much a merchant's sales of 30 days look like cash sold for credit, 0 to 100: a hundred times the geometric mean of the
    five shares that such sales have in common. A share of 0 makes it 0. Where no sale carries a token of the payer, the share
    of the largest payer is not known and the mean is that of the other four. NULL without sales.
    Disclosing: only the restricted file shows it; the mart knows an opaque flag.
#}
{% macro cashout_score(credit, round_amt, top_payer, night, near_limit) -%}
    cast(round(100 * case
        when {{ top_payer }} is null then power({{ credit }} * {{ round_amt }} * {{ night }} * {{ near_limit }}, 0.25)
        else power({{ credit }} * {{ round_amt }} * {{ top_payer }} * {{ night }} * {{ near_limit }}, 0.2)
    end) as integer)
{%- endmacro %}
