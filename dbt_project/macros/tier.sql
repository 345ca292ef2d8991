{#
    What one monthly evaluation makes of a customer's tier, months under watch, or months above a line that a rise waits for.
    Order: a tier set by hand; a month that is not full; the first evaluation; up; stay; watch; down.
#}
{% macro tier_step(column) -%}
    {%- set outcomes = {
        'tier_no': ['facts.override_no', 'prior_states.tier_no', 'facts.measured_no', 'facts.measured_no', 'prior_states.tier_no',
            "case when own_rules.down_code = 'one' then prior_states.tier_no - 1 else facts.measured_no end", 'prior_states.tier_no'],
        'watch_months': ['0', '0', '0', '0', '0', '0', 'prior_states.watch_months + 1'],
        'above_months': ['0', '0', '0', '0',
            'case when facts.measured_no > prior_states.tier_no then prior_states.above_months + 1 else 0 end', '0', '0'],
    }[column] -%}
    case
            when facts.override_no is not null then {{ outcomes[0] }}
            when not facts.is_full then {{ outcomes[1] }}
            when prior_states.tier_no is null then {{ outcomes[2] }}
            when facts.measured_no > prior_states.tier_no and prior_states.above_months >= measured_rules.up_delay_m
                then {{ outcomes[3] }}
            when facts.measured_no >= prior_states.tier_no then {{ outcomes[4] }}
            when prior_states.watch_months >= own_rules.grace_m then {{ outcomes[5] }}
            else {{ outcomes[6] }}
        end
{%- endmacro %}
