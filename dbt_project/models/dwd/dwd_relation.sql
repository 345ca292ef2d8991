-- a row is one tie between two parties; a side that is no customer has no customer_id
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with source_rows as (
    select * from {{ ref('stg_ecif_relation') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        from_customers.customer_id as from_customer_id,
        from_customers.entity as from_entity,
        to_customers.customer_id as to_customer_id,
        to_customers.entity as to_entity,
        source_rows.rel_code,
        source_rows.share_ratio,
        source_rows.from_date,
        source_rows.to_date,
        source_rows.source_code,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers as from_customers on source_rows.from_party = from_customers.source_id
    left join customers as to_customers on source_rows.to_party = to_customers.source_id
)

select * from final
