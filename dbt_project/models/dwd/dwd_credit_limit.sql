-- a row is one credit limit of a customer
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with source_rows as (
    select * from {{ ref('stg_crd_limit') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        customers.customer_id,
        customers.entity,
        source_rows.limit_no,
        source_rows.kind_code,
        source_rows.parent_limit_no,
        source_rows.amt,
        source_rows.used_amt,
        source_rows.frozen_amt,
        source_rows.is_revolving,
        source_rows.is_low_risk,
        source_rows.from_date,
        source_rows.to_date,
        source_rows.status_code,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
