"""A file that is not what its contract says: every kind of drift is told apart, named, and placed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tagmart.contracts import Column, ColumnType, Contract
from tagmart.contracts.forbidden import why_never
from tagmart.core.errors import TagmartError, nearest
from tagmart.ingest.control_forms import AGAIN

BOM = "\ufeff"
# Fewer rows say nothing about a column: a handful of bad values is a handful of bad rows.
RETYPED_ROWS = 10
RETYPED_SHARE = 0.5


@dataclass(frozen=True)
class HeaderPlan:
    """Where a file has the columns of its contract.

    Attributes:
        places: for each column of the contract, its index in the file, from 0.
        width: fields of a record of the file.
        notes: what a person should know although the policy lets it pass; empty if the header is the contract's.
    """

    places: tuple[int, ...]
    width: int
    notes: tuple[str, ...] = ()


def plan_header(contract: Contract, where: str, seen: Sequence[str]) -> HeaderPlan:
    """Compare a header with the contract, and say where each column is.

    Args:
        contract: as it is at the date of the delivery (`contract.at`).
        where: file and line, for messages.
        seen: the names in the header; none where the file has no first line.

    Raises:
        TagmartError: a message of its own for each kind of drift that the contract's policy does not let pass, and for
            a column that tagmart never takes in, whatever the policy.
    """
    expected = list(contract.names)
    if not seen:
        raise TagmartError("the file is empty: it has not even a header line", where=where, seen="0 bytes", do=AGAIN)
    if list(seen) == expected:
        return HeaderPlan(tuple(range(len(expected))), len(expected))
    _refuse_no_header(where, seen, expected)
    _refuse_never(contract, where, seen)
    mend = f"{AGAIN} as agreed, or change the contract {contract.path}"
    _refuse_doubled(where, seen, mend)
    _refuse_misspelt(where, seen, expected, mend)
    _refuse_gone(contract, where, seen, expected, mend)
    notes = [*_added(contract, where, seen, expected, mend), *_moved(contract, where, seen, expected, mend)]
    return HeaderPlan(tuple(seen.index(name) for name in expected), len(seen), tuple(notes))


def check_retyped(contract: Contract, where: str, rows_in: int, broken: Mapping[tuple[str, str], int]) -> None:
    """Refuse a delivery in which most values of a column are not of its type: the column has changed, not the rows.

    Args:
        contract: of the feed.
        where: the delivery, for messages.
        rows_in: rows read.
        broken: rows that broke a rule of type, by column and rule.

    Raises:
        TagmartError: naming the column, its place, and how many rows.
    """
    if rows_in < RETYPED_ROWS:
        return
    by_column: dict[str, int] = {}
    rules: dict[str, str] = {}
    for (column, rule), count in broken.items():
        by_column[column] = by_column.get(column, 0) + count
        rules.setdefault(column, rule)
    worst = max(by_column, key=lambda column: by_column[column], default=None)
    if worst is None or by_column[worst] <= RETYPED_SHARE * rows_in:
        return
    unsure = "" if contract.form.header else "; without a header line, columns that have moved look like this too"
    place = contract.names.index(worst) + 1
    raise TagmartError(
        f"column '{worst}' (column {place}) looks retyped: most of its values are not {rules[worst]}", where=where,
        seen=f"{by_column[worst]:,} of {rows_in:,} rows{unsure}",
        do=f"{AGAIN} as agreed; if the source has changed for good, change the type in {contract.path}",
    )


def _refuse_no_header(where: str, seen: Sequence[str], expected: Sequence[str]) -> None:
    """Line 1 names none of the columns. It is not shown: it may be a customer's row."""
    if {_plain(name) for name in seen} & {_plain(name) for name in expected}:
        return
    raise TagmartError("the file has no header line: line 1 names none of the contract's columns", where=where,
                       seen=f"{len(seen)} fields, expected {len(expected)} names", do=AGAIN)


def _refuse_never(contract: Contract, where: str, seen: Sequence[str]) -> None:
    """A column that would prove to a bank that a person is that person stays at the source."""
    for place, name in enumerate(seen, start=1):
        if name in contract.names:
            continue
        plain = re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip(f"{BOM} ")))
        reason = why_never(contract.feed, Column(plain, ColumnType("string", 1)))
        if reason:
            raise TagmartError(f"the header has column '{_shown(name)}' (column {place}): tagmart never takes in {reason}",
                               where=where, seen=f"{len(seen)} columns, {len(contract.names)} in the contract",
                               do="have the source send the delivery again without the column, and remove this file")


def _refuse_doubled(where: str, seen: Sequence[str], mend: str) -> None:
    """Two columns of one name: nobody can say which is meant."""
    for place, name in enumerate(seen, start=1):
        if name in seen[: place - 1]:
            raise TagmartError(f"the header names column '{_shown(name)}' twice", where=where,
                               seen=f"column {seen.index(name) + 1} and column {place}", do=mend)


def _refuse_misspelt(where: str, seen: Sequence[str], expected: Sequence[str], mend: str) -> None:
    """The same name but for a byte order mark, blanks, or upper and lower case."""
    lacking = {_plain(name): name for name in expected if name not in seen}
    for place, name in enumerate(seen, start=1):
        right = lacking.get(_plain(name)) if name not in expected else None
        if right is None:
            continue
        if name.startswith(BOM):
            raise TagmartError(f"a byte order mark (BOM) stands before column '{right}'", where=where,
                               seen=f"column {place}", do=f"{AGAIN} without it, or write encoding: utf-8-sig in the contract")
        difference = "in upper and lower case" if name.casefold() == right.casefold() else "by blanks or unusual characters"
        raise TagmartError(f"the header writes column {place} otherwise than the contract's '{right}': it differs"
                           f" {difference}", where=where, seen=repr(_shown(name)), do=mend)


def _refuse_gone(contract: Contract, where: str, seen: Sequence[str], expected: Sequence[str], mend: str) -> None:
    """A column of the contract is not there: renamed, if an unknown one stands where it should be; else removed."""
    lacking = [name for name in expected if name not in seen]
    if not lacking:
        return
    unknown = [name for name in seen if name not in expected]
    for name in lacking:
        place = expected.index(name)
        if len(seen) == len(expected) and seen[place] in unknown:
            raise TagmartError(f"column '{name}' is not there, and column {place + 1} is called '{_shown(seen[place])}':"
                               " it seems to be renamed", where=where, seen=_names(seen, place), do=mend)
    name = lacking[0]
    hint = f", and has '{_shown(unknown[0])}' that the contract does not know" if unknown else ""
    raise TagmartError(
        f"the header lacks column '{name}' (column {expected.index(name) + 1} of the contract){hint}", where=where,
        seen=f"{len(seen)} of {len(expected)} columns",
        do=f"{AGAIN} as agreed; if the source has dropped it for good, write until: <date> at the column in {contract.path}",
    )


def _added(contract: Contract, where: str, seen: Sequence[str], expected: Sequence[str], mend: str) -> list[str]:
    """Columns that the contract does not know: refused, or left out with a note."""
    unknown = [(place, name) for place, name in enumerate(seen, start=1) if name not in expected]
    if unknown and contract.drift.added == "refuse":
        place, name = unknown[0]
        raise TagmartError(f"the header has a column '{_shown(name)}' that the contract does not know (column {place})",
                           where=where, seen=nearest(name, expected) or f"{len(seen)} of {len(expected)} columns",
                           do=f"{mend}: add the column with since: <date>, or drift: {{added: ignore}}")
    return [f"column '{_shown(name)}' (column {place}) is not in the contract and was left out" for place, name in unknown]


def _moved(contract: Contract, where: str, seen: Sequence[str], expected: Sequence[str], mend: str) -> list[str]:
    """The columns in another order: refused, or found by their names with a note."""
    known = [name for name in seen if name in expected]
    at = next((index for index, name in enumerate(expected) if known[index] != name), None)
    if at is None:
        return []
    place = seen.index(known[at]) + 1
    what = f"the columns have moved: column {place} is '{known[at]}', not '{expected[at]}'"
    if contract.drift.moved == "refuse":
        raise TagmartError(what, where=where, seen=_names(seen, place - 1), do=f"{mend}, or write drift: {{moved: accept}}")
    return [f"{what}; they were found by their names"]


def _plain(name: str) -> str:
    """A name without what a person does not see: byte order mark, blanks, case, full-width letters."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", name.strip(BOM))).casefold()


def _shown(name: str) -> str:
    """A name from a file, short enough for a message."""
    return name[:60]


def _names(seen: Sequence[str], at: int) -> str:
    """A few names of the header, from one on."""
    return ", ".join(_shown(name) for name in seen[at : at + 3]) + (" …" if len(seen) > at + 3 else "")
