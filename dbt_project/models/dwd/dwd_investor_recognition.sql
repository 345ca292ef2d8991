-- a row is one recognition of a customer as a qualified investor
-- A plain table: its feed does not say of which day a delivery's rows are, so no day can be built apart.
with source_rows as (
    select * from {{ ref('stg_crm_risk_test') }} where kind_code = 'qualified'
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        customers.customer_id,
        source_rows.test_date,
        source_rows.expiry_date,
        source_rows.is_revoked,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
