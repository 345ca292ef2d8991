-- One row per grant or withdrawal of consent.
with source as (
    {{ ods_journal('crm_consent') }}
),

final as (
    select
        ecif_no as party_id,
        channel_code,
        purpose_code,
        event_time,
        action_code,
        text_version,
        source_code,
        src_file,
        src_line
    from source
)

select * from final
