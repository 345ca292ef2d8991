"""Kinds of days (DOMAIN 0.11, gate 55): a day is compared with days of its own kind only.

From the bank's calendar seed. A day that it does not know is worked from Monday to Friday, and no festival is near.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

CALENDAR = Path("seeds") / "calendar_day.csv"
FRIDAY = 5
# Days around Spring Festival that are like no others.
NEAR_FESTIVAL = 10
FAR = 99
# Demand deposits settle on the 20th of a quarter's last month; interest is posted on the day after.
INTEREST_DAY, QUARTER = 21, 3


@dataclass(frozen=True)
class Day:
    """What the calendar says of a day.

    Attributes:
        is_workday: the bank works.
        is_holiday: a public holiday, not a mere weekend.
        festival: days from Spring Festival.
    """

    is_workday: bool
    is_holiday: bool = False
    festival: int = FAR


@dataclass(frozen=True)
class Kinds:
    """The kinds of days of a bank."""

    days: Mapping[date, Day]

    def of_volume(self, day: date) -> str:
        """The kind of a day for what happens on it: postings, payments, rows of a feed."""
        if day.month % QUARTER == 0 and day.day == INTEREST_DAY:
            return "interest day"
        known = self._day(day)
        if _is_month_end(day):
            return "month end" if known.is_workday else "month end at rest"
        if abs(known.festival) <= NEAR_FESTIVAL:
            return "Spring Festival workday" if known.is_workday else "Spring Festival rest"
        if known.is_holiday:
            return "holiday"
        return "workday" if known.is_workday else "day of rest"

    def of_month(self, day: date) -> str:
        """The kind of a day for what falls due on a day of the month, workday or not: instalments of loans."""
        return f"day {day.day} of a month"

    def of_state(self, day: date) -> str:
        """The kind of a day for what there is at its end: balances swell at month ends, and stand still at rest."""
        known = self._day(day)
        if _is_month_end(day):
            return "month end"
        if abs(known.festival) <= NEAR_FESTIVAL:
            return "Spring Festival"
        return "workday" if known.is_workday else "day of rest"

    def like(self, day: date, span: int, kind: Callable[[date], str]) -> list[date]:
        """The days before a day that are of its kind, newest first.

        Args:
            day: the day under test, which is not among them.
            span: how many days back are looked at.
            kind: of_volume, of_month or of_state.
        """
        before = (day - timedelta(days=back) for back in range(1, span + 1))
        return [one for one in before if kind(one) == kind(day)]

    def _day(self, day: date) -> Day:
        return self.days.get(day) or Day(day.isoweekday() <= FRIDAY)


def read_kinds(dbt_project: Path) -> Kinds:
    """The kinds of days of a project's calendar seed; of a project without one, by weekday and date alone."""
    path = dbt_project / CALENDAR
    if not path.is_file():
        return Kinds({})
    with path.open(encoding="utf-8", newline="") as rows:
        return Kinds({
            date.fromisoformat(row["cal_date"]): Day(row["is_workday"] == "true", bool(row["holiday_code"]), int(row["festival_offset"] or FAR))
            for row in csv.DictReader(rows)
        })


def _is_month_end(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1
