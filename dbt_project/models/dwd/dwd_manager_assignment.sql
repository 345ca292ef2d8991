-- a row is one period in which a manager looks after a customer
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with source_rows as (
    select * from {{ ref('stg_crm_assign') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        customers.customer_id,
        source_rows.manager_id,
        source_rows.role_code,
        source_rows.share_ratio,
        source_rows.org_id,
        source_rows.from_date,
        source_rows.to_date,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
