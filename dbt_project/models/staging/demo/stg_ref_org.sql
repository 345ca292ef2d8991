-- One row per organisation of the bank.
with source as (
    {{ ods_full('ref_org') }}
),

final as (
    select
        org_id,
        org_name,
        parent_id,
        level_code,
        region_code,
        gl_org_id,
        open_date,
        close_date,
        src_file,
        src_line
    from source
)

select * from final
