-- a row is one lead of the business date: the only one of its key within the cool-down, with whoever it goes to
-- A table: which leads there were is remembered in ops.lead_history.
{{ config(materialized='table', pre_hook="{{ lead_history_table() }}", post_hook="{{ lead_history_record(this) }}") }}
with night as (
    {{ night_dates() }}
),

catalogue as (
    select * from {{ ref('lead_catalog') }}
),

spine as (
    select customer_id, 'retail' as entity from {{ ref('dws_retail_spine') }}
    union all
    select customer_id, 'corporate' as entity from {{ ref('dws_corporate_spine') }}
    union all
    select customer_id, 'merchant' as entity from {{ ref('dws_merchant_spine') }}
),

-- No lead before its evidence, and one of a key a day: of two variants the one with more at stake.
events as (
    select
        raised.*,
        spine.entity,
        night.biz_date,
        catalogue.lead_kind,
        catalogue.priority,
        catalogue.cool_days,
        catalogue.life_days,
        catalogue.product,
        catalogue.goes_to,
        catalogue.line,
        catalogue.channels,
        catalogue.holdout
    from {{ ref('lead_raised') }} as raised
    inner join spine on raised.customer_id = spine.customer_id
    inner join catalogue on raised.lead_code = catalogue.lead_code and raised.variant_code = catalogue.variant_code
    inner join night on raised.evidence_to <= night.biz_date
    qualify row_number() over (
        partition by raised.lead_code, raised.customer_id, raised.dedupe_part
        order by catalogue.priority, raised.amt desc nulls last, raised.variant_code
    ) = 1
),

past as (
    select history.lead_code, history.customer_id, history.dedupe_part, max(history.lead_date) as lead_date
    from {{ source('ops', 'lead_history') }} as history
    inner join {{ source('ops', 'published_run') }} as published_runs on history.run_id = published_runs.run_id
    inner join night on history.lead_date < night.biz_date
    group by history.lead_code, history.customer_id, history.dedupe_part
),

fresh as (
    select events.*
    from events
    left join past
        on
            events.lead_code = past.lead_code
            and events.customer_id = past.customer_id
            and events.dedupe_part = past.dedupe_part
    where past.lead_date is null or events.biz_date - past.lead_date >= events.cool_days
),

-- Who looks after a merchant is who looks after its owner.
places as (
    select customer_id, customer_id as assigned_id, mng_org from {{ ref('dwd_party') }}
    where entity in ('retail', 'corporate')
    union all
    select customer_id, owner_customer_id as assigned_id, mng_org from {{ ref('dwd_merchant') }}
),

assignments as (
    select
        assignments.customer_id,
        case assignments.role_code when 'main' then 'manager' else 'shared_manager' end as owner_kind,
        assignments.manager_id,
        assignments.org_id
    from {{ ref('dwd_manager_assignment') }} as assignments
    inner join night
        on
            assignments.from_date <= night.biz_date
            and (assignments.to_date is null or assignments.to_date > night.biz_date)
    qualify row_number() over (
        partition by assignments.customer_id, assignments.role_code
        order by assignments.share_ratio desc nulls last, assignments.manager_id
    ) = 1
),

branches as (
    select branches.org_id from {{ ref('dwd_branch') }} as branches
    inner join night on branches.close_date is null or branches.close_date > night.biz_date
),

-- Who agreed to be called, by the last word.
callable as (
    select consents.customer_id
    from {{ ref('dwd_consent') }} as consents
    inner join night on cast(consents.event_time as date) <= night.biz_date
    where consents.channel_code = 'call'
    group by consents.customer_id
    having arg_max(consents.action_code, (consents.event_time, consents.action_code)) = 'grant'
),

tiers as (
    select tags_retail.customer_id, max(tier_rule.tier_no) as tier_no
    from {{ ref('tags_retail') }} as tags_retail
    inner join {{ ref('tier_rule') }} as tier_rule on tags_retail.tier_code = tier_rule.tier and tier_rule.entity = 'retail'
    group by tags_retail.customer_id
),

budgets as (
    select lead_budget.*
    from {{ ref('lead_budget') }} as lead_budget
    cross join {{ source('ops', 'run_context') }} as run_context
    where {{ in_force('lead_budget') }}
),

customers as (
    select distinct customer_id, entity, lead_kind, goes_to, line from fresh
),

offered as (
    select customers.*, assignments.owner_kind, assignments.manager_id as owner_id, assignments.org_id
    from customers
    inner join places on customers.customer_id = places.customer_id
    inner join assignments on places.assigned_id = assignments.customer_id
    where customers.goes_to is null
    union all
    select customers.*, 'branch_pool' as owner_kind, 'branch:' || branches.org_id as owner_id, branches.org_id
    from customers
    inner join places on customers.customer_id = places.customer_id
    inner join branches on places.mng_org = branches.org_id
    where customers.goes_to is null
    union all
    select customers.*, 'remote' as owner_kind, 'remote' as owner_id, places.mng_org as org_id
    from customers
    inner join callable on customers.customer_id = callable.customer_id
    left join places on customers.customer_id = places.customer_id
    where customers.goes_to is null
    union all
    select customers.*, 'digital' as owner_kind, 'digital' as owner_id, places.mng_org as org_id
    from customers
    left join places on customers.customer_id = places.customer_id
    where customers.goes_to is null
    union all
    select
        customers.*,
        customers.goes_to as owner_kind,
        customers.goes_to || ':'
        || case customers.goes_to when 'risk' then coalesce(places.mng_org, 'head') else customers.line end as owner_id,
        places.mng_org as org_id
    from customers
    left join places on customers.customer_id = places.customer_id
    where customers.goes_to is not null
),

-- The chain: the first who is there, and whose time the tier is worth.
owners as (
    select offered.*, budgets.sort
    from offered
    inner join budgets on offered.owner_kind = budgets.owner_kind
    left join tiers on offered.customer_id = tiers.customer_id
    where
        budgets.tier_no_from is null or offered.entity <> 'retail'
        or coalesce(tiers.tier_no, 1) >= budgets.tier_no_from
    qualify row_number() over (
        partition by offered.customer_id, offered.lead_kind, offered.goes_to, offered.line
        order by budgets.sort, offered.owner_id
    ) = 1
),

final as (
    select
        upper(left(sha256(
            fresh.lead_code || '|' || fresh.customer_id || '|' || fresh.dedupe_part || '|' || fresh.biz_date
        ), 20)) as lead_id,
        fresh.lead_code,
        fresh.variant_code,
        fresh.lead_kind,
        fresh.priority,
        fresh.entity,
        fresh.customer_id,
        fresh.biz_date as lead_date,
        coalesce(fresh.expiry_date, fresh.biz_date + fresh.life_days) as expiry_date,
        fresh.dedupe_part,
        fresh.amt,
        fresh.evidence_from,
        fresh.evidence_to,
        fresh.evidence_cnt,
        fresh.evidence_keys,
        fresh.product,
        fresh.channels,
        fresh.holdout,
        owners.owner_kind,
        owners.owner_id,
        owners.org_id
    from fresh
    inner join owners
        on
            fresh.customer_id = owners.customer_id and fresh.lead_kind = owners.lead_kind
            and fresh.goes_to is not distinct from owners.goes_to and fresh.line = owners.line
)

select * from final
