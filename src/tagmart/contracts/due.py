"""On which days a feed's delivery is expected: the one place, for the loader that waits and for the demo bank that writes."""

from __future__ import annotations

from datetime import date

from tagmart.contracts.model import Due


def is_due(due: Due, day: date, *, is_workday: bool, is_trading_day: bool) -> bool:
    """True where a delivery of that date is expected.

    Args:
        due: the contract's rhythm.
        day: the delivery's business date.
        is_workday: whether the bank's calendar says that the day is worked.
        is_trading_day: whether it says that exchanges are open.

    Returns:
        False on every day for on_issue: what its publisher has not issued, nobody waits for.
    """
    if due.when == "workday":
        return is_workday
    if due.when == "trading_day":
        return is_trading_day
    if due.when == "weekly":
        return day.isoweekday() == due.day
    if due.when == "monthly":
        return day.day == due.day
    return due.when == "every_day"
