-- a row is one collateral or guarantee of a loan contract; the customer is who provides it, who may be another than the debtor
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with source_rows as (
    select * from {{ ref('stg_crd_security') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        customers.customer_id,
        customers.entity,
        source_rows.guar_no,
        source_rows.contract_no,
        source_rows.kind_code,
        source_rows.value_amt,
        source_rows.appraise_date,
        source_rows.amt,
        source_rows.from_date,
        source_rows.to_date,
        source_rows.rank_no,
        source_rows.status_code,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.provider_ecif = customers.source_id
)

select * from final
