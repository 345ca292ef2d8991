-- a row is one contact of the next day: a customer, a channel and a campaign that nothing forbids
with targets as (
    select * from {{ ref('reach_target') }}
    where rule_no is null and channel <> 'manager'
),

-- Two spells of whole hours, with a quiet noon between them.
call_hours as (
    select
        printf(
            '%02d:00-%02d:00,%02d:00-%02d:00',
            cast({{ parameter('reach_call_from_hour') }} as integer),
            cast({{ parameter('reach_call_noon_hour') }} as integer),
            cast({{ parameter('reach_call_again_hour') }} as integer),
            cast({{ parameter('reach_call_to_hour') }} as integer)
        ) as hours
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
        case when channel in ('call', 'robot') then (select call_hours.hours from call_hours) end as hours,
        contact_date - 1 as biz_date
    from targets
)

select * from final
