-- a row is one instalment of the repayment schedule of a loan note
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with source_rows as (
    select * from {{ ref('stg_crd_schedule') }}
),

final as (
    select
        source_rows.note_no,
        source_rows.term_no,
        source_rows.due_date,
        source_rows.prin_amt,
        source_rows.int_amt,
        source_rows.paid_prin_amt,
        source_rows.paid_int_amt,
        source_rows.paid_date,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
)

select * from final
