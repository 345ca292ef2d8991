-- a row is one contact of the next day: a customer, a channel and a campaign that nothing forbids
with targets as (
    select * from {{ ref('reach_target') }}
    where rule_no is null and channel <> 'manager'
),

final as (
    select
        upper(left(sha256(
            campaign_code || '|' || customer_id || '|' || channel || '|' || contact_date
        ), 20)) as contact_id,
        contact_date,
        channel,
        campaign_kind,
        campaign_code,
        entity,
        customer_id,
        purpose,
        priority,
        product,
        lead_id,
        case when channel in ('call', 'robot') then '09:00-12:00,14:00-20:00' end as hours,
        contact_date - 1 as biz_date
    from targets
)

select * from final
