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
        prod_id,
        kind_code,
        ccy,
        bal_date,
        principal_amt,
        overdue_amt,
        overdue_int_amt,
        dpd,
        dpd_prin,
        dpd_int,
        rate,
        start_date,
        due_date,
        ext_cnt,
        repay_mode,
        is_inclusive,
        is_first,
        write_off_date,
        gl_subject,
        gl_org,
        is_entrusted,
        src_file,
        src_line
    from source
)

select * from final
