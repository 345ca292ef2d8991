-- a row is one statement of account that was sent to a customer for confirmation, with the reply where there is one
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with source_rows as (
    select * from {{ ref('stg_core_recon') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        customers.customer_id,
        customers.entity,
        source_rows.acct_no,
        source_rows.stmt_date,
        source_rows.due_date,
        source_rows.reply_date,
        source_rows.result_code,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
