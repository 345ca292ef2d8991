-- a row is one retail customer whose identity document or risk test expires soon, sooner or on the day
with night as (
    {{ night_dates() }}
),

documents as (
    select customer_id, 'main' as variant_code, 'document' as kind, id_expiry_date as end_date
    from {{ ref('dwd_party') }}
    where entity = 'retail'
),

risk_tests as (
    select
        tests.customer_id,
        'risk_test' as variant_code,
        'risk_test' as kind,
        tests.test_date + cast({{ parameter('risk_test_valid_days') }} as integer) as end_date
    from {{ ref('dwd_risk_test') }} as tests
    inner join night on tests.test_date <= night.biz_date
    where not coalesce(tests.is_revoked, false)
    qualify row_number() over (partition by tests.customer_id order by tests.test_date desc, tests.result_level) = 1
),

both_kinds as (
    select * from documents
    union all
    select * from risk_tests
),

final as (
    select
        both_kinds.customer_id,
        both_kinds.variant_code,
        both_kinds.kind as dedupe_part,
        night.biz_date as evidence_from,
        night.biz_date as evidence_to,
        {{ evidence_key('expiry', "both_kinds.customer_id || '|' || both_kinds.kind || '|' || both_kinds.end_date") }} as evidence_keys,
        1 as evidence_cnt,
        cast(null as decimal(18, 2)) as amt,
        cast(null as date) as expiry_date
    from both_kinds
    cross join night
    where both_kinds.end_date - night.biz_date in ({{ lead_threshold('doc_far_days') }}, {{ lead_threshold('doc_near_days') }}, 0)
)

select * from final
