-- a row is one acceptance, guarantee, letter of credit, discounted bill or commitment of a customer, at its latest state
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with source_rows as (
    select * from {{ ref('stg_crd_offbal') }}
),

customers as (
    {{ customers_of('ecif') }}
),

final as (
    select
        customers.customer_id,
        customers.entity,
        source_rows.biz_no,
        source_rows.limit_no,
        source_rows.kind_code,
        source_rows.face_amt,
        source_rows.margin_acct_no,
        source_rows.margin_amt,
        source_rows.start_date,
        source_rows.due_date,
        source_rows.adv_amt,
        source_rows.status_code,
        source_rows.gl_subject,
        source_rows.gl_org,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join customers on source_rows.party_id = customers.source_id
)

select * from final
