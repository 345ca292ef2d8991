"""The loader's night: every delivery that has come by the business date and is not yet in ods, feed by feed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

import duckdb

from tagmart.contracts import Contract, load_contracts
from tagmart.contracts.model import INITIAL_KIND
from tagmart.core import clock
from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.ingest.control import Manifest, read_manifest, verify_content
from tagmart.ingest.deliver import Taken, clear_scratch, take_delivery
from tagmart.ingest.facts import FeedFact, fact_of
from tagmart.ingest.landing import Delivery, find_daily, find_static, landing_dates
from tagmart.ingest.store import make_table, stored_columns, table_columns


def ingest_night(
    settings: Settings, state: State, run_id: str, biz_date: date, progress: Callable[[str], None] = lambda line: None
) -> list[FeedFact]:
    """Load what has come for every feed, up to the business date.

    A feed that cannot be loaded does not keep the others from being tried; what happened stands in its fact. A delivery
    is in ods as a whole or not at all, and a delivery that is there already, with the same content, is not loaded again.

    Args:
        settings: where things are.
        state: its table `arrival` is read and written, `feed_fact` written.
        run_id: the run.
        biz_date: deliveries of later dates are left alone.
        progress: is told a line per feed.

    Returns:
        One fact per contract, in the order of the feeds' names.

    Raises:
        TagmartError: if the contracts are wrong.
    """
    contracts = load_contracts(settings.contracts_dir)
    names = {
        day: sorted(path.name for path in (settings.landing / f"{day:%Y%m%d}").iterdir())
        for day in landing_dates(settings.landing, biz_date)
    }
    clear_scratch(settings.home)
    facts = []
    with connect(settings.warehouse) as warehouse:
        for contract in contracts.values():
            feed = _Feed(settings, state, run_id, biz_date, contract, warehouse, names)
            fact = feed.take()
            state.put("feed_fact", fact.record())
            facts.append(fact)
            rows = f"{fact.rows_in:,} rows" if fact.rows_in is not None else "no rows"
            progress(f"{contract.feed}: {fact.status}, {rows}" + (f". {fact.message}" if fact.message else ""))
    return facts


@dataclass
class _StoppedError(Exception):
    """The feed goes no further tonight."""

    status: str
    message: str
    counts: dict | None = None


@dataclass
class _Feed:
    """The work of one night on one feed."""

    settings: Settings
    state: State
    run_id: str
    biz_date: date
    contract: Contract
    warehouse: duckdb.DuckDBPyConnection
    names: dict[date, list[str]]
    arrivals: dict[str, dict] = field(default_factory=dict)
    as_of: date | None = None
    loaded: int = 0

    def take(self) -> FeedFact:
        """Load what there is, and say how it went."""
        status, message, own = "unchanged", "", None
        try:
            self._prepare()
            self._take_static() if self.contract.is_static else self._take_days()
            own = self.arrivals.get("static" if self.contract.is_static else self.biz_date.isoformat())
            status = "loaded" if self.loaded else "unchanged"
            if own and own["rows_quarantined"]:
                message = f"{own['rows_quarantined']:,} rows are in the quarantine"
        except _StoppedError as stop:
            status, message, own = stop.status, stop.message, stop.counts
        except (TagmartError, OSError, duckdb.Error) as error:
            status, message = "refused", " ".join(str(error).split())
        as_of = self.as_of.isoformat() if self.as_of else None
        return fact_of(self.contract, self.run_id, self.biz_date, status, message, own, as_of)

    def _prepare(self) -> None:
        """Have the feed's table, shaped as the contract says, and know what it holds."""
        feed = self.contract.feed
        there = stored_columns(self.warehouse, self.contract)
        self.arrivals = {row["biz_date"]: row for row in self.state.rows("select * from arrival where feed = ?", feed)}
        if there == table_columns(self.contract):
            return
        if there and (gone := sorted(set(self.arrivals) - self._landed())):
            raise TagmartError(
                "the contract's columns have changed, and deliveries that were loaded with the old ones are gone",
                where=f"ods.{feed}", seen=", ".join(gone[:5]), do="bring these deliveries back to the landing folder",
            )
        # Forgotten first: after a kill in between everything is loaded again, and never "unchanged" over an empty table.
        self.state.do("delete from arrival where feed = ?", feed)
        make_table(self.warehouse, self.contract)
        self.arrivals = {}

    def _landed(self) -> set[str]:
        """The deliveries that still lie in the landing folder, of any date."""
        if self.contract.is_static:
            return {"static"} if find_static(self.contract, self.settings.landing) else set()
        folders = landing_dates(self.settings.landing, date.max)
        pattern = self.contract.files.name_pattern()
        return {
            day.isoformat() for day in folders
            if any(pattern.match(path.name) for path in (self.settings.landing / f"{day:%Y%m%d}").iterdir())
        }

    def _take_static(self) -> None:
        """The one file of a static feed."""
        delivery = find_static(self.contract, self.settings.landing)
        if delivery is None and "static" not in self.arrivals:
            raise _StoppedError("missing", f"{self.contract.files.name} is not in the landing folder."
                                   " Do: put it there, or say TAGMART_LANDING.")
        if delivery is not None:
            self._take_one(delivery)

    def _take_days(self) -> None:
        """Every day from the initial load to the business date; the first day that is missing or bad ends it."""
        day = self._first_day()
        first = True
        while day <= self.biz_date:
            delivery = find_daily(self.contract, self.settings.landing, day, self.names.get(day, []))
            if delivery is None and day.isoformat() not in self.arrivals:
                raise self._missing(day)
            if delivery is not None:
                self._check_initial(delivery, first)
                self._take_one(delivery)
            self.as_of, first, day = day, False, day + timedelta(days=1)

    def _first_day(self) -> date:
        """The date of the initial load: the first day of which the feed has anything."""
        known = [date.fromisoformat(label) for label in self.arrivals]
        patterns = (self.contract.files.name_pattern(), self.contract.files.control_pattern())
        known += [
            day for day, names in self.names.items()
            if any(pattern.match(name) for pattern in patterns if pattern for name in names)
        ]
        days = [day for day in known if day <= self.biz_date]
        if not days:
            raise _StoppedError("missing", f"no delivery has come by {self.biz_date}."
                                   f" Do: have {self.contract.owner} send the initial load.")
        return min(days)

    def _check_initial(self, delivery: Delivery, first: bool) -> None:
        """What changes needs a beginning, and only one: a second one would count the past twice."""
        if first and delivery.kind != INITIAL_KIND and self.contract.load != "full":
            raise _StoppedError("missing", f"the initial load is missing: the first delivery, of {delivery.biz_date}, is of kind"
                                   f" {delivery.kind}. Do: have {self.contract.owner} send kind {INITIAL_KIND}.")
        if not first and delivery.kind == INITIAL_KIND:
            raise TagmartError("a second initial load has come", where=f"{delivery.label}/{self.contract.feed}",
                               seen=delivery.parts[0].name if delivery.parts else delivery.label,
                               do="have the source send the day's delivery instead")

    def _missing(self, since: date) -> _StoppedError:
        """All days from the first missing one on that have not come."""
        days = [since + timedelta(days=offset) for offset in range((self.biz_date - since).days + 1)]
        patterns = (self.contract.files.name_pattern(), self.contract.files.control_pattern())
        missing = [
            day.isoformat() for day in days
            if day.isoformat() not in self.arrivals
            and not any(pattern.match(name) for pattern in patterns if pattern for name in self.names.get(day, []))
        ]
        shown = ", ".join(missing[:10]) + (f" and {len(missing) - 10} more" if len(missing) > 10 else "")
        later = " Later deliveries wait for it." if missing[-1] != self.biz_date.isoformat() else ""
        return _StoppedError("missing", f"no delivery for {shown}.{later} Do: have {self.contract.owner} send it.")

    def _take_one(self, delivery: Delivery) -> None:
        """One delivery, unless it is in ods already."""
        manifest = read_manifest(self.contract, delivery)
        before = self.arrivals.get(delivery.label)
        if before and before["md5"] == manifest.md5:
            # The run's own files are read again: what was changed after it was loaded is found tonight, not next year.
            if delivery.biz_date == self.biz_date:
                verify_content(delivery)
            return
        taken = take_delivery(self.warehouse, self.contract, delivery, manifest, self.settings.quarantine,
                              self.settings.home)
        record = self._arrival(delivery, manifest, taken, before)
        if taken.over_limit:
            own = delivery.biz_date in (None, self.biz_date)
            prefix = "" if own else f"delivery of {delivery.label}: "
            raise _StoppedError("over_limit", prefix + taken.over_limit, record if own else None)
        self.state.put("arrival", record)
        self.arrivals[delivery.label] = record
        self.loaded += 1

    def _arrival(self, delivery: Delivery, manifest: Manifest, taken: Taken, before: dict | None) -> dict:
        """The delivery as a row of the state table `arrival`."""
        return {
            "feed": self.contract.feed,
            "biz_date": delivery.label,
            "kind": delivery.kind,
            "files": " ".join(path.name for path in manifest.parts),
            "md5": manifest.md5,
            "bytes": manifest.size,
            "rows_declared": manifest.rows_declared,
            "rows_in": taken.rows_in,
            "rows_loaded": taken.rows_loaded,
            "rows_quarantined": taken.rows_quarantined,
            "replaced": before["replaced"] + 1 if before else 0,
            "loaded_at": clock.now().isoformat(timespec="seconds"),
            "run_id": self.run_id,
        }
