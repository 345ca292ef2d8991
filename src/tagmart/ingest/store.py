"""Where good rows end up: the feed's table in ods and, where states last, its history; both in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from tagmart.contracts import Contract
from tagmart.core.duck import identifier, literal
from tagmart.ingest import history, withheld
from tagmart.ingest.landing import Delivery
from tagmart.ingest.ledger import forget_feed, note_taken

# What the loader's judging leaves: part, src_line, the contract's columns of the date, fault (NULL for good rows).
TAKEN = "temp.main.taken"
# Full deliveries that ods keeps of a feed with history: the history says what the older ones said.
KEPT_FULLS = 3

Change = Literal["none", "new", "added", "rebuild"]


@dataclass(frozen=True)
class Stored:
    """What became of the good rows of a delivery.

    Attributes:
        rows: how many are in ods.
        notes: what a person should know of them, though they were taken: such as a delta that deletes unknown keys.
    """

    rows: int
    notes: tuple[str, ...] = ()


def table_of(contract: Contract) -> str:
    """The feed's table, quoted."""
    return f"ods.{identifier(contract.feed)}"


def table_columns(contract: Contract) -> list[tuple[str, str]]:
    """Names and types of the feed's table: the columns of all times, then where a row came from."""
    own = [(column.name, column.type.sql) for column in contract.columns]
    return [*own, ("src_file", "VARCHAR"), ("src_line", "BIGINT"), ("biz_date", "DATE")]


def stored_columns(warehouse: duckdb.DuckDBPyConnection, contract: Contract) -> list[tuple[str, str]]:
    """Names and types of the table as it is; empty if there is none."""
    return history.columns_in(warehouse, "ods", contract.feed)


def change_of(warehouse: duckdb.DuckDBPyConnection, contract: Contract) -> Change:
    """What `prepare_table` would have to do, so that a caller can refuse before anything is thrown away.

    Args:
        warehouse: open, perhaps without the table.
        contract: of the feed, with the columns of all times.

    Returns:
        none: the tables are as the contract says. new: there is no table. added: columns are to be added that no loaded
        delivery could have had. rebuild: anything else; every delivery must be loaded again.
    """
    there, wanted = dict(stored_columns(warehouse, contract)), dict(table_columns(contract))
    if not there:
        return "new"
    if not history.fits(warehouse, contract, set(wanted) - set(there)):
        return "rebuild"
    if there == wanted:
        return "none"
    if any(wanted.get(name) != kind for name, kind in there.items()):
        return "rebuild"
    last = warehouse.execute(f"select max(biz_date) from {table_of(contract)}").fetchone()[0]
    late = [contract.column(name).since for name in wanted if name not in there]
    return "added" if all(since and (last is None or since > last) for since in late) else "rebuild"


def prepare_table(warehouse: duckdb.DuckDBPyConnection, contract: Contract) -> bool:
    """Have the feed's table and its history, shaped as the contract says. One transaction.

    Args:
        warehouse: open for writing.
        contract: of the feed, with the columns of all times.

    Returns:
        True if the tables were made anew: they are empty, and everything must be loaded again. A caller that remembers
        what is loaded must forget it before (`change_of` says whether to), or a kill in between leaves empty tables that
        pass for loaded ones.
    """
    change = change_of(warehouse, contract)
    if change == "none":
        return False
    warehouse.execute("begin")
    try:
        if change == "added":
            _add_columns(warehouse, contract)
        else:
            columns = ", ".join(f"{identifier(name)} {kind}" for name, kind in table_columns(contract))
            warehouse.execute("create schema if not exists ods")
            warehouse.execute(f"create or replace table {table_of(contract)} ({columns})")
            history.make(warehouse, contract)
            forget_feed(warehouse, contract)
        warehouse.execute("commit")
    except BaseException:
        warehouse.execute("rollback")
        raise
    return change != "added"


def store(
    warehouse: duckdb.DuckDBPyConnection,
    contract: Contract,
    delivery: Delivery,
    parts: tuple[Path, ...],
    taken: str = TAKEN,
    unread: Sequence[tuple[str, ...] | None] = (),
) -> Stored:
    """Put the good rows of a delivery in place of what the same delivery had brought before, and bring the history up to it.

    One transaction: after a kill, ods and the history are those before the delivery or those after it.

    Args:
        warehouse: open for writing, with the tables that `prepare_table` makes.
        contract: of the feed; whether with the columns of all times or of the delivery's date makes no difference.
        delivery: whose rows they are.
        parts: the data files, in the order that the column `part` of `taken` counts.
        taken: a relation with part, src_line, fault and the contract's columns of the date; rows without fault are stored.
        unread: the keys of bad rows that are not in `taken`, as `withheld.key_texts` gives them.

    Returns:
        The number of rows stored, and what was strange about them.
    """
    names = ", ".join(identifier(name) for name in contract.at(delivery.biz_date).names)
    files = " ".join(f"when {at} then {literal(part.name)}" for at, part in enumerate(parts))
    day = f"date {literal(delivery.biz_date.isoformat())}" if delivery.biz_date else "cast(null as date)"
    table = table_of(contract)
    notes: tuple[str, ...] = ()
    warehouse.execute("begin")
    try:
        if contract.keeps_history:
            history.before_day(warehouse, contract, delivery.biz_date)
        warehouse.execute(f"delete from {table} where biz_date is not distinct from {day}")
        rows = warehouse.execute(
            f"insert into {table} ({names}, src_file, src_line, biz_date)"
            f" select {names}, case part {files} end, src_line, {day} from {taken} where fault is null"
        ).fetchone()[0]
        note_taken(warehouse, contract, delivery.biz_date)
        if contract.keeps_history:
            if contract.load == "full":
                notes = withheld.withhold(warehouse, contract, delivery.biz_date, taken, unread)
            notes += history.take_day(warehouse, contract, delivery.biz_date)
            if contract.load == "full":
                _prune(warehouse, contract)
        warehouse.execute("commit")
    except BaseException:
        warehouse.execute("rollback")
        raise
    return Stored(rows, notes)


def _add_columns(warehouse: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Columns that begin after everything that is loaded: NULL is right in every row there is."""
    there = dict(stored_columns(warehouse, contract))
    tables = [table_of(contract)] + ([history.table_of(contract)] if contract.keeps_history else [])
    for name, kind in table_columns(contract):
        if name not in there:
            for table in tables:
                warehouse.execute(f"alter table {table} add column {identifier(name)} {kind}")


def _prune(warehouse: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Drop the rows of full deliveries that the history has taken up, but for the newest few."""
    kept = history.newest_days(warehouse, contract, KEPT_FULLS)
    warehouse.execute(f"delete from {table_of(contract)} where biz_date < date {literal(kept[-1].isoformat())}")
