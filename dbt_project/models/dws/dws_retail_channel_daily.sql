-- a row is what one customer did in the mobile bank on one day, by kind of event and page
{{ config(materialized='daily', date_column='acct_date', part='customer_id', in_order_of='customer_id') }}
with events as (
    select *
    from {{ ref('dwd_channel_event') }}
    where
        customer_id is not null
        and {{ daily_rows('event_date', 'customer_id') }}
        -- A page that was left at once was passed and not viewed.
        and (event_kind <> 'view' or stay_sec >= {{ parameter('view_min_sec') }})
),

final as (
    select
        events.customer_id,
        events.event_date as acct_date,
        events.event_kind as event,
        coalesce(events.page_code, 'other') as page,
        cast(count(*) as integer) as cnt,
        cast(sum(coalesce(events.stay_sec, 0)) as integer) as stay_sec
    from events
    group by events.customer_id, events.event_date, events.event_kind, coalesce(events.page_code, 'other')
)

select * from final
