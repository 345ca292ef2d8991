"""One delivery, from its files to ods: verify, decode, check, store. All of it or nothing.

No decoded text is ever written to a file of ours: rows go from the parts through memory into a temporary table of DuckDB.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tagmart.contracts import Contract
from tagmart.core.errors import TagmartError
from tagmart.ingest.blocks import BLOCK_BYTES
from tagmart.ingest.check import Judged, details, judge
from tagmart.ingest.control import AGAIN, Counted, Manifest, reconcile, verify_content
from tagmart.ingest.decode import DETAILS, BadRow, Reading, read_parts
from tagmart.ingest.drift import check_retyped
from tagmart.ingest.landing import Delivery
from tagmart.ingest.quarantine import BadGroup, masked, read_quarantine, write_quarantine
from tagmart.ingest.store import TAKEN, store
from tagmart.ingest.withheld import key_texts


@dataclass(frozen=True)
class Taken:
    """What became of a delivery's rows.

    Attributes:
        rows_in: rows read.
        rows_loaded: rows in ods; 0 if the delivery was over its limit.
        rows_quarantined: rows that broke the contract.
        over_limit: what to tell if more rows broke the contract than it allows; then nothing is stored. Else empty.
        first_bad: the first bad row in words, empty if there is none.
        quarantined: what the index of the quarantine should say.
        notes: what was strange though it was taken in.
    """

    rows_in: int
    rows_loaded: int
    rows_quarantined: int
    over_limit: str
    first_bad: str
    quarantined: tuple[BadGroup, ...] = ()
    notes: tuple[str, ...] = ()


def take_delivery(
    warehouse: duckdb.DuckDBPyConnection,
    contract: Contract,
    delivery: Delivery,
    manifest: Manifest,
    quarantine: Path,
    block_bytes: int = BLOCK_BYTES,
    workers: int | None = None,
) -> Taken:
    """Bring a delivery into ods.

    Args:
        warehouse: open for writing, with the feed's table in it.
        contract: of the feed, with the columns of all times.
        delivery: the files.
        manifest: what read_manifest said of them.
        quarantine: the folder of bad rows.
        block_bytes: how much of a part is decoded at once.
        workers: processes that decode; None to let the size decide.

    Raises:
        TagmartError: if the files are not what the control file or the contract says; nothing is stored then.
    """
    dated = contract.at(delivery.biz_date)
    reading = Reading(_kept_details(dated, manifest))
    judged = _read(warehouse, dated, delivery, manifest, reading, block_bytes, workers)
    rows_in, counts = sum(reading.rows), reading.counts + judged.counts
    _check_rows(dated, manifest, rows_in)
    check_retyped(dated, f"{manifest.parts[0].parent.name}/{manifest.parts[0].name}", rows_in, judged.retyped)
    shown = _bad_rows(warehouse, dated, delivery, reading, judged, 1)
    first = _in_words(dated, manifest, shown[0]) if shown else ""
    reconcile(dated, delivery, manifest, _counted(reading, judged, first))
    allowed = _allowed(dated, rows_in)
    is_over = counts.total() > allowed
    bad = _bad_rows(warehouse, dated, delivery, reading, judged, DETAILS if is_over else None)
    groups = write_quarantine(quarantine, dated, delivery, manifest.parts, bad)
    if is_over:
        over = _over_limit(dated, rows_in, counts, len(bad), first)
        return Taken(rows_in, 0, counts.total(), over, first, groups, tuple(reading.notes))
    stored = store(warehouse, contract, delivery, manifest.parts, TAKEN, _unread(dated, quarantine, delivery, manifest, reading))
    warehouse.execute(f"drop table {TAKEN}")
    if rows_in != stored.rows + len(bad):
        raise TagmartError("rows were lost on the way", where=f"{delivery.label}/{contract.feed}",
                           seen=f"{rows_in} read, {stored.rows} loaded, {len(bad)} in quarantine",
                           do="keep the files and report this: it is a fault of the loader")
    return Taken(rows_in, stored.rows, len(bad), "", first, groups, (*reading.notes, *stored.notes))


def clear_scratch(home: Path) -> None:
    """Remove what a killed process left behind: rows that DuckDB had written out for lack of memory hold personal data.

    Args:
        home: the folder of the warehouse, which nobody has open.
    """
    for path in home.glob("*.duckdb.tmp"):
        shutil.rmtree(path)


def _read(
    warehouse: duckdb.DuckDBPyConnection,
    contract: Contract,
    delivery: Delivery,
    manifest: Manifest,
    reading: Reading,
    block_bytes: int,
    workers: int | None,
) -> Judged:
    """Read and judge all parts, and beside it compare their content with the control file."""
    framed = [one.says.removeprefix("sum:") for one in (*contract.form.head, *contract.form.tail) if one.says.startswith("sum:")]
    batches = read_parts(contract, manifest.parts, reading, block_bytes, workers)
    with ThreadPoolExecutor(1) as beside:
        verified = beside.submit(verify_content, manifest)
        try:
            judged = judge(warehouse, contract, delivery, batches, [*contract.files.sums, *manifest.sums, *framed])
        finally:
            batches.close()
            # If the file is not the one that was sent, that is the reason for whatever else is wrong with it.
            verified.result()
    return judged


def _counted(reading: Reading, judged: Judged, first_bad: str) -> Counted:
    """What is to be compared with what was declared. A row that could not be taken apart has amounts nobody can read."""
    lost = bool(reading.counts)
    return Counted(
        rows=tuple(reading.rows),
        sums={name: None if lost else total for name, total in judged.sums.items()},
        heads=tuple(reading.heads),
        tails=tuple(reading.tails),
        partial_sums=judged.partial_sums,
        first_bad=first_bad,
    )


def _check_rows(contract: Contract, manifest: Manifest, rows_in: int) -> None:
    """A delivery without rows is in order only where the contract says so, or the control file does not disagree."""
    if rows_in or contract.allow_empty or manifest.rows_declared:
        return
    raise TagmartError("the delivery has no rows, and the contract does not allow that",
                       where=f"{manifest.parts[0].parent.name}/{manifest.parts[0].name}", seen="0 rows",
                       do=f"{AGAIN}; if a day without rows is in order, write allow_empty: true in {contract.path}")


def _allowed(contract: Contract, rows_in: int) -> float:
    """How many rows may be bad."""
    share = contract.limits.bad_share * rows_in
    return share if contract.limits.bad_rows is None else min(share, contract.limits.bad_rows)


def _kept_details(contract: Contract, manifest: Manifest) -> float:
    """How many rows that cannot be taken apart are kept in memory: all that may be loaded beside, as far as that is known."""
    limits = contract.limits
    if manifest.rows_declared is not None or not limits.bad_share:
        return max(DETAILS, _allowed(contract, manifest.rows_declared or 0))
    return float("inf") if limits.bad_rows is None else max(DETAILS, limits.bad_rows)


def _bad_rows(
    warehouse: duckdb.DuckDBPyConnection,
    contract: Contract,
    delivery: Delivery,
    reading: Reading,
    judged: Judged,
    most: int | None,
) -> list[BadRow]:
    """The bad rows in the order of the files, at most so many."""
    found = details(warehouse, contract, delivery, most) if judged.bad else []
    return sorted(reading.bad + found, key=lambda row: (row.part, row.line))[:most]


def _unread(
    contract: Contract, quarantine: Path, delivery: Delivery, manifest: Manifest, reading: Reading
) -> list[tuple[str, ...] | None]:
    """The keys of the rows that could not be taken apart, where the history needs them."""
    if not reading.bad or contract.load != "full" or not contract.keeps_history:
        return []
    places = {(manifest.parts[row.part].name, row.line) for row in reading.bad}
    rows = read_quarantine(quarantine, contract.feed, delivery.label)
    return key_texts(contract, [row for row in rows if (row.file, row.line) in places])


def _over_limit(contract: Contract, rows_in: int, counts: Counter[tuple[str, str]], kept: int, first: str) -> str:
    """What to tell if too many rows are bad."""
    bad = counts.total()
    share, most = contract.limits.bad_share, contract.limits.bad_rows
    number = f" and {most:,} rows" if most is not None else ""
    kinds = _kinds(counts.most_common(3), len(counts))
    where = "all of them are in the quarantine" if kept == bad else f"the first {kept:,} of them are in the quarantine"
    return (
        f"{bad:,} of {rows_in:,} rows ({bad / rows_in:.2%}) broke the contract, allowed are {share:.2%}{number};"
        f" nothing was stored. First: {first}.{kinds} Do: have the source correct the rows; {where}."
    )


def _kinds(most: Sequence[tuple[tuple[str, str], int]], different: int) -> str:
    """The commonest faults, where there are several kinds."""
    if different < 2:
        return ""
    told = "; ".join(f"{count:,} × {rule}" + (f" of {column}" if column else "") for (column, rule), count in most)
    return f" Most often: {told}."


def _in_words(contract: Contract, manifest: Manifest, row: BadRow) -> str:
    """A bad row as a message tells it: personal values masked."""
    seen = row.seen
    if row.column in contract.names and contract.column(row.column).personal == "C2" and row.shows_value:
        seen = masked(seen)
    column = f", column {row.column}" if row.column else ""
    shown = f"'{seen[:60]}'" if seen else "empty"
    return f"{manifest.parts[row.part].name}, line {row.line}{column}: {shown}, rule: {row.rule}"
