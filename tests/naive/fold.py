"""The words of sentences as pandas says them: windows, base points, sums, averages and ratios (DOMAIN.md, conventions 0 and 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

import pandas as pd

DAY = pd.Timedelta(days=1)
EVER = pd.Timestamp("1900-01-01")
_PERIOD = {"m": "M", "q": "Q", "y": "Y"}


def window(name: str, day: pd.Timestamp) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day, both in, of a window such as 30d, mtd, lm, l3m, next7d or ltd, seen from a day."""
    if name == "ltd":
        return EVER, day
    if name.startswith("next"):
        return day + DAY, day + int(name[4:-1]) * DAY
    if name[0].isdigit():
        return day - (int(name[:-1]) - 1) * DAY, day
    if name.endswith("td"):
        return day.to_period(_PERIOD[name[0]]).start_time, day
    count = int(name[1:-1] or 1)
    running = day.to_period(_PERIOD[name[-1]])
    return (running - count).start_time, running.start_time - DAY


def base(name: str, day: pd.Timestamp) -> pd.Timestamp:
    """The day at whose end a base point (bom, boq, boy) is taken: the last one before the period that holds the day."""
    return day.to_period(_PERIOD[name[-1]]).start_time - DAY


def days_of(name: str, day: pd.Timestamp) -> int:
    """Calendar days of a window."""
    first, last = window(name, day)
    return (last - first).days + 1


def inside(rows: pd.DataFrame, column: str, name: str, day: pd.Timestamp) -> pd.DataFrame:
    """The rows whose date lies in a window."""
    first, last = window(name, day)
    return rows[(rows[column] >= first) & (rows[column] < last + DAY)]


def per_customer(rows: pd.DataFrame, column: str, how: str, customers: pd.Index) -> pd.Series:
    """sum, max, min, count, nunique, first … of a column for each customer; NA for those without a row."""
    return rows.groupby("customer_id")[column].agg(how).reindex(customers)


def at_place(tenths: int) -> Callable[[Iterable[int]], int]:
    """The value at place ceil(tenths / 10 × number) in ascending order; with 5 the lower median."""

    def found(values: Iterable[int]) -> int:
        ordered = sorted(values)
        return ordered[-(-len(ordered) * tenths // 10) - 1]

    return found


lower_median = at_place(5)


def rounded(value: Fraction) -> int:
    """A fraction as a whole number, halves away from zero: what a cast to decimal does."""
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


def divided(above: pd.Series, below: pd.Series | int, digits: int = 0) -> pd.Series:
    """above ÷ below in whole numbers of the last of `digits` decimals; NA where either is NA or `below` is 0.

    An average of cents over days is `divided(cents, days)`; a ratio with four decimals is `divided(part, whole, 4)`.
    """
    under = below if isinstance(below, pd.Series) else pd.Series(below, index=above.index)
    pairs = zip(above, under.reindex(above.index), strict=True)
    found = [pd.NA if pd.isna(a) or pd.isna(b) or b == 0 else rounded(Fraction(int(a), int(b)) * 10**digits) for a, b in pairs]
    return pd.Series(found, index=above.index, dtype="Int64")
