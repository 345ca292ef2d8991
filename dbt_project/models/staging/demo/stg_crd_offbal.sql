-- One row per off-balance business.
with source as (
    {{ ods_delta('crd_offbal') }}
),

final as (
    select
        biz_no,
        ecif_no as party_id,
        limit_no,
        kind_code,
        face_amt,
        margin_acct_no,
        margin_amt,
        start_date,
        due_date,
        adv_amt,
        gl_subject,
        gl_org,
        status_code,
        src_file,
        src_line
    from source
)

select * from final
