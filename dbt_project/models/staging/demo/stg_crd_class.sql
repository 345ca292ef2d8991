-- One row per loan note and day on which it was classed.
with source as (
    {{ ods_journal('crd_class') }}
),

final as (
    select
        note_no,
        class_date,
        class_code,
        prev_class,
        reason_code,
        is_restructured,
        observe_to,
        src_file,
        src_line
    from source
)

select * from final
