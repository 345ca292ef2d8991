"""Prints the seed dbt_project/seeds/calendar_day.csv: `python -m tagmart.synth.calendar_seed > dbt_project/seeds/calendar_day.csv`.

Working days of 2024 to 2026 are those that the State Council has published; 2027 is an assumption until it is published.
A test compares them with the package chinesecalendar.
"""

from __future__ import annotations

from collections.abc import Iterator

from tagmart.synth.calendar import reference_calendar

COLUMNS = "cal_date,is_workday,is_trading_day,is_settle_day,holiday_code,festival_offset"


def lines() -> Iterator[str]:
    """The seed's lines, its header first."""
    yield COLUMNS
    table = reference_calendar()
    for at, day in enumerate(table.dates):
        worked, traded = (str(bool(flags[at])).lower() for flags in (table.is_workday, table.is_trading_day))
        # The payment system settles on working days, those that a long holiday moves to a weekend included.
        yield f"{day},{worked},{traded},{worked},{table.holiday_code[at]},{table.festival_offset[at]}"


if __name__ == "__main__":
    print("\n".join(lines()))
