-- a row is one five-level classification of a loan note
{{ config(materialized='daily', date_column='class_date') }}
with source_rows as (
    select * from {{ ref('stg_crd_class') }} where {{ daily_rows('class_date') }}
),

final as (
    select
        source_rows.note_no,
        source_rows.class_date,
        source_rows.class_code,
        source_rows.prev_class,
        source_rows.is_restructured,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
)

select * from final
