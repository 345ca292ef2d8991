"""Trying one file against its contract, with everything that the loader does and nothing left behind."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from tagmart.contracts import Contract
from tagmart.contracts.model import DAILY_KIND, INITIAL_KIND, STATIC_KIND
from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError, nearest
from tagmart.ingest.control import read_manifest
from tagmart.ingest.deliver import Taken, take_delivery
from tagmart.ingest.landing import Delivery
from tagmart.ingest.quarantine import QuarantinedRow, read_quarantine
from tagmart.ingest.store import prepare_table


@dataclass(frozen=True)
class Trial:
    """What the loader would say of a file.

    Attributes:
        contract: with the columns of the delivery's date.
        delivery: the file as a delivery.
        taken: what would become of its rows.
        bad: the rows that would be in quarantine, those of one rule together.
    """

    contract: Contract
    delivery: Delivery
    taken: Taken
    bad: Mapping[tuple[str, str], list[QuarantinedRow]]

    @property
    def is_good(self) -> bool:
        """False where the loader would refuse the delivery."""
        return not self.taken.over_limit


def contract_for(contracts: Mapping[str, Contract], path: Path, feed: str | None = None) -> Contract:
    """The contract of a file: that of the feed named, else the one whose file names look like this one.

    Raises:
        TagmartError: if there is none.
    """
    if feed is not None:
        if feed not in contracts:
            raise TagmartError("there is no such feed", where="--feed", seen=repr(feed),
                               do=nearest(feed, set(contracts)) or "see `tagmart contract list`")
        return contracts[feed]
    found = [contract for contract in contracts.values() if contract.files.name_pattern().match(path.name)]
    if len(found) != 1:
        raise TagmartError("the file's name is that of no feed" if not found else "the file's name is that of several feeds",
                           where=path.name, seen=", ".join(one.feed for one in found) or f"{len(contracts)} contracts",
                           do=nearest(path.name.split("_2")[0], set(contracts)) or "say which feed it is with --feed")
    return found[0]


def delivery_of(contract: Contract, path: Path, day: date | None = None) -> Delivery:
    """One file as a delivery of its own, without its control file.

    Args:
        contract: of the feed.
        path: the file.
        day: the business date; None to take it from the file's name.

    Raises:
        TagmartError: if there is no such file, or nothing says its date.
    """
    if not path.is_file():
        raise TagmartError("there is no such file", where=str(path), do="check the path")
    if contract.is_static:
        return Delivery(None, STATIC_KIND, (path,), None)
    match = contract.files.name_pattern().match(path.name)
    named = match.groupdict() if match else {}
    if day is None:
        if not named.get("biz_date"):
            raise TagmartError("the file's name does not say its date", where=path.name, do="say it: --date 2026-06-30")
        try:
            day = datetime.strptime(named["biz_date"], "%Y%m%d").date()
        except ValueError:
            raise TagmartError("the date in the file's name is none", where=path.name, seen=named["biz_date"],
                               do="say the date: --date 2026-06-30") from None
    kind = named.get("kind") or DAILY_KIND[contract.load]
    if kind not in (INITIAL_KIND, DAILY_KIND[contract.load]):
        raise TagmartError(f"a {contract.load} feed has no delivery of this kind", where=path.name, seen=kind,
                           do=f"send kind {INITIAL_KIND} or {DAILY_KIND[contract.load]}")
    return Delivery(day, kind, (path,), None)


def try_file(contract: Contract, path: Path, day: date | None = None) -> Trial:
    """Read, check and store a file in a place of its own, which is removed.

    What only the control file or the deliveries before can say (totals, shrinking) is not tried.

    Args:
        contract: of the feed, with the columns of all times.
        path: the file.
        day: the business date; None to take it from the file's name.

    Raises:
        TagmartError: where the loader would refuse the file as a whole, with what it would say.
    """
    delivery = delivery_of(contract, path.absolute(), day)
    alone = replace(contract.at(delivery.biz_date), files=replace(contract.files, control=None, sums=()))
    with tempfile.TemporaryDirectory(prefix="tagmart-") as folder:
        scratch = Path(folder)
        # A file, not memory: a large delivery is tried within the same limits as it is loaded.
        with connect(scratch / "trial.duckdb") as warehouse:
            prepare_table(warehouse, contract)
            taken = take_delivery(warehouse, alone, delivery, read_manifest(alone, delivery), scratch / "bad")
        bad: dict[tuple[str, str], list[QuarantinedRow]] = {}
        for row in read_quarantine(scratch / "bad", contract.feed, delivery.label):
            bad.setdefault((row.column, row.rule), []).append(row)
    return Trial(alone, delivery, taken, bad)
