-- a row is one tier, exclusion or family tier of a customer that was set by hand, for a time
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with source_rows as (
    select * from {{ ref('stg_crm_override') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        customers.customer_id,
        customers.entity,
        source_rows.kind_code,
        source_rows.value_code,
        source_rows.reason_code,
        source_rows.from_date,
        source_rows.to_date,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
