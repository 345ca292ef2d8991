-- a row is one customer who is not contacted for a reason that may not be shown, with the true one
{{ config(database='restricted', alias='contact_suppressed', persist_docs={'relation': false, 'columns': false}) }}
with targets as (
    select * from {{ ref('reach_target') }}
    where true_reason is not null
),

final as (
    select
        campaign_kind,
        campaign_code,
        channel,
        entity,
        customer_id,
        contact_date,
        rule_no,
        true_reason,
        contact_date - 1 as biz_date
    from targets
)

select * from final
