-- One row per terminal or code plate of a merchant.
with source as (
    {{ ods_delta('mer_terminal') }}
),

final as (
    select
        sn,
        mer_no,
        kind_code,
        region_code,
        bind_date,
        unbind_date,
        src_file,
        src_line
    from source
)

select * from final
