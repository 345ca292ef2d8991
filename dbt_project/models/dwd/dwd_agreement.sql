-- a row is one agreement that a customer signed for a service, live or ended
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with source_rows as (
    select * from {{ ref('stg_core_agreement') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        customers.customer_id,
        customers.entity,
        source_rows.agr_type,
        source_rows.seq,
        source_rows.status_code,
        source_rows.channel_code,
        source_rows.from_date,
        source_rows.to_date,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
