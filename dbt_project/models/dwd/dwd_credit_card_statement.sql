-- a row is one monthly statement of a credit card account, and what was paid on it by its due date
-- A plain table: its feed does not say of which day a delivery's rows are, so no day can be built apart.
with source_rows as (
    select * from {{ ref('stg_cc_stmt') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        customers.customer_id,
        source_rows.cc_acct_no,
        source_rows.stmt_month,
        source_rows.stmt_amt,
        source_rows.min_pay_amt,
        source_rows.paid_amt,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
