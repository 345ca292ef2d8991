-- One row per event in the mobile bank.
with source as (
    {{ ods_journal('chn_event') }}
),

final as (
    select
        event_id,
        ecif_no as party_id,
        event_date,
        event_time,
        event_kind,
        page_code,
        stay_sec,
        prod_id,
        os_code,
        device_token,
        login_code,
        src_file,
        src_line
    from source
)

select * from final
