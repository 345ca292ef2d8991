-- a row is one debit card; the customer is who holds it, which may be another than the owner of the account
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with source_rows as (
    select * from {{ ref('stg_card_debit') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        customers.customer_id,
        source_rows.card_ref,
        source_rows.acct_no,
        source_rows.level_code,
        source_rows.open_date,
        source_rows.status_code,
        source_rows.renew_due_month,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
