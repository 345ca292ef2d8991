-- a row is one organisation of the bank, from head office to outlet
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with source_rows as (
    select * from {{ ref('stg_ref_org') }}
),

final as (
    select
        source_rows.org_id,
        source_rows.org_name,
        source_rows.parent_id,
        source_rows.level_code,
        source_rows.region_code,
        source_rows.gl_org_id,
        source_rows.open_date,
        source_rows.close_date,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
)

select * from final
