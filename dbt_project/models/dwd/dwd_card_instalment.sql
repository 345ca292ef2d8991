-- a row is one instalment plan of a credit card
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with source_rows as (
    select * from {{ ref('stg_cc_instal') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        customers.customer_id,
        source_rows.plan_no,
        source_rows.cc_acct_no,
        source_rows.principal_amt,
        source_rows.terms,
        source_rows.billed_terms,
        source_rows.left_amt,
        source_rows.fee_rate,
        source_rows.start_date,
        source_rows.status_code,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
