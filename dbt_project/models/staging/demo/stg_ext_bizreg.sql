-- One row per entry of the business register.
with source as (
    {{ ods_delta('ext_bizreg') }}
),

final as (
    select
        uscc,
        change_date,
        reg_name,
        status_code,
        legal_rep_name,
        capital_amt,
        shareholder_cnt,
        is_abnormal,
        abnormal_from,
        pledge_ratio,
        src_file,
        src_line
    from source
)

select * from final
