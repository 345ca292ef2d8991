-- a row is one address, telephone number or mail address of a customer
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with source_rows as (
    select * from {{ ref('stg_ecif_contact') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        customers.customer_id,
        source_rows.contact_kind,
        source_rows.seq,
        source_rows.mobile,
        source_rows.address,
        source_rows.region_code,
        source_rows.is_verified,
        source_rows.update_date,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
