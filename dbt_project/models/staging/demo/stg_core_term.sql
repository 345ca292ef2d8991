-- One row per term deposit or certificate.
with source as (
    {{ ods_delta('core_term') }}
),

final as (
    select
        acct_no,
        seq,
        principal_amt,
        rate,
        start_date,
        due_date,
        term_code,
        is_auto_roll,
        is_pledged,
        status_code,
        kind_code,
        is_transferable,
        src_file,
        src_line
    from source
)

select * from final
