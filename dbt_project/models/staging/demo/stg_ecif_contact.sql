-- One row per way to reach a person.
with source as (
    {{ ods_delta('ecif_contact') }}
),

final as (
    select
        ecif_no as party_id,
        contact_kind,
        seq,
        mobile,
        address,
        region_code,
        is_verified,
        update_date,
        src_file,
        src_line
    from source
)

select * from final
