-- One row per risk questionnaire answered.
with source as (
    {{ ods_journal('crm_risk_test') }}
),

final as (
    select
        ecif_no as party_id,
        test_date,
        result_level,
        is_revoked,
        src_file,
        src_line
    from source
)

select * from final
