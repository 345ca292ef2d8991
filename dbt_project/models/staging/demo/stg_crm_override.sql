-- One row per tier, exclusion or family tier set by hand.
with source as (
    {{ ods_delta('crm_override') }}
),

final as (
    select
        ecif_no as party_id,
        kind_code,
        value_code,
        reason_code,
        from_date,
        to_date,
        approver_id,
        src_file,
        src_line
    from source
)

select * from final
