"""One delivery, from its files to ods: verify, decode, check, store. All of it or nothing."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tagmart.contracts import Contract
from tagmart.core.errors import TagmartError
from tagmart.ingest.check import judge
from tagmart.ingest.control import AGAIN, Manifest, verify_content
from tagmart.ingest.decode import BadRow, decode_part
from tagmart.ingest.landing import Delivery
from tagmart.ingest.store import store, write_quarantine

SCRATCH = ".ingest-"


@dataclass(frozen=True)
class Taken:
    """What became of a delivery's rows.

    Attributes:
        rows_in: rows read.
        rows_loaded: rows in ods; 0 if the delivery was over its limit.
        rows_quarantined: rows that broke the contract.
        over_limit: what to tell if more rows broke the contract than it allows; then nothing is stored. Else empty.
        first_bad: the first bad row in words, empty if there is none.
    """

    rows_in: int
    rows_loaded: int
    rows_quarantined: int
    over_limit: str
    first_bad: str


def take_delivery(
    warehouse: duckdb.DuckDBPyConnection,
    contract: Contract,
    delivery: Delivery,
    manifest: Manifest,
    quarantine: Path,
    scratch: Path,
) -> Taken:
    """Bring a delivery into ods.

    Args:
        warehouse: open for writing, with the feed's table in it.
        contract: of the feed.
        delivery: the files.
        manifest: what read_manifest said of them.
        quarantine: the folder of bad rows.
        scratch: a folder for the canonical text, which holds personal data and is removed at once.

    Raises:
        TagmartError: if the files are not what the control file or the contract says; nothing is stored then.
    """
    verify_content(delivery)
    with tempfile.TemporaryDirectory(dir=scratch, prefix=SCRATCH) as folder:
        canonical = Path(folder) / "rows"
        rows_in, bad = _decode(contract, delivery, manifest, canonical)
        bad += judge(warehouse, contract, delivery, canonical)
    write_quarantine(quarantine, contract, delivery, manifest.parts, bad)
    first = _in_words(contract, manifest, min(bad, key=lambda row: (row.part, row.line))) if bad else ""
    over = _over_limit(contract, rows_in, len(bad), first)
    if over:
        return Taken(rows_in, 0, len(bad), over, first)
    loaded = store(warehouse, contract, delivery, manifest.parts)
    if rows_in != loaded + len(bad):
        raise TagmartError("rows were lost on the way", where=f"{delivery.label}/{contract.feed}",
                           seen=f"{rows_in} read, {loaded} loaded, {len(bad)} in quarantine",
                           do="keep the files and report this: it is a fault of the loader")
    return Taken(rows_in, loaded, len(bad), "", first)


def clear_scratch(scratch: Path) -> None:
    """Remove what a killed process left behind: decoded files hold personal data."""
    for path in scratch.glob(f"{SCRATCH}*"):
        shutil.rmtree(path)


def _decode(contract: Contract, delivery: Delivery, manifest: Manifest, canonical: Path) -> tuple[int, list[BadRow]]:
    """Write the canonical text of all parts, and compare the rows with the control file."""
    rows_in, bad = 0, []
    with canonical.open("wb") as out:
        for part, (path, declared) in enumerate(zip(manifest.parts, manifest.rows, strict=True)):
            decoded = decode_part(contract, path, part, out)
            if declared is not None and decoded.rows != declared:
                what = "fewer" if decoded.rows < declared else "more"
                raise TagmartError(f"the file has {what} rows than the control file declares",
                                   where=f"{path.parent.name}/{path.name}",
                                   seen=f"{decoded.rows:,} of {declared:,} rows", do=AGAIN)
            rows_in += decoded.rows
            bad += decoded.bad
    if not rows_in and not contract.allow_empty:
        raise TagmartError("the delivery has no rows, and the contract does not allow that",
                           where=f"{manifest.parts[0].parent.name}/{manifest.parts[0].name}", seen="0 rows",
                           do=f"{AGAIN}; if a day without rows is in order, write allow_empty: true in {contract.path}")
    return rows_in, bad


def _over_limit(contract: Contract, rows_in: int, bad: int, first: str) -> str:
    """What to tell if too many rows are bad; empty if not."""
    if not bad or bad <= contract.limits.bad_share * rows_in:
        return ""
    return (
        f"{bad:,} of {rows_in:,} rows ({bad / rows_in:.2%}) broke the contract, allowed are"
        f" {contract.limits.bad_share:.2%}; nothing was stored. First: {first}."
        f" Do: have the source correct the rows; all of them are in the quarantine."
    )


def _in_words(contract: Contract, manifest: Manifest, row: BadRow) -> str:
    """A bad row as a message tells it: personal values masked."""
    seen = row.seen
    if row.column in contract.names and contract.column(row.column).personal == "C2":
        seen = f"{seen[:1]}***" if seen else ""
    column = f", column {row.column}" if row.column else ""
    shown = f"'{seen[:60]}'" if seen else "empty"
    return f"{manifest.parts[row.part].name}, line {row.line}{column}: {shown}, rule: {row.rule}"
