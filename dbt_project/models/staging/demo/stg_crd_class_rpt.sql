-- One row per month end, organisation and class of the class report.
with source as (
    {{ ods_full('crd_class_rpt') }}
),

final as (
    select
        class_date,
        gl_org,
        ccy,
        class_code,
        note_cnt,
        principal_amt,
        src_file,
        src_line
    from source
)

select * from final
