{# A number of the leads that is the same for all tiers: seed `lead_threshold` at D for this bank, or NULL. #}
{% macro lead_threshold(name) -%}
    (
        select lead_threshold.value
        from {{ ref('lead_threshold') }} as lead_threshold
        cross join {{ source('ops', 'run_context') }} as run_context
        where
            lead_threshold.name = '{{ name }}'
            and lead_threshold.tier = 'all'
            and {{ in_force('lead_threshold') }}
    )
{%- endmacro %}

{# The retail customers as the night before published them, each with what is a large sum for the tier. No such night, no row. #}
{% macro lead_lines() -%}
    select prior_tags.*, lead_threshold.value as line_amt
    from {{ source('ops', 'prior_tag_retail') }} as prior_tags
    inner join {{ ref('lead_threshold') }} as lead_threshold
        on lead_threshold.name = 'large_amt' and prior_tags.tier_code = lead_threshold.tier
    cross join {{ source('ops', 'run_context') }} as run_context
    where {{ in_force('lead_threshold') }}
{%- endmacro %}

{#
    The digest of a row of evidence: one who may see the row finds it by its key again, and nobody else learns a number of an
    account or of a posting from the mart.
#}
{% macro evidence_key(kind, key) -%}
    left(sha256('{{ kind }}|' || {{ key }}), 16)
{%- endmacro %}

{# The digests of all rows of a group, at most twenty, separated by |. #}
{% macro evidence_keys(kind, key) -%}
    array_to_string(list_slice(list_sort(list(distinct {{ evidence_key(kind, key) }})), 1, 20), '|')
{%- endmacro %}

{#
    Wages that were paid up to D with the month that they are for: a wage that is brought forward to the end of a month, because
    its day is a holiday, is the pay of the month that follows (until which day an employer pays early, and from which on a pay is
    brought forward, are parameters). For a model that has the CTE `night`.
#}
{% macro lead_wages(early_day, forward_day) -%}
    select
        wage_details.*,
        usual_days.usual_day,
        cast(case
            when
                usual_days.usual_day <= {{ early_day }}
                and day(wage_details.pay_date) >= {{ forward_day }}
                then date_trunc('month', wage_details.pay_date) + interval 1 month
            else date_trunc('month', wage_details.pay_date)
        end as date) as pay_month,
        night.biz_date
    from {{ ref('dwd_pay_detail') }} as wage_details
    inner join night on wage_details.pay_date <= night.biz_date
    inner join (
        select
            payer_details.payer_id,
            quantile_disc(case when payer_details.pay_date > night.biz_date - 365 then day(payer_details.pay_date) end, 0.5) as usual_day
        from {{ ref('dwd_pay_detail') }} as payer_details
        inner join night on payer_details.pay_date <= night.biz_date
        where payer_details.result_code = 'ok' and payer_details.pay_type = 'wage'
        group by payer_details.payer_id
    ) as usual_days
        on wage_details.payer_id = usual_days.payer_id
    where wage_details.result_code = 'ok' and wage_details.pay_type = 'wage'
{%- endmacro %}

{#
    What earlier nights raised: a row is a lead of a run. Cool-downs read it, of the runs that were published only
    (ops.published_run); a run that is built again says its leads anew. A home that is set up anew reads them from
    published files (docs/runbook.md).
#}
{% macro lead_history_table() -%}
    create table if not exists {{ source('ops', 'lead_history') }} (
        run_id varchar,
        lead_date date,
        lead_id varchar,
        lead_code varchar,
        customer_id varchar,
        dedupe_part varchar
    )
{%- endmacro %}

{# Write down what this run raises. `leads` is the model event_lead_raised. #}
{% macro lead_history_record(leads) -%}
    delete from {{ source('ops', 'lead_history') }}
    where run_id = (select run_context.run_id from {{ source('ops', 'run_context') }} as run_context);
    insert into {{ source('ops', 'lead_history') }}
    select
        (select run_context.run_id from {{ source('ops', 'run_context') }} as run_context) as run_id,
        now_raised.lead_date,
        now_raised.lead_id,
        now_raised.lead_code,
        now_raised.customer_id,
        now_raised.dedupe_part
    from {{ leads }} as now_raised
{%- endmacro %}
