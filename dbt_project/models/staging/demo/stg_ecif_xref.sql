-- One row per event of an id of a source system.
with source as (
    {{ ods_journal('ecif_xref') }}
),

final as (
    select
        src_sys,
        src_id,
        ecif_no as party_id,
        event_code,
        old_ecif_no,
        event_date,
        event_time,
        src_file,
        src_line
    from source
)

select * from final
