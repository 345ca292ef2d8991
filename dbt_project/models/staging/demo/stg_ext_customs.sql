-- One row per company and month.
with source as (
    {{ ods_full('ext_customs') }}
),

final as (
    select
        uscc,
        period,
        export_amt,
        import_amt,
        credit_level,
        auth_no,
        auth_from,
        auth_to,
        src_file,
        src_line
    from source
)

select * from final
