-- a row is one grant or withdrawal of consent by a customer, for a channel and a purpose
-- A plain table: its feed does not say of which day a delivery's rows are, so no day can be built apart.
with source_rows as (
    select * from {{ ref('stg_crm_consent') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        customers.customer_id,
        source_rows.channel_code,
        source_rows.purpose_code,
        source_rows.event_time,
        source_rows.action_code,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
