-- a row is one contract by which a company pays its people through this bank
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with source_rows as (
    select * from {{ ref('stg_pay_contract') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        customers.customer_id,
        source_rows.contract_no,
        source_rows.pay_type,
        source_rows.pay_day,
        source_rows.from_date,
        source_rows.to_date,
        source_rows.status_code,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.payer_ecif = customers.source_id
)

select * from final
