"""Days of the synthetic world, working days and holidays.

The holidays and worked weekends of 2024 to 2026 are those of the State Council; 2027 is an assumption of the demo bank.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from tagmart.core.errors import TagmartError

FIRST_YEAR, LAST_YEAR = 2024, 2027
WORLD_MONTHS = 27
MARGIN_DAYS = 40

# code, first day, last day
HOLIDAYS: tuple[tuple[str, str, str], ...] = (
    ("new_year", "2024-01-01", "2024-01-01"),
    ("spring", "2024-02-10", "2024-02-17"),
    ("qingming", "2024-04-04", "2024-04-06"),
    ("labour", "2024-05-01", "2024-05-05"),
    ("dragon_boat", "2024-06-08", "2024-06-10"),
    ("mid_autumn", "2024-09-15", "2024-09-17"),
    ("national", "2024-10-01", "2024-10-07"),
    ("new_year", "2025-01-01", "2025-01-01"),
    ("spring", "2025-01-28", "2025-02-04"),
    ("qingming", "2025-04-04", "2025-04-06"),
    ("labour", "2025-05-01", "2025-05-05"),
    ("dragon_boat", "2025-05-31", "2025-06-02"),
    ("national", "2025-10-01", "2025-10-08"),
    ("new_year", "2026-01-01", "2026-01-03"),
    ("spring", "2026-02-15", "2026-02-23"),
    ("qingming", "2026-04-04", "2026-04-06"),
    ("labour", "2026-05-01", "2026-05-05"),
    ("dragon_boat", "2026-06-19", "2026-06-21"),
    ("mid_autumn", "2026-09-25", "2026-09-27"),
    ("national", "2026-10-01", "2026-10-07"),
    ("new_year", "2027-01-01", "2027-01-03"),
    ("spring", "2027-02-05", "2027-02-11"),
    ("qingming", "2027-04-03", "2027-04-05"),
    ("labour", "2027-05-01", "2027-05-05"),
    ("dragon_boat", "2027-06-09", "2027-06-09"),
    ("mid_autumn", "2027-09-15", "2027-09-15"),
    ("national", "2027-10-01", "2027-10-07"),
)
# Weekend days that are worked for a long holiday 调休.
WORKED_WEEKENDS: tuple[str, ...] = (
    "2024-02-04",
    "2024-02-18",
    "2024-04-07",
    "2024-04-28",
    "2024-05-11",
    "2024-09-14",
    "2024-09-29",
    "2024-10-12",
    "2025-01-26",
    "2025-02-08",
    "2025-04-27",
    "2025-09-28",
    "2025-10-11",
    "2026-01-04",
    "2026-02-14",
    "2026-02-28",
    "2026-05-09",
    "2026-09-20",
    "2026-10-10",
    "2027-01-30",
    "2027-02-14",
    "2027-09-26",
    "2027-10-09",
)
SPRING_FESTIVALS: tuple[str, ...] = ("2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06")


@dataclass(frozen=True)
class DayTable:
    """Facts of consecutive calendar days, one array element a day."""

    dates: np.ndarray
    is_workday: np.ndarray
    is_trading_day: np.ndarray
    holiday_code: list[str]
    festival_offset: np.ndarray


def day_table(first: np.datetime64, last: np.datetime64) -> DayTable:
    """Facts of the days from `first` to `last`, both included."""
    dates = np.arange(first, last + np.timedelta64(1, "D"), dtype="datetime64[D]")
    weekend = ((dates.astype(np.int64) + 3) % 7) >= 5
    codes = [""] * len(dates)
    for code, start, end in HOLIDAYS:
        for index in np.flatnonzero((dates >= np.datetime64(start)) & (dates <= np.datetime64(end))):
            codes[index] = code
    is_holiday = np.array([code != "" for code in codes])
    worked = np.isin(dates, np.array(WORKED_WEEKENDS, dtype="datetime64[D]"))
    festivals = np.array(SPRING_FESTIVALS, dtype="datetime64[D]")
    offsets = (dates[:, None] - festivals[None, :]).astype(np.int64)
    nearest = offsets[np.arange(len(dates)), np.abs(offsets).argmin(axis=1)]
    return DayTable(dates, (~weekend & ~is_holiday) | worked, ~weekend & ~is_holiday, codes, nearest)


@dataclass(frozen=True)
class Horizon:
    """The world's days. Index 0 is the first day of the world; `size` days are lived, some more are known.

    The world begins and ends with calendar months that depend on the month of the last business date only, so that
    where the initial load ends cannot change what is said about any day.
    """

    origin: np.datetime64
    size: int
    table: DayTable
    month_first: np.ndarray

    @property
    def dates(self) -> np.ndarray:
        """Dates of all known days, the margin after the lived days included."""
        return self.table.dates

    @property
    def months(self) -> int:
        """Number of calendar months that are lived."""
        return len(self.month_first) - 1

    def index(self, day: date | np.datetime64 | str) -> int:
        """The index of a date; negative before the world began."""
        return int((np.datetime64(day, "D") - self.origin).astype(np.int64))

    def workday_before(self, days: np.ndarray) -> np.ndarray:
        """Each day itself if worked, else the last workday before it."""
        return self._last_true(self.table.is_workday)[days]

    def trading_after(self, days: np.ndarray) -> np.ndarray:
        """The first trading day after each day."""
        return self._next_true(self.table.is_trading_day)[days + 1]

    def trading_from(self, days: np.ndarray) -> np.ndarray:
        """Each day itself if traded, else the next trading day."""
        return self._next_true(self.table.is_trading_day)[days]

    @staticmethod
    def _last_true(flags: np.ndarray) -> np.ndarray:
        return np.maximum.accumulate(np.where(flags, np.arange(len(flags)), 0))

    @staticmethod
    def _next_true(flags: np.ndarray) -> np.ndarray:
        size = len(flags)
        return np.minimum.accumulate(np.where(flags, np.arange(size), size - 1)[::-1])[::-1]

    def month_of(self, days: np.ndarray) -> np.ndarray:
        """The index of the calendar month of each lived day."""
        return np.searchsorted(self.month_first, days, side="right") - 1


def first_of_month(day: np.datetime64, months: int = 0) -> np.datetime64:
    """The first day of the month `months` months after the month of `day`."""
    return (day.astype("datetime64[M]") + np.timedelta64(months, "M")).astype("datetime64[D]")


def horizon_for(biz_date: date) -> Horizon:
    """The world that ends with the month of `biz_date`.

    Raises:
        TagmartError: if the calendar of the demo bank does not cover it.
    """
    last = np.datetime64(biz_date, "D")
    origin = first_of_month(last, -WORLD_MONTHS)
    end = first_of_month(last, 1)
    known_from, known_to = np.datetime64(f"{FIRST_YEAR}-01-01"), np.datetime64(f"{LAST_YEAR}-12-31")
    if origin < known_from or end + MARGIN_DAYS > known_to:
        raise TagmartError(
            "the demo bank's calendar does not cover this world",
            where="biz_date",
            seen=str(biz_date),
            do="choose a business date from 2026-04-01 to 2027-10-31",
        )
    month_first = np.array(
        [(first_of_month(origin, step) - origin).astype(np.int64) for step in range(WORLD_MONTHS + 2)], dtype=np.int64
    )
    return Horizon(origin, int(month_first[-1]), day_table(origin, end + MARGIN_DAYS), month_first)


def reference_calendar() -> DayTable:
    """All days of the demo bank's calendar."""
    return day_table(np.datetime64(f"{FIRST_YEAR}-01-01"), np.datetime64(f"{LAST_YEAR}-12-31"))
