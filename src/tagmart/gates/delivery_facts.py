"""Facts about the deliveries of a feed, counted anew from what has arrived: the ingest says the same in its own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from tagmart.contracts import Contract
from tagmart.gates.facts import Fact, GateInput
from tagmart.ingest.decode_faults import DUPLICATE_RULE
from tagmart.ingest.due import Calendar, read_calendar, unmet

# Loads whose every day counts: a day that is left out is lost in all windows, or in the state itself.
CONTIGUOUS = ("delta", "journal")


def recounted(given: GateInput, contracts: Mapping[str, Contract]) -> dict[str, Fact]:
    """Feed → due deliveries that never came, batch numbers that were left out, rows whose key came twice on the business date."""
    arrivals: dict[str, list[dict]] = {}
    for row in given.state.rows(
        "select feed, biz_date, batch_no, replaced from arrival where biz_date <= ? order by biz_date", given.biz_date.isoformat()
    ):
        arrivals.setdefault(row["feed"], []).append(row)
    twins = given.state.rows(
        "select feed, sum(rows) as n from quarantine where biz_date = ? and rule = ? group by feed", given.biz_date.isoformat(), DUPLICATE_RULE
    )
    twin_cnt = {row["feed"]: row["n"] for row in twins}
    calendar = read_calendar(given.settings.dbt_project / "seeds")
    return {
        feed: {
            "gap_cnt": _gaps(contract, calendar, arrivals.get(feed, ()), given.biz_date),
            "batch_gap_cnt": _batch_gaps(arrivals.get(feed, ())),
            "twin_cnt": twin_cnt.get(feed, 0),
        }
        for feed, contract in contracts.items()
    }


def _gaps(contract: Contract, calendar: Calendar, arrivals: Sequence[Mapping], biz_date: date) -> int | None:
    """Deliveries that were due since the first one and did not come; None where nothing ever came, or a state may skip days."""
    if contract.load not in CONTIGUOUS or not arrivals:
        return None
    delivered = [date.fromisoformat(row["biz_date"]) for row in arrivals]
    return len(unmet(contract, calendar, delivered[0], biz_date, delivered))


def _batch_gaps(arrivals: Sequence[Mapping]) -> int | None:
    """Numbers left out before the last batch, whether a source counts on from day to day or begins anew; None where it gives none.

    A batch that replaced another one says nothing: how many there were between the two is not known.
    """
    numbers = [row["batch_no"] for row in arrivals[-2:]]
    if len(numbers) < 2 or None in numbers or arrivals[-1]["replaced"]:
        return None
    before, last = numbers
    return max(0, last - 1) if last <= before else last - before - 1
