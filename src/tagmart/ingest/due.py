"""Which deliveries a feed owes by a date, by its contract and the bank's calendar, and which of them have not come."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from tagmart.contracts import Contract
from tagmart.contracts.due import is_due
from tagmart.contracts.model import Due

CALENDAR = "calendar_day.csv"
# A holiday of more days than this does not exist: the search for the next workday ends.
LONGEST_HOLIDAY = 15
PERIODS = ("weekly", "monthly")


@dataclass(frozen=True)
class Calendar:
    """The bank's calendar. A day that it does not know counts as worked and traded: better to ask for a file too often.

    Attributes:
        days: whether a date is a workday, and whether it is a trading day.
    """

    days: Mapping[date, tuple[bool, bool]] = field(default_factory=dict)

    def is_workday(self, day: date) -> bool:
        """Whether the day is worked."""
        return self.days.get(day, (True, True))[0]

    def is_trading_day(self, day: date) -> bool:
        """Whether exchanges are open."""
        return self.days.get(day, (True, True))[1]

    def workday_from(self, day: date) -> date:
        """The day itself if it is worked, else the next one that is."""
        days = (day + timedelta(days=offset) for offset in range(LONGEST_HOLIDAY))
        return next((one for one in days if self.is_workday(one)), day)


@dataclass(frozen=True)
class Expected:
    """A delivery that a contract promises.

    Attributes:
        since: the first date that a delivery may have to be the one.
        due: from this date on it is missed. A monthly delivery that would fall on a holiday is due on the next workday.
        until: the last date that it may have: a weekly or monthly one may come late, a daily one is of its own day.
    """

    since: date
    due: date
    until: date

    def is_met(self, delivered: Collection[date]) -> bool:
        """True where one of the delivered dates is it."""
        return any(self.since <= day <= self.until for day in delivered)


def read_calendar(seeds: Path) -> Calendar:
    """The calendar seed of a project's folder of seeds; an empty calendar where there is none."""
    path = seeds / CALENDAR
    if not path.is_file():
        return Calendar()
    with path.open(encoding="utf-8", newline="") as rows:
        return Calendar({
            date.fromisoformat(row["cal_date"]): (row["is_workday"] == "true", row["is_trading_day"] == "true")
            for row in csv.DictReader(rows)
        })


def expected(due: Due, calendar: Calendar, first: date, last: date) -> list[Expected]:
    """The deliveries that are due from one date to another, oldest first; none for feeds that come on issue.

    Args:
        due: the contract's rhythm.
        calendar: of the bank.
        first: the first due date to look at; periods that began before it are left out.
        last: the last one.
    """
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    named = [
        day for day in days
        if is_due(due, day, is_workday=calendar.is_workday(day), is_trading_day=calendar.is_trading_day(day))
    ]
    if due.when not in PERIODS:
        return [Expected(day, day, day) for day in named]
    found = []
    for day in named:
        late = calendar.workday_from(day) if due.when == "monthly" else day
        if late <= last:
            found.append(Expected(day, late, _next_period(due, day) - timedelta(days=1)))
    return found


def unmet(contract: Contract, calendar: Calendar, first: date, last: date, delivered: Collection[date]) -> list[Expected]:
    """The deliveries after the initial load that are due by a date and have not come, oldest first.

    Args:
        contract: of the feed.
        calendar: of the bank.
        first: the date of the initial load.
        last: the business date.
        delivered: the dates of all complete deliveries.
    """
    wanted = expected(contract.due, calendar, first + timedelta(days=1), last)
    return [one for one in wanted if not one.is_met(delivered)]


def last_due(contract: Contract, calendar: Calendar, last: date) -> date | None:
    """The newest date, up to the business date, on which the feed was due; None for feeds that come once or on issue."""
    if contract.is_static:
        return None
    wanted = expected(contract.due, calendar, last - timedelta(days=62), last)
    return wanted[-1].due if wanted else None


def _next_period(due: Due, day: date) -> date:
    """The first date of the next week or month of a rhythm."""
    if due.when == "weekly":
        return day + timedelta(days=7)
    return (day.replace(day=1) + timedelta(days=32)).replace(day=day.day)
