-- One row per risk questionnaire answered.
with source as (
    {{ ods_journal('crm_risk_test') }}
),

final as (
    select
        ecif_no as party_id,
        kind_code,
        test_date,
        result_level,
        expiry_date,
        channel_code,
        is_revoked,
        src_file,
        src_line
    from source
)

select * from final
