"""The only clock of the project. Everything else knows one date, the business date of its run."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

BANK_TIME = ZoneInfo("Asia/Shanghai")

__all__ = ["BANK_TIME", "UTC", "biz_date_of", "logical_date_of", "now", "parse_biz_date"]


def now() -> datetime:
    """The present moment in the bank's time zone; for log lines and status, never for data."""
    return datetime.now(BANK_TIME)


def biz_date_of(logical_date: datetime) -> date:
    """The business date that a scheduled night describes: the bank's calendar date of `logical_date`, minus one day."""
    return logical_date.astimezone(BANK_TIME).date() - timedelta(days=1)


def logical_date_of(biz_date: date, at: time = time(2, 0)) -> datetime:
    """The moment (bank time, the morning after) at which the night of `biz_date` is scheduled."""
    return datetime.combine(biz_date + timedelta(days=1), at, tzinfo=BANK_TIME)


def parse_biz_date(text: str) -> date:
    """Read a business date written as 2026-06-30 or 20260630.

    Raises:
        TagmartError: if it is neither.
    """
    from tagmart.core.errors import TagmartError

    for form in ("%Y-%m-%d", "%Y%m%d"):
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise TagmartError("not a date", where="biz_date", seen=repr(text), do="write it as 2026-06-30")
