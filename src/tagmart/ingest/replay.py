"""Taking a delivery again under the contract as it is now, so that rows leave the quarantine once the cause is mended."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb

from tagmart.contracts import Contract, load_contracts
from tagmart.core import clock
from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError, nearest
from tagmart.core.locking import writer_lock
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.ingest.control import Manifest, read_manifest
from tagmart.ingest.deliver import Taken, take_delivery
from tagmart.ingest.guard import Guard
from tagmart.ingest.landing import Delivery, find_daily, find_static, names_in
from tagmart.ingest.mend import mended
from tagmart.ingest.quarantine import index_quarantine, quarantine_file, read_quarantine
from tagmart.ingest.store import change_of, prepare_table

STATIC = "static"
# Parts with corrected records hold personal data: what a killed process has left is removed.
SCRATCH = ".replay-"


@dataclass(frozen=True)
class Replayed:
    """What a replay came to.

    Attributes:
        loaded_before: rows of the delivery that were in ods.
        loaded: rows that are there now.
        in_quarantine: rows that still break the contract.
        notes: what was strange, though it was taken.
        nights: business dates of published runs that were built without the new rows, oldest first.
    """

    loaded_before: int
    loaded: int
    in_quarantine: int
    notes: tuple[str, ...]
    nights: tuple[str, ...]


def replay_delivery(
    settings: Settings, state: State, feed: str, label: str, corrected: Path | None = None
) -> Replayed:
    """Judge a delivery anew and store what passes; all of it or nothing.

    It passes the shrink guard and the limits like any delivery: what it is measured against may have been sent again, and the
    contract may be another one, since it was loaded. With corrected records every row must pass. They are kept beside the quarantine; the files in the landing stay as they
    were sent, so that a loading of everything from the beginning would set the rows aside again, and say so.

    Args:
        settings: where things are.
        state: its tables `arrival` and `quarantine` are written.
        feed: the feed.
        label: the delivery's date, ISO, or "static".
        corrected: a file with a record for each one in quarantine, in their order and the feed's own form; or None.

    Raises:
        TagmartError: if there is no such delivery, its files are gone, or it is still over its limit or has shrunk; what was
            loaded of it before stays as it was. BusyError if another process is writing.
    """
    contract = feed_of(settings, feed)
    run_id = f"replay-{clock.now():%Y%m%d-%H%M%S}"
    with writer_lock(settings.home, run_id, f"replay of {feed} {label}"):
        delivery = _find(settings, contract, label)
        for left in settings.home.glob(f"{SCRATCH}*"):
            shutil.rmtree(left)
        manifest = read_manifest(contract.at(delivery.biz_date), delivery, settings.bank)
        before = state.row("select * from arrival where feed = ? and biz_date = ?", feed, label)
        if before is None:
            # Only a night knows what is missing before it, and whether it has to queue.
            raise TagmartError("no night has loaded this delivery", where=f"{label}/{feed}", seen="nothing of it is in ods",
                               do="run a night from its date on: it takes the delivery under the contract as it is now")
        if before["md5"] != manifest.md5:
            raise TagmartError("another delivery lies there than the one that is loaded", where=f"{label}/{feed}",
                               seen=f"md5 {manifest.md5}, loaded {before['md5']}", do="run a night: it takes the new one")
        guard = Guard.of(state, contract)
        loaded = {row["biz_date"]: row for row in state.rows("select * from arrival where feed = ?", feed)}
        manifest, notes = guard.measured(delivery, manifest, loaded)
        with connect(settings.warehouse) as warehouse:
            if change_of(warehouse, contract) in ("new", "rebuild"):
                raise TagmartError("the contract has another shape than the feed's table", where=contract.path,
                                   do="run a night: it loads every delivery again, this one too")
            prepare_table(warehouse, contract)
            if corrected is None:
                taken = take_delivery(warehouse, contract, delivery, manifest, settings.quarantine)
            else:
                taken = _take_corrected(settings, warehouse, contract, delivery, manifest, corrected)
        index_quarantine(state, feed, label, run_id, taken.quarantined)
        if taken.over_limit:
            raise TagmartError("the delivery is still over its limit", where=f"{label}/{feed}", seen=taken.over_limit,
                               do="correct the contract or have the source send the delivery again")
        state.put("arrival", before | {
            "feed": feed, "biz_date": label, "kind": delivery.kind, "files": " ".join(path.name for path in manifest.parts),
            "md5": manifest.md5, "bytes": manifest.size, "rows_declared": manifest.rows_declared, "rows_in": taken.rows_in,
            "rows_loaded": taken.rows_loaded, "rows_quarantined": taken.rows_quarantined,
            "loaded_at": clock.now().isoformat(timespec="seconds"), "run_id": run_id, "batch_no": manifest.batch_no,
        })
        guard.used(state, delivery, manifest)
    nights = nights_since(state, label) if taken.rows_loaded != before["rows_loaded"] else ()
    return Replayed(before["rows_loaded"], taken.rows_loaded, taken.rows_quarantined, (*notes, *taken.notes), nights)


def _take_corrected(
    settings: Settings, warehouse: duckdb.DuckDBPyConnection, contract: Contract, delivery: Delivery, manifest: Manifest,
    corrected: Path,
) -> Taken:
    """The delivery with corrected records in the place of the quarantined ones, if all of them pass."""
    place = quarantine_file(settings.quarantine, contract.feed, delivery.label)
    rows = list(read_quarantine(settings.quarantine, contract.feed, delivery.label))
    strict = replace(contract, limits=replace(contract.limits, bad_share=0.0, bad_rows=None))
    with tempfile.TemporaryDirectory(dir=settings.home, prefix=SCRATCH) as name:
        folder = Path(name)
        changed = mended(contract.at(delivery.biz_date), manifest, rows, corrected, folder)
        taken = take_delivery(warehouse, strict, delivery, changed, folder / "bad")
    if taken.over_limit:
        raise TagmartError("the corrected records do not all pass; nothing was changed", where=corrected.name, seen=taken.over_limit,
                           do="correct the rest, and give all of them again")
    kept = place.with_suffix(f".corrected-{clock.now():%Y%m%d-%H%M%S}")
    shutil.copyfile(corrected, kept)
    kept.chmod(0o600)
    place.unlink()
    return taken


def feed_of(settings: Settings, feed: str) -> Contract:
    """The contract of a feed.

    Raises:
        TagmartError: if there is none.
    """
    contracts = load_contracts(settings.contracts_dir)
    if feed not in contracts:
        raise TagmartError("there is no such feed", where="feed", seen=repr(feed),
                           do=nearest(feed, set(contracts)) or "see `tagmart contract list`")
    return contracts[feed]


def nights_since(state: State, label: str) -> tuple[str, ...]:
    """Business dates of published runs that a change to the delivery of a date concerns: that date's and all later ones."""
    since = "" if label == STATIC else label
    found = state.rows("select distinct biz_date from run where status = 'published' and biz_date >= ? order by biz_date", since)
    return tuple(row["biz_date"] for row in found)


def _find(settings: Settings, contract: Contract, label: str) -> Delivery:
    """The files of the delivery."""
    if contract.is_static:
        delivery = find_static(contract, settings.landing)
    else:
        day = date.fromisoformat(label)
        names = names_in(settings.landing, day) if (settings.landing / f"{day:%Y%m%d}").is_dir() else []
        delivery = find_daily(contract, settings.landing, day, names) if names else None
    if delivery is None or not delivery.parts:
        raise TagmartError("the delivery's files are not in the landing folder", where=f"{label}/{contract.feed}",
                           seen=str(settings.landing), do="bring them back from the archive, or have them sent again")
    return delivery
