-- One row per control on an account (restricted).
with source as (
    {{ ods_delta('core_ctrl') }}
),

final as (
    select
        ctrl_no,
        acct_no,
        ctrl_kind,
        by_code,
        amt,
        from_date,
        to_date,
        src_file,
        src_line
    from source
)

select * from final
