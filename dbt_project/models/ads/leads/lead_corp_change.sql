-- a row is one change of a company in the business registry, or one case against it, that the bank has lately heard of
with night as (
    {{ night_dates() }}
),

before as (
    select * from {{ source('ops', 'prior_tag_corporate') }}
    where
        coalesce(crd_used_amt, 0) > 0 or coalesce(crd_exposure_amt, 0) > 0
        or dep_bal >= {{ lead_threshold('change_aum_amt') }}
),

-- Registers arrive weekly: what is news was registered some days ago, and a key is raised once.
span as (
    select
        night.biz_date,
        night.biz_date - cast({{ lead_threshold('register_days') }} as integer) as after_date
    from night
),

registry as (
    select
        rows_before.*,
        lag(rows_before.legal_rep_key) over history as prior_rep_key,
        lag(rows_before.capital_amt) over history as prior_capital,
        lag(rows_before.is_abnormal) over history as prior_abnormal,
        row_number() over history as place
    from {{ ref('dwd_company_registry') }} as rows_before
    inner join span on rows_before.change_date <= span.biz_date
    window history as (partition by rows_before.customer_id order by rows_before.change_date)
),

registry_changes as (
    select
        registry.customer_id,
        'main' as variant_code,
        'registry|' || registry.change_date as part,
        registry.change_date as event_date,
        registry.customer_id || '|' || registry.change_date as event_key,
        cast(null as decimal(18, 2)) as amt
    from registry
    inner join span on registry.change_date > span.after_date
    where
        (registry.place > 1 and registry.legal_rep_key is distinct from registry.prior_rep_key)
        or registry.capital_amt <= {{ lead_threshold('capital_fall_ratio') }} * registry.prior_capital
        or (registry.is_abnormal and not coalesce(registry.prior_abnormal, false))
),

controllers as (
    select relations.* from {{ ref('dwd_relation') }} as relations
    where relations.to_entity = 'corporate' and relations.rel_code = 'controller'
),

-- A controller who comes after another has gone or stays is a change; the first one known is none.
controller_changes as (
    select
        controllers.to_customer_id as customer_id,
        'main' as variant_code,
        'controller|' || controllers.from_date as part,
        controllers.from_date as event_date,
        controllers.to_customer_id || '|' || controllers.from_date as event_key,
        cast(null as decimal(18, 2)) as amt
    from controllers
    inner join span on controllers.from_date > span.after_date and controllers.from_date <= span.biz_date
    inner join controllers as earlier
        on controllers.to_customer_id = earlier.to_customer_id and controllers.from_date > earlier.from_date
    group by controllers.to_customer_id, controllers.from_date
),

cases as (
    select
        cases.customer_id,
        'case' as variant_code,
        {{ evidence_key('case', 'cases.case_no') }} as part,
        cases.filed_date as event_date,
        cases.case_no as event_key,
        cases.amt
    from {{ ref('dwd_court_case') }} as cases
    inner join span on cases.filed_date > span.after_date and cases.filed_date <= span.biz_date
    where
        cases.role_code = 'defendant'
        and (cases.kind_code in ('enforce', 'dishonest') or cases.amt >= {{ lead_threshold('sued_min_amt') }})
),

changes as (
    select * from registry_changes
    union all
    select * from controller_changes
    union all
    select * from cases
),

final as (
    select
        changes.customer_id,
        changes.variant_code,
        changes.part as dedupe_part,
        changes.event_date as evidence_from,
        changes.event_date as evidence_to,
        {{ evidence_key('register', 'changes.event_key') }} as evidence_keys,
        1 as evidence_cnt,
        changes.amt,
        cast(null as date) as expiry_date
    from changes
    inner join before on changes.customer_id = before.customer_id
)

select * from final
