-- One row per instalment of a loan note.
with source as (
    {{ ods_delta('crd_schedule') }}
),

final as (
    select
        note_no,
        term_no,
        due_date,
        prin_amt,
        int_amt,
        paid_prin_amt,
        paid_int_amt,
        paid_date,
        src_file,
        src_line
    from source
)

select * from final
