-- One row per statement of account that was sent for confirmation.
with source as (
    {{ ods_delta('core_recon') }}
),

final as (
    select
        acct_no,
        stmt_date,
        ecif_no as party_id,
        due_date,
        reply_date,
        result_code,
        src_file,
        src_line
    from source
)

select * from final
