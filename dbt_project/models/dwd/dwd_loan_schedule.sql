-- a row is one instalment of a loan note, with what was paid of it
with source_rows as (
    select * from {{ ref('stg_crd_schedule') }}
),

-- Schedules and payments name the note and not the customer.
notes as (
    select distinct note_no, customer_id, entity, kind_code from {{ ref('dwd_loan_note') }}
),

final as (
    select
        notes.customer_id,
        notes.entity,
        notes.kind_code as prod,
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
    left join notes on source_rows.note_no = notes.note_no
)

select * from final
