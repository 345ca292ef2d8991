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
        lead_id,
        lead_code,
        variant_code,
        lead_kind,
        priority,
        entity,
        customer_id,
        lead_date as biz_date,
        expiry_date,
        owner_kind,
        owner_id,
        org_id,
        amt,
        evidence_from,
        evidence_to,
        evidence_cnt,
        evidence_keys,
        dedupe_part,
        cast(rank_no as integer) as rank_no,
        is_chosen,
        case when reach_reason is not null then reach_reason when not is_chosen then 'budget' end as reason_code
    from chosen
)

select * from final
