"""Which deliveries of a business date have not come yet: for whoever waits with the night, before any run has begun."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from tagmart.contracts import Contract, load_contracts
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.ingest.due import Calendar, expected, read_calendar
from tagmart.ingest.landing import is_complete, landing_dates, names_in

# No rhythm has a longer period: a monthly delivery and the holiday that it may wait for.
LOOK_BACK = timedelta(days=62)


@dataclass(frozen=True)
class Awaited:
    """The deliveries that are due on one date; contracts, calendar and earlier arrivals are read once.

    Attributes:
        settings: where the landing folder is.
        biz_date: the date.
        contracts: of the feeds that are due on it.
        calendar: of the bank.
        arrived: dates of the deliveries that are loaded, by feed.
    """

    settings: Settings
    biz_date: date
    contracts: tuple[Contract, ...]
    calendar: Calendar
    arrived: dict[str, frozenset[date]]

    @classmethod
    def on(cls, settings: Settings, biz_date: date) -> Awaited:
        """What a bank's night waits for.

        Raises:
            TagmartError: if the contracts are wrong.
        """
        calendar = read_calendar(settings.dbt_project / "seeds")
        arrived: dict[str, set[date]] = {}
        if settings.state_db.is_file():
            for row in State(settings.state_db).rows("select feed, biz_date from arrival where biz_date <> 'static'"):
                arrived.setdefault(row["feed"], set()).add(date.fromisoformat(row["biz_date"]))
        due = tuple(
            contract for contract in load_contracts(settings.contracts_dir).values() if not contract.is_static
            and any(one.due == biz_date for one in expected(contract.due, calendar, biz_date - LOOK_BACK, biz_date))
        )
        return cls(settings, biz_date, due, calendar, {feed: frozenset(days) for feed, days in arrived.items()})

    def missing(self) -> list[str]:
        """The feeds whose delivery has not come or is not complete. Only names of files are read."""
        landing = self.settings.landing
        names = {
            day: names_in(landing, day) for day in landing_dates(landing, self.biz_date) if day >= self.biz_date - LOOK_BACK
        }
        return [contract.feed for contract in self.contracts if not self._is_here(contract, names)]

    def _is_here(self, contract: Contract, names: dict[date, list[str]]) -> bool:
        days = self.arrived.get(contract.feed, frozenset()) | {
            day for day, there in names.items() if is_complete(contract, there)
        }
        wanted = expected(contract.due, self.calendar, self.biz_date - LOOK_BACK, self.biz_date)
        return all(one.is_met(days) for one in wanted if one.due == self.biz_date)
