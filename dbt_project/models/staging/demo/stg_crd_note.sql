-- One row per loan note and day.
-- A full feed whose rows carry their own date: every delivery is kept, as in a journal.
with source as (
    {{ ods_journal('crd_note') }}
),

final as (
    select
        note_no,
        contract_no,
        ecif_no as party_id,
        kind_code,
        bal_date,
        principal_amt,
        overdue_amt,
        dpd,
        rate,
        start_date,
        due_date,
        src_file,
        src_line
    from source
)

select * from final
