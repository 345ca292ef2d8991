"""The days of a window, twice: as dates (for people and tests) and as SQL over `run_date.biz_date`.

A window of N days is (D − N, D]: D is in, the day exactly N days before is out. A complete period never holds a day of
D's own month, quarter or year.
"""

from __future__ import annotations

from datetime import date, timedelta

from tagmart.tagspec.model import Base, Change, Text, Window

MONTHS = {"month": 1, "quarter": 3, "year": 12}
PERIOD_ZH = {"month": "月", "quarter": "季度", "year": "年"}


def period_start(day: date, period: str) -> date:
    """First day of the month, quarter or year that holds `day`."""
    if period == "year":
        return day.replace(month=1, day=1)
    if period == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(day=1)


def months_before(first: date, months: int) -> date:
    """The first day of the month that lies `months` months before that of `first`."""
    number = first.year * 12 + first.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def bounds(window: Window, biz_date: date) -> tuple[date | None, date]:
    """First and last day of a window at a business date; the first is None where there is no beginning."""
    if window.days:
        return biz_date - timedelta(days=window.days - 1), biz_date
    if window.running:
        return period_start(biz_date, window.running), biz_date
    if window.complete:
        start = period_start(biz_date, window.complete)
        return months_before(start, MONTHS[window.complete] * window.count), start - timedelta(days=1)
    if window.next:
        return biz_date + timedelta(days=1), biz_date + timedelta(days=window.next)
    return None, biz_date


def base_day(base: Base, biz_date: date) -> date:
    """The last day before the month, quarter or year that holds D."""
    return period_start(biz_date, base.before) - timedelta(days=1)


def bounds_sql(window: Window) -> dict[str, str]:
    """Columns of the `bounds` row that a window needs, by name; what ends with D needs no end of its own."""
    if window.days:
        return {f"from_{window.code}": f"run_date.biz_date - {window.days - 1}"}
    if window.running:
        return {f"from_{window.code}": _trunc(window.running)}
    if window.complete:
        months = MONTHS[window.complete] * window.count
        start = f"date_trunc('{window.complete}', run_date.biz_date)"
        return {
            f"from_{window.code}": f"cast({start} - interval {months} month as date)",
            f"to_{window.code}": f"{_trunc(window.complete)} - 1",
        }
    if window.next:
        return {f"from_{window.code}": "run_date.biz_date + 1", f"to_{window.code}": f"run_date.biz_date + {window.next}"}
    return {}


def year_before_sql(window: Window) -> dict[str, str]:
    """Columns of the `bounds` row for the same complete period one year before."""
    made = bounds_sql(window)
    first, last = made[f"from_{window.code}"], made[f"to_{window.code}"]
    # The day after the last one is the first of a month, and so is the day a year before it: no 29 February is lost.
    return {
        f"from_{window.code}_yb": f"cast({first} - interval 1 year as date)",
        f"to_{window.code}_yb": f"cast({last} + 1 - interval 1 year as date) - 1",
    }


def inside_sql(window: Window, day: str) -> str:
    """The condition that a day lies in the window."""
    if window.complete or window.next:
        return f"{day} between bounds.from_{window.code} and bounds.to_{window.code}"
    if window.days or window.running:
        return f"{day} between bounds.from_{window.code} and bounds.biz_date"
    return f"{day} <= bounds.biz_date"


def length_sql(window: Window) -> str:
    """Calendar days of the window: elapsed days of a running period."""
    if window.days or window.next:
        return str(window.days or window.next)
    end = f"bounds.to_{window.code}" if window.complete else "bounds.biz_date"
    # `bounds` is one row; max only says so to the group.
    return f"max({end} - bounds.from_{window.code} + 1)"


def point_sql(point: Base | Change) -> dict[str, str]:
    """The column of the `bounds` row that holds a base day, or the day that a change looks back to."""
    base = point if isinstance(point, Base) else point.base
    if base:
        return {f"at_{base.code}": f"{_trunc(base.before)} - 1"}
    return {f"at_{point.days}d": f"run_date.biz_date - {point.days}"}


def in_words(window: Window) -> Text:
    """The days of a window in a sentence."""
    if window.days:
        return Text(
            f"截至业务日期的最近{window.days}天(含业务日期当日)",
            f"over the {window.days} days that end with the business date, that day included",
        )
    if window.running:
        return Text(
            f"自业务日期所在{PERIOD_ZH[window.running]}首日至业务日期",
            f"from the first day of the business date's {window.running} to the business date",
        )
    if window.complete:
        plural = f"{window.count} complete calendar {window.complete}s" if window.count > 1 else (
            f"complete calendar {window.complete}"
        )  # fmt: skip
        unit = PERIOD_ZH[window.complete]
        return Text(
            f"业务日期所在{unit}之前的{window.count}个完整{unit}",
            f"over the last {plural} before the {window.complete} of the business date",
        )
    if window.next:
        return Text(
            f"业务日期次日起的{window.next}天", f"over the {window.next} days that follow the business date"
        )
    return Text("自有记录以来至业务日期", "over all days on record up to the business date")


def base_in_words(base: Base) -> Text:
    """A base point in a sentence."""
    period = base.before
    return Text(f"上{PERIOD_ZH[period]}末", f"at the end of the last day before the {period} of the business date")


def in_formula(window: Window, day: str) -> str:
    """The days of a window in a formula, D being the business date."""
    if window.days:
        return f"{day} in (D - {window.days}, D]"
    if window.running:
        return f"{day} in [start of {window.running}(D), D]"
    if window.complete:
        start = f"start of {window.complete}(D)"
        return f"{day} in [{start} - {window.count} {window.complete}, {start})"
    if window.next:
        return f"{day} in (D, D + {window.next}]"
    return f"{day} <= D"


def _trunc(period: str) -> str:
    return f"cast(date_trunc('{period}', run_date.biz_date) as date)"
