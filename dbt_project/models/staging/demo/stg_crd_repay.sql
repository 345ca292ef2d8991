-- One row per payment on a loan note.
with source as (
    {{ ods_journal('crd_repay') }}
),

final as (
    select
        repay_no,
        note_no,
        acct_date,
        prin_amt,
        int_amt,
        penalty_amt,
        kind_code,
        src_file,
        src_line
    from source
)

select * from final
