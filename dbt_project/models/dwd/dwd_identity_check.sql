-- a row is one enquiry at the register of identity documents about a customer, with its answer
with source_rows as (
    select * from {{ ref('stg_ext_idcheck') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        customers.customer_id,
        source_rows.check_no,
        source_rows.check_date,
        source_rows.check_time,
        source_rows.result_code,
        source_rows.by_code,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
