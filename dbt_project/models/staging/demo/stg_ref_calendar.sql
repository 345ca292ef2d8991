-- One row per calendar day.
with source as (
    {{ ods_full('ref_calendar') }}
),

final as (
    select
        cal_date,
        is_workday,
        is_trading_day,
        is_settle_day,
        holiday_code,
        festival_offset,
        src_file,
        src_line
    from source
)

select * from final
