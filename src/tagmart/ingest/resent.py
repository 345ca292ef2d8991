"""Published nights that stand on a delivery which its source has sent again since: nothing runs them again by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tagmart.core.state import State


@dataclass(frozen=True)
class Resent:
    """A delivery that was replaced after nights had been published with what it said before.

    Attributes:
        feed: the feed.
        delivered: the date of the delivery.
        nights: business dates of the published nights that stand on the earlier one, oldest first.
    """

    feed: str
    delivered: date
    nights: tuple[date, ...]


def nights_from(state: State, first: date, before: str) -> tuple[date, ...]:
    """Business dates from one on whose newest published run began before a given run, oldest first.

    Args:
        state: its table run.
        first: the date of a delivery: every night from then on reads it, if only in a window.
        before: the run that took the delivery in.
    """
    rows = state.rows(
        "select run.biz_date from run join (select rowid as place, started_at from run where run_id = ?) as taker"
        " where run.status = 'published' and run.biz_date >= ? and run.run_id <> ?"
        " group by run.biz_date having max(run.started_at || printf('%09d', run.rowid))"
        " < max(taker.started_at || printf('%09d', taker.place)) order by run.biz_date",
        before, first.isoformat(), before,
    )  # fmt: skip
    return tuple(date.fromisoformat(row["biz_date"]) for row in rows)


def resent(state: State) -> list[Resent]:
    """What was sent again and taken in, and the nights that do not know it yet; by feed.

    Nothing is stored for it: it follows from which run took the delivery in, and which runs are published.

    Args:
        state: its tables arrival and run.
    """
    rows = state.rows("select feed, biz_date, run_id from arrival where replaced > 0 and biz_date <> 'static' order by feed, biz_date")
    found = (Resent(row["feed"], day := date.fromisoformat(row["biz_date"]), nights_from(state, day, row["run_id"])) for row in rows)
    return [one for one in found if one.nights]
