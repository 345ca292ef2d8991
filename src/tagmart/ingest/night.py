"""The loader's night: every delivery that has come by the business date and is not yet in ods, feed by feed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import duckdb

from tagmart.contracts import Contract, load_contracts
from tagmart.contracts.model import INITIAL_KIND
from tagmart.core import clock
from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError, nearest
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.ingest.control import Manifest, read_manifest, verify_content
from tagmart.ingest.deliver import Taken, clear_scratch, take_delivery
from tagmart.ingest.due import Calendar, Expected, last_due, read_calendar, unmet
from tagmart.ingest.facts import FeedFact, fact_of
from tagmart.ingest.guard import Guard
from tagmart.ingest.landing import (
    Delivery,
    find_daily,
    find_static,
    has_come,
    is_complete,
    landing_dates,
    names_in,
    strangers,
)
from tagmart.ingest.ledger import prepare_ledger
from tagmart.ingest.quarantine import index_quarantine
from tagmart.ingest.resent import nights_from
from tagmart.ingest.store import change_of, prepare_table

# What stops the night, unless the contract lets the tags of the feed be held.
STOPPING = ("missing", "refused", "over_limit")


def ingest_night(
    settings: Settings, state: State, run_id: str, biz_date: date, progress: Callable[[str], None] = lambda line: None
) -> list[FeedFact]:
    """Load what has come for every feed, up to the business date.

    A feed that cannot be loaded does not keep the others from being tried; what happened stands in its fact. A delivery
    is in ods as a whole or not at all, and a delivery that is there already, with the same content, is not loaded again.

    Args:
        settings: where things are.
        state: its table `arrival` is read and written, `feed_fact` and `strange_file` written.
        run_id: the run.
        biz_date: deliveries of later dates are left alone.
        progress: is told a line per feed.

    Returns:
        One fact per contract, in the order of the feeds' names.

    Raises:
        TagmartError: if the contracts are wrong.
    """
    contracts = load_contracts(settings.contracts_dir)
    calendar = read_calendar(settings.dbt_project / "seeds")
    names = {day: names_in(settings.landing, day) for day in landing_dates(settings.landing, biz_date)}
    strange = strangers(contracts, names.get(biz_date, []))
    _tell_strangers(state, run_id, biz_date, strange, progress)
    clear_scratch(settings.home)
    facts = []
    with connect(settings.warehouse) as warehouse:
        prepare_ledger(warehouse, contracts)
        for contract in contracts.values():
            lookalikes = [name for name, feed in strange.items() if feed == contract.feed]
            feed = _Feed(settings, state, run_id, biz_date, contract, calendar, warehouse, names, lookalikes)
            fact = feed.take()
            state.put("feed_fact", fact.record())
            facts.append(fact)
            rows = f"{fact.rows_in:,} rows" if fact.rows_in is not None else "no rows"
            said = [f"{contract.feed}: {fact.status}, {rows}", *(text for text in (fact.message, fact.notes) if text)]
            progress(". ".join(said))
    return facts


def accept_delivery(settings: Settings, state: State, feed: str, biz_date: date, reason: str) -> None:
    """Let a person's word stand against the shrink guard, for one delivery of one date.

    Args:
        settings: where the contracts are.
        state: its table `accepted` is written.
        feed: the feed.
        biz_date: the delivery's date.
        reason: why the delivery is right, for those who ask later.

    Raises:
        TagmartError: if there is no such feed, it is not guarded, or no reason is given.
    """
    contracts = load_contracts(settings.contracts_dir)
    if feed not in contracts:
        raise TagmartError("there is no such feed", where="feed", seen=repr(feed),
                           do=nearest(feed, set(contracts)) or f"use one of {', '.join(contracts)}")
    if contracts[feed].load != "full":
        raise TagmartError("only full deliveries are guarded against shrinking", where=feed, seen=contracts[feed].load,
                           do="have the source send what the message of the night asks for")
    if not reason.strip():
        raise TagmartError("an acceptance needs a reason", where="--reason", seen="nothing", do="say why the delivery is right")
    state.put("accepted", {
        "feed": feed, "biz_date": biz_date.isoformat(), "reason": reason.strip(), "md5": None,
        "accepted_at": clock.now().isoformat(timespec="seconds"),
    })


def _tell_strangers(
    state: State, run_id: str, biz_date: date, strange: Mapping[str, str], progress: Callable[[str], None]
) -> None:
    """Remember the files that belong to no feed, in place of what an earlier try said."""
    state.do("delete from strange_file where run_id = ?", run_id)
    for name, feed in strange.items():
        hint = f" Did you mean '{feed}'?" if feed else ""
        message = f"{biz_date:%Y%m%d}/{name}: the file belongs to no feed of the contracts.{hint}"
        state.put("strange_file", {"run_id": run_id, "file": name, "message": message})
        progress(message)


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
    calendar: Calendar
    warehouse: duckdb.DuckDBPyConnection
    names: dict[date, list[str]]
    lookalikes: list[str]
    arrivals: dict[str, dict] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    as_of: date | None = None
    stale_days: int = 0
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
        if status in STOPPING and self.contract.late.policy == "hold":
            status, message = self._held(status, message)
        return fact_of(
            self.contract, self.run_id, self.biz_date, status, message, own, self.as_of,
            last_due(self.contract, self.calendar, self.biz_date), self.stale_days, "; ".join(self.notes),
        )

    def _prepare(self) -> None:
        """Have the feed's table, shaped as the contract says, and know what it holds."""
        feed = self.contract.feed
        change = change_of(self.warehouse, self.contract)
        self.arrivals = {row["biz_date"]: row for row in self.state.rows("select * from arrival where feed = ?", feed)}
        if change == "none":
            return
        if change == "added":
            prepare_table(self.warehouse, self.contract)
            return
        if change == "rebuild" and (gone := sorted(set(self.arrivals) - self._landed())):
            raise TagmartError(
                "the contract's columns have changed, and deliveries that were loaded with the old ones are gone",
                where=f"ods.{feed}", seen=", ".join(gone[:5]), do="bring these deliveries back to the landing folder",
            )
        # Forgotten first: after a kill in between everything is loaded again, and never "unchanged" over an empty table.
        self.state.do("delete from arrival where feed = ?", feed)
        prepare_table(self.warehouse, self.contract)
        self.arrivals = {}

    def _landed(self) -> set[str]:
        """The deliveries that still lie in the landing folder, of any date."""
        landing = self.settings.landing
        if self.contract.is_static:
            return {"static"} if find_static(self.contract, landing) else set()
        return {day.isoformat() for day in landing_dates(landing, date.max) if is_complete(self.contract, names_in(landing, day))}

    def _take_static(self) -> None:
        """The one file of a static feed."""
        delivery = find_static(self.contract, self.settings.landing)
        if delivery is None and "static" not in self.arrivals:
            raise _StoppedError("missing", f"{self.contract.files.name} is not in the landing folder."
                                " Do: put it there, or say TAGMART_LANDING.")
        if delivery is not None:
            self._take_one(delivery)

    def _take_days(self) -> None:
        """Every delivery from the initial load to the business date, but none behind one that is missing or bad."""
        loaded = {date.fromisoformat(label) for label in self.arrivals}
        here = {day for day, names in self.names.items() if has_come(self.contract, names)}
        complete = {day for day in here if is_complete(self.contract, self.names[day])}
        delivered = sorted(day for day in loaded | complete if day <= self.biz_date)
        unfinished = sorted(here - complete - loaded)
        self._check_beginning(delivered, unfinished)
        missing = self._missing(delivered, unfinished)
        # A newer full delivery says everything that the missing one would have said. A delta or a journal does not.
        skips = self.contract.load == "full" and self.contract.late.policy == "carry"
        ready = [day for day in delivered if skips or not missing or day < missing[0].due]
        for day in ready:
            if day in complete:
                delivery = find_daily(self.contract, self.settings.landing, day, self.names[day])
                self._check_initial(delivery, day == delivered[0])
                self._take_one(delivery)
            self.as_of = day
        if skips:
            missing = [one for one in missing if one.due > delivered[-1]]
        if missing:
            raise self._late(missing, unfinished, [day for day in delivered if day not in ready])

    def _check_beginning(self, delivered: list[date], unfinished: list[date]) -> None:
        """Something must have come, and the first of it whole."""
        if delivered and not (unfinished and unfinished[0] < delivered[0]):
            return
        if unfinished:
            raise _StoppedError("missing", f"{self._unfinished_words(unfinished[:1])}. Do: wait for it, or have"
                                f" {self.contract.owner} send it.")
        raise _StoppedError("missing", f"no delivery has come by {self.biz_date}.{self._lookalike_words()}"
                            f" Do: have {self.contract.owner} send the initial load.")

    def _missing(self, delivered: list[date], unfinished: list[date]) -> list[Expected]:
        """The deliveries that should be there and are not, oldest first; one that is not complete is one of them."""
        lacking = unmet(self.contract, self.calendar, delivered[0], self.biz_date, delivered)
        days = {one.due for one in lacking}
        lacking += [Expected(day, day, day) for day in unfinished if day not in days]
        return sorted(lacking, key=lambda one: one.due)

    def _check_initial(self, delivery: Delivery, first: bool) -> None:
        """What changes needs a beginning, and only one: a second one would count the past twice."""
        if first and delivery.kind != INITIAL_KIND and self.contract.load != "full":
            raise _StoppedError("missing", f"the initial load is missing: the first delivery, of {delivery.biz_date}, is of kind"
                                f" {delivery.kind}. Do: have {self.contract.owner} send kind {INITIAL_KIND}.")
        if not first and delivery.kind == INITIAL_KIND:
            raise TagmartError("a second initial load has come", where=f"{delivery.label}/{self.contract.feed}",
                               seen=delivery.parts[0].name if delivery.parts else delivery.label,
                               do="have the source send the day's delivery instead")

    def _late(self, missing: list[Expected], unfinished: list[date], queued: list[date]) -> _StoppedError:
        """What the contract says of a delivery that has not come: its state is carried for some days, or the night stops."""
        self.stale_days = (self.biz_date - missing[0].due).days + 1
        absent = [f"{one.due}" for one in missing if one.due not in unfinished]
        shown = ", ".join(absent[:10]) + (f" and {len(absent) - 10} more" if len(absent) > 10 else "")
        said = [f"no delivery for {shown}"] if absent else []
        if begun := [day for day in unfinished if day >= missing[0].due]:
            said.append(self._unfinished_words(begun))
        what = "; ".join(said) + "."
        if queued:
            what += f" Later deliveries wait for it ({', '.join(str(day) for day in queued[:5])})."
        what += self._lookalike_words()
        late, days = self.contract.late, self.stale_days
        ask = f" Do: have {self.contract.owner} send it."
        if late.policy != "carry":
            return _StoppedError("missing", what + ask)
        if days > late.carry_days:
            return _StoppedError("missing", f"{what} The state of {self.as_of} cannot be carried for {days} days:"
                                 f" the contract allows {late.carry_days}.{ask}")
        return _StoppedError("carried", f"{what} The state of {self.as_of} is carried, day {days} of at most"
                             f" {late.carry_days}.{ask}")

    def _held(self, status: str, message: str) -> tuple[str, str]:
        """What the contract says of a feed that is late or refused: the tags made of it are held for some days, or the night stops.

        A delivery that was not taken in leaves nothing behind, so the days before it are as they were.
        """
        if self.as_of is None:
            return status, message
        missing = unmet(self.contract, self.calendar, self.as_of, self.biz_date, [self.as_of])
        # Nothing was due, and what has come is refused: that too is a day on which the feed says nothing.
        self.stale_days = (self.biz_date - missing[0].due).days + 1 if missing else 1
        days, most = self.stale_days, self.contract.late.carry_days
        if days > most:
            return status, f"{message} Tags made of it cannot be held for {days} days: the contract allows {most}."
        return "held", f"{message} Tags made of it keep their last good values, day {days} of at most {most}."

    def _unfinished_words(self, days: list[date]) -> str:
        """Deliveries whose data are there and whose control file is not."""
        shown = ", ".join(f"{day:%Y%m%d}/{self.contract.feed}" for day in days[:5])
        return f"not complete yet, the control file has not come: {shown}"

    def _lookalike_words(self) -> str:
        """Files that are likely this feed's under another name."""
        return "".join(f" The file {name} lies there and belongs to no feed: is it meant?" for name in self.lookalikes[:3])

    def _take_one(self, delivery: Delivery) -> None:
        """One delivery, unless it is in ods already."""
        contract = self.contract.at(delivery.biz_date)
        manifest = read_manifest(contract, delivery, self.settings.bank)
        before = self.arrivals.get(delivery.label)
        if before and (before["md5"], before["rows_declared"]) == (manifest.md5, manifest.rows_declared):
            # The run's own files are read again: what was changed after it was loaded is found tonight, not next year.
            if delivery.biz_date == self.biz_date:
                verify_content(manifest)
            return
        self._check_batch(delivery, manifest, before)
        guard = Guard.of(self.state, contract)
        manifest, notes = guard.measured(delivery, manifest, self.arrivals)
        self.notes += notes
        taken = take_delivery(self.warehouse, self.contract, delivery, manifest, self.settings.quarantine)
        index_quarantine(self.state, contract.feed, delivery.label, self.run_id, taken.quarantined)
        record = self._arrival(delivery, manifest, taken, before)
        if taken.over_limit:
            own = delivery.biz_date in (None, self.biz_date)
            prefix = "" if own else f"delivery of {delivery.label}: "
            raise _StoppedError("over_limit", prefix + taken.over_limit, record if own else None)
        self.state.put("arrival", record)
        guard.used(self.state, delivery, manifest)
        if before:
            self.notes.append(_replaced(before, record) + self._made_without(delivery))
        self.notes += [f"delivery of {delivery.label}: {note}" for note in taken.notes]
        self.arrivals[delivery.label] = record
        self.loaded += 1

    def _made_without(self, delivery: Delivery) -> str:
        """Published nights that stand on the delivery that is replaced, and the command that makes them anew, in words."""
        if delivery.biz_date is None:
            return ""
        nights = nights_from(self.state, delivery.biz_date, before=self.run_id)
        return "" if not nights else (
            f"; published on the earlier one: {', '.join(map(str, nights))}. Make them anew: `tagmart restate --from {nights[0]}`"
        )

    def _check_batch(self, delivery: Delivery, manifest: Manifest, before: Mapping | None) -> None:
        """A batch of a lower number is one that the source has replaced already."""
        if before and None not in (before["batch_no"], manifest.batch_no) and manifest.batch_no < before["batch_no"]:
            raise TagmartError("the batch is older than the one that is loaded (a stale file?)",
                               where=f"{delivery.label}/{self.contract.feed}",
                               seen=f"batch {manifest.batch_no}, loaded is batch {before['batch_no']}",
                               do="have the source send the newest batch of this date")

    def _arrival(self, delivery: Delivery, manifest: Manifest, taken: Taken, before: Mapping | None) -> dict:
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
            "batch_no": manifest.batch_no,
        }


def _replaced(before: Mapping, record: Mapping) -> str:
    """What a delivery that was sent again has changed, in words."""
    def named(row: Mapping) -> str:
        return f"batch {row['batch_no']}" if row["batch_no"] is not None else "a delivery"

    same = before["batch_no"] is not None and before["batch_no"] == record["batch_no"]
    return (f"delivery of {record['biz_date']}: {named(record)} replaces {named(before)} of {before['loaded_at'][:16]},"
            f" {before['rows_loaded']:,} → {record['rows_loaded']:,} rows"
            + ("; the source has not counted the batch up" if same else ""))
