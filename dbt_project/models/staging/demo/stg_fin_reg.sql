-- One row per month end, item, organisation and unit of the regulatory extract, or explained difference.
with source as (
    {{ ods_full('fin_reg') }}
),

final as (
    select
        report_date,
        report_code,
        item_code,
        gl_org,
        unit_code,
        kind_code,
        reason_code,
        amt,
        src_file,
        src_line
    from source
)

select * from final
