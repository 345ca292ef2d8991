-- One row per lead and variant: what it is, whose it is, and whether tonight could evaluate it.
-- The seed of the same name has the rows; two dbt nodes cannot share a name, so this one takes it as its alias.
{{ config(alias='lead_catalog') }}
with catalogue as (
    select * from {{ ref('lead_catalog') }}
),

feeds as (
    select * from {{ ref('lead_fed') }}
),

yesterday as (
    select count(*) > 0 as is_known from {{ source('ops', 'prior_tag_retail') }}
),

late_leads as (
    select * from {{ source('ops', 'late_lead') }}
),

leads as (
    select
        lead_code,
        variant_code,
        cast(count(*) as integer) as lead_cnt,
        cast(count(case when is_chosen then 1 end) as integer) as chosen_cnt
    from {{ ref('event_lead') }}
    group by lead_code, variant_code
),

final as (
    select
        catalogue.lead_id,
        catalogue.lead_code,
        catalogue.variant_code,
        catalogue.zh,
        catalogue.en,
        catalogue.entities,
        catalogue.line,
        catalogue.owner,
        catalogue.lead_kind,
        catalogue.priority,
        catalogue.cool_days,
        catalogue.life_days,
        catalogue.dedupe,
        catalogue.product,
        catalogue.goes_to,
        catalogue.channels,
        catalogue.holdout,
        catalogue.events,
        catalogue.tags_before,
        catalogue.tags,
        catalogue.is_intraday,
        catalogue.evidence_zh,
        catalogue.evidence_en,
        catalogue.script_zh,
        catalogue.script_en,
        {{ biz_date() }} as biz_date,
        case
            when not feeds.is_fed then 'no_feed'
            when nullif(catalogue.tags_before, '') is not null and not yesterday.is_known then 'no_yesterday'
            else 'evaluated'
        end as state_code,
        coalesce(leads.lead_cnt, 0) as lead_cnt,
        coalesce(leads.chosen_cnt, 0) as chosen_cnt,
        late_leads.lead_code is not null as is_degraded,
        case when late_leads.lead_code is null then {{ biz_date() }} else late_leads.as_of end as as_of,
        late_leads.because as late_because
    from catalogue
    inner join feeds on catalogue.lead_code = feeds.lead_code and catalogue.variant_code = feeds.variant_code
    cross join yesterday
    left join late_leads on catalogue.lead_code = late_leads.lead_code
    left join leads on catalogue.lead_code = leads.lead_code and catalogue.variant_code = leads.variant_code
)

select * from final
