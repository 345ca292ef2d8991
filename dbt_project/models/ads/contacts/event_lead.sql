-- a row is one lead of the business date: what happened, to whom it goes, and if it is not chosen, why
with raised as (
    select * from {{ ref('event_lead_raised') }}
),

forbidden as (
    select lead_id, reason_code from {{ ref('reach_target') }}
    where channel = 'manager' and rule_no is not null
),

budgets as (
    select lead_budget.*
    from {{ ref('lead_budget') }} as lead_budget
    cross join {{ source('ops', 'run_context') }} as run_context
    where {{ in_force('lead_budget') }}
),

asked as (
    select
        raised.*,
        budgets.leads as budget,
        greatest(1, floor(budgets.kind_share * budgets.leads)) as kind_budget,
        -- Who is left alone to compare must not be told from others: managers see one word for both.
        case forbidden.reason_code when 'holdout' then 'internal_rule' else forbidden.reason_code end as reach_reason
    from raised
    inner join budgets on raised.owner_kind = budgets.owner_kind
    left join forbidden on raised.lead_id = forbidden.lead_id
),

{% set order = 'priority, amt desc nulls last, expiry_date - lead_date, lead_id' %}
ranked as (
    select
        *,
        case when reach_reason is null then row_number() over (partition by owner_id, reach_reason is null order by {{ order }}) end
            as rank_no,
        row_number() over (partition by owner_id, reach_reason is null, lead_code order by {{ order }}) as kind_place
    from asked
),

-- What a lead reads may be of an earlier day: who acts on it is told.
late_leads as (
    select lead_code, as_of from {{ source('ops', 'late_lead') }}
),

-- Taken one after the other: a lead of which there are enough of its kind leaves its place to the next.
placed as (
    select
        *,
        reach_reason is null and coalesce(kind_place <= kind_budget, true) as is_within_kind,
        row_number() over (
            partition by owner_id, reach_reason is null and coalesce(kind_place <= kind_budget, true) order by {{ order }}
        ) as place
    from ranked
),

chosen as (
    select *, is_within_kind and coalesce(place <= budget, true) as is_chosen from placed
),

final as (
    select
        chosen.lead_id,
        chosen.lead_code,
        chosen.variant_code,
        chosen.lead_kind,
        chosen.priority,
        chosen.entity,
        chosen.customer_id,
        chosen.lead_date as biz_date,
        chosen.expiry_date,
        chosen.owner_kind,
        chosen.owner_id,
        chosen.org_id,
        chosen.amt,
        chosen.evidence_from,
        chosen.evidence_to,
        chosen.evidence_cnt,
        chosen.evidence_keys,
        chosen.dedupe_part,
        cast(chosen.rank_no as integer) as rank_no,
        chosen.is_chosen,
        case when chosen.reach_reason is not null then chosen.reach_reason when not chosen.is_chosen then 'budget' end as reason_code,
        late_leads.lead_code is not null as is_degraded,
        case when late_leads.lead_code is null then chosen.lead_date else late_leads.as_of end as as_of
    from chosen
    left join late_leads on chosen.lead_code = late_leads.lead_code
)

select * from final
