-- a row is one payment on a loan note
with source_rows as (
    select * from {{ ref('stg_crd_repay') }}
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
        source_rows.repay_no,
        source_rows.note_no,
        source_rows.acct_date,
        source_rows.prin_amt,
        source_rows.int_amt,
        source_rows.penalty_amt,
        source_rows.kind_code as repay_code,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
    left join notes on source_rows.note_no = notes.note_no
)

select * from final
