-- One row per company on a public list.
with source as (
    {{ ods_full('ext_list') }}
),

final as (
    select
        list_code,
        batch,
        uscc,
        list_name,
        level_code,
        from_date,
        to_date,
        source_code,
        src_file,
        src_line
    from source
)

select * from final
