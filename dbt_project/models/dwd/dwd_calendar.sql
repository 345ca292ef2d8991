-- a row is one calendar day: which of the three calendars it is open in, and where it stands to a festival
-- A plain table: a row is a state at the business date, and no day of its own has made it.
with source_rows as (
    select * from {{ ref('stg_ref_calendar') }}
),

final as (
    select
        source_rows.cal_date,
        source_rows.is_workday,
        source_rows.is_trading_day,
        source_rows.is_settle_day,
        source_rows.holiday_code,
        source_rows.festival_offset,
        source_rows.src_file,
        source_rows.src_line
    from source_rows
)

select * from final
