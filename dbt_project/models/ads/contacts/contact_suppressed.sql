-- a row is one customer whom a campaign is for and who is not contacted on one of its channels, with the reason that may be shown
with targets as (
    select * from {{ ref('reach_target') }}
    where rule_no is not null
),

final as (
    select
        campaign_kind,
        campaign_code,
        channel,
        entity,
        customer_id,
        lead_id,
        contact_date,
        -- A hold-out that managers could tell from others would not be left alone.
        case reason_code when 'holdout' then 'internal_rule' else reason_code end as reason_code,
        contact_date - 1 as biz_date
    from targets
)

select * from final
