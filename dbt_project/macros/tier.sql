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

{#
    What every night told of the last evaluation: a row is a customer, an evaluation and a night on which it was told for the
    first time or came out otherwise than the night before, because of data that came late: the receipt of the restatement.
    Nothing else remembers this, so it is the one table of tiers that cannot be made again from the deliveries.
#}
{% macro tier_told_table() -%}
    create table if not exists {{ source('ops', 'tier_told') }} (
        customer_id varchar,
        eval_date date,
        told_date date,
        run_id varchar,
        measure_amt decimal(18, 2),
        judged_no integer,
        tier_no integer,
        watch_months integer,
        since_date date,
        first_no integer
    )
{%- endmacro %}

{# Write down what this night tells; a night that is built again says it anew. `told` is the model dws_retail_tier_told. #}
{% macro tier_told_record(told) -%}
    delete from {{ source('ops', 'tier_told') }} where told_date = {{ biz_date() }};
    insert into {{ source('ops', 'tier_told') }}
    select
        now_told.customer_id,
        now_told.eval_date,
        {{ biz_date() }} as told_date,
        (select run_context.run_id from {{ source('ops', 'run_context') }} as run_context) as run_id,
        now_told.measure_amt,
        now_told.judged_no,
        now_told.tier_no,
        now_told.watch_months,
        now_told.since_date,
        now_told.first_no
    from {{ told }} as now_told
    where now_told.is_news
{%- endmacro %}
