-- One row per district: the source names no branches, so a district stands for those that lie in it.
with districts as (
    {{ ods_static('district') }}
),

final as (
    select
        a1 as org_id,
        a2 as org_name,
        cast(null as varchar) as parent_id,
        'outlet' as level_code,
        a3 as region_code,
        a1 as gl_org_id,
        cast(null as date) as open_date,
        cast(null as date) as close_date,
        src_file,
        src_line
    from districts
)

select * from final
