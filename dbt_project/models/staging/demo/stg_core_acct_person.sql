-- One row per account and person who may use it.
-- The core of this bank knows the owner only.
with source as (
    {{ ods_delta('core_acct') }}
),

final as (
    select
        acct_no,
        ecif_no as party_id,
        'owner' as role_code,
        src_file,
        src_line
    from source
)

select * from final
