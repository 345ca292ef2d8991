"""Where rows end up: good ones in ods, bad ones in the quarantine."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import duckdb

from tagmart.contracts import Contract
from tagmart.core.duck import identifier, literal
from tagmart.ingest.check import TAKEN
from tagmart.ingest.decode import BadRow, raw_lines
from tagmart.ingest.landing import Delivery

QUARANTINE_COLUMNS = ("file", "line", "column", "rule", "seen", "raw_line")


def table_of(contract: Contract) -> str:
    """The feed's table, quoted."""
    return f"ods.{identifier(contract.feed)}"


def table_columns(contract: Contract) -> list[tuple[str, str]]:
    """Names and types of the feed's table: the columns of the contract, then where a row came from."""
    own = [(column.name, column.type.sql) for column in contract.columns]
    return [*own, ("src_file", "VARCHAR"), ("src_line", "BIGINT"), ("biz_date", "DATE")]


def stored_columns(warehouse: duckdb.DuckDBPyConnection, contract: Contract) -> list[tuple[str, str]]:
    """Names and types of the table as it is; empty if there is none."""
    # No parameters: for them the Python client imports pandas, which takes longer than a quiet night's whole loading.
    return warehouse.execute(
        "select column_name, data_type from duckdb_columns()"
        " where database_name = current_database() and schema_name = 'ods'"
        f" and table_name = {literal(contract.feed)} order by column_index"
    ).fetchall()


def make_table(warehouse: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """An empty table for the feed, in place of one that is there."""
    columns = ", ".join(f"{identifier(name)} {kind}" for name, kind in table_columns(contract))
    warehouse.execute("create schema if not exists ods")
    warehouse.execute(f"create or replace table {table_of(contract)} ({columns})")


def store(warehouse: duckdb.DuckDBPyConnection, contract: Contract, delivery: Delivery, parts: tuple[Path, ...]) -> int:
    """Put the good rows of `taken` in place of what the delivery had brought before, in one transaction.

    Returns:
        The number of rows stored.
    """
    names = ", ".join(identifier(name) for name in contract.names)
    files = " ".join(f"when {at} then {literal(part.name)}" for at, part in enumerate(parts))
    day = f"date {literal(delivery.biz_date.isoformat())}" if delivery.biz_date else "cast(null as date)"
    warehouse.execute("begin")
    try:
        warehouse.execute(f"delete from {table_of(contract)} where biz_date is not distinct from {day}")
        stored = warehouse.execute(
            f"insert into {table_of(contract)} select {names}, case part {files} end, src_line, {day}"
            f" from {TAKEN} where fault is null"
        ).fetchone()[0]
        warehouse.execute("commit")
    except BaseException:
        warehouse.execute("rollback")
        raise
    return stored


def write_quarantine(
    folder: Path, contract: Contract, delivery: Delivery, parts: tuple[Path, ...], bad: list[BadRow]
) -> None:
    """Write the bad rows of a delivery to <folder>/<date>/<feed>.csv, for its owner's eyes only; none, no file.

    Args:
        folder: the quarantine.
        contract: of the feed.
        delivery: names the date.
        parts: the files that were read.
        bad: the rows, each once.
    """
    path = folder / delivery.label / f"{contract.feed}.csv"
    if not bad:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted: dict[int, set[int]] = {}
    for row in bad:
        wanted.setdefault(row.part, set()).add(row.line)
    raw = {part: raw_lines(contract, parts[part], lines) for part, lines in wanted.items()}
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(QUARANTINE_COLUMNS)
        for row in sorted(bad, key=lambda one: (one.part, one.line)):
            writer.writerow((parts[row.part].name, row.line, row.column, row.rule, row.seen, raw[row.part][row.line]))
    os.replace(fresh, path)
