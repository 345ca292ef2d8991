-- a row is one loan contract of a customer
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with source_rows as (
    select * from {{ ref('stg_crd_contract') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        customers.customer_id,
        customers.entity,
        source_rows.contract_no,
        source_rows.kind_code,
        source_rows.contract_amt,
        source_rows.from_date,
        source_rows.to_date,
        source_rows.limit_no,
        source_rows.guar_mode,
        source_rows.rate_type,
        source_rows.rate,
        source_rows.next_reprice_date,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
