"""Published nights that carried a state, or held tags, whose delivery has come since: nothing runs them again by itself, a person must."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from tagmart.contracts import Contract, load_contracts
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.ingest.awaited import LOOK_BACK
from tagmart.ingest.due import Calendar, Expected, expected, read_calendar
from tagmart.ingest.landing import is_complete, landing_dates, names_in

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Overtaken:
    """A delivery that came after nights had carried the state before it, or held the tags made of it.

    Attributes:
        feed: the feed.
        delivered: the date of the delivery.
        carried: the date of the state that the nights carried.
        nights: business dates of the published nights that would see it, oldest first.
    """

    feed: str
    delivered: date
    carried: date
    nights: tuple[date, ...]


def overtaken(settings: Settings, state: State) -> list[Overtaken]:
    """What has come too late for its nights, by feed; of the last two months. Only names of files are read.

    Args:
        settings: where contracts, calendar and landing are.
        state: its tables run, feed_fact and arrival.

    Raises:
        TagmartError: if the contracts are wrong.
    """
    facts = state.rows(
        "select feed_fact.* from feed_fact join ("
        "  select run_id, biz_date, row_number() over (partition by biz_date order by rowid desc) as newest"
        "  from run where status = 'published'"
        ") as run using (run_id) where run.newest = 1 and feed_fact.status in ('carried', 'held') and feed_fact.as_of is not null"
        " order by feed_fact.feed, feed_fact.biz_date"
    )
    newest = max((date.fromisoformat(fact["biz_date"]) for fact in facts), default=date.min)
    facts = [fact for fact in facts if date.fromisoformat(fact["biz_date"]) > newest - LOOK_BACK]
    if not facts:
        return []
    contracts, calendar = load_contracts(settings.contracts_dir), read_calendar(settings.dbt_project / "seeds")
    names = {
        day: names_in(settings.landing, day) for day in landing_dates(settings.landing, newest) if day > newest - 2 * LOOK_BACK
    }
    found: dict[tuple[str, date, date], list[date]] = {}
    for fact in facts:
        contract = contracts.get(fact["feed"])
        if contract is None:
            continue
        night, as_of = date.fromisoformat(fact["biz_date"]), date.fromisoformat(fact["as_of"])
        there = {day for day, files in names.items() if is_complete(contract, files)} | {
            date.fromisoformat(row["biz_date"])
            for row in state.rows("select biz_date from arrival where feed = ? and biz_date <> 'static'", contract.feed)
        }
        late = _late_one(contract, calendar, night, night - DAY * (fact["stale_days"] - 1), as_of, there)
        if late is not None:
            found.setdefault((contract.feed, late, as_of), []).append(night)
    return [Overtaken(feed, late, as_of, tuple(nights)) for (feed, late, as_of), nights in sorted(found.items())]


def _late_one(
    contract: Contract, calendar: Calendar, night: date, missed: date, as_of: date, there: Iterable[date]
) -> date | None:
    """The delivery that a night would see now and did not see then; None where it is still not there.

    A newer full delivery says everything. Of a delta the first one that was missing must have come, for later ones wait for it.
    """
    days = sorted(day for day in there if as_of < day <= night)
    if contract.load == "full":
        return days[-1] if days else None
    wanted = [one for one in expected(contract.due, calendar, missed - LOOK_BACK, night) if one.due == missed]
    # One that was not due, and of which only the control file was missing.
    span = wanted[0] if wanted else Expected(missed, missed, missed)
    return next((day for day in days if span.is_met([day])), None)
