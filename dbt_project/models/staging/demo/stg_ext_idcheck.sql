-- One row per identity check.
with source as (
    {{ ods_journal('ext_idcheck') }}
),

final as (
    select
        check_no,
        ecif_no as party_id,
        check_date,
        check_time,
        result_code,
        by_code,
        src_file,
        src_line
    from source
)

select * from final
