-- a row is one risk test that a customer took
-- A plain table: its feed does not say of which day a delivery's rows are, so no day can be built apart.
with source_rows as (
    select * from {{ ref('stg_crm_risk_test') }} where kind_code = 'risk'
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        customers.customer_id,
        source_rows.test_date,
        source_rows.result_level,
        source_rows.channel_code,
        source_rows.is_revoked,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
