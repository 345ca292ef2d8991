"""Which days the rows in ods are of, delivery by delivery: what the layers above compare with what they were built from.

A delivery that is taken in again gets another number, and with it every day of which it has rows.
"""

from __future__ import annotations

from datetime import date

import duckdb

from tagmart.contracts import Contract
from tagmart.core.duck import identifier, literal

# No feed can have this name: those begin with a letter.
TAKEN_DAYS = "ods._taken"
# A sequence and not the highest number there is: that would be given again once the newest rows are gone.
LOAD_NO = "ods._load_no"


def prepare_ledger(warehouse: duckdb.DuckDBPyConnection, contracts: dict[str, Contract]) -> None:
    """Have the ledger. A warehouse that was filled before there was one gets it from the rows that are there.

    Args:
        warehouse: open for writing.
        contracts: of the bank.
    """
    known = {row[0] for row in warehouse.execute(
        "select table_name from duckdb_tables() where database_name = current_database() and schema_name = 'ods'").fetchall()}
    if "_taken" in known:
        return
    warehouse.execute("begin")
    try:
        _make(warehouse)
        for contract in contracts.values():
            if contract.feed in known:
                for (day,) in warehouse.execute(f"select distinct biz_date from ods.{identifier(contract.feed)}").fetchall():
                    note_taken(warehouse, contract, day)
        warehouse.execute("commit")
    except BaseException:
        warehouse.execute("rollback")
        raise


def note_taken(warehouse: duckdb.DuckDBPyConnection, contract: Contract, biz_date: date | None) -> None:
    """Write down that the rows of a delivery are in ods now; to be called in the transaction that stores them.

    Rows without a date of their own may belong to any day: the day is NULL then, and means every day.

    Args:
        warehouse: open for writing.
        contract: of the feed.
        biz_date: the delivery's date; None for a static file.
    """
    _make(warehouse)
    feed, own = literal(contract.feed), f"date {literal(biz_date.isoformat())}" if biz_date else "cast(null as date)"
    day = identifier(contract.row_date) if contract.row_date and biz_date else "cast(null as date)"
    number = warehouse.execute(f"select nextval('{LOAD_NO}')").fetchone()[0]
    warehouse.execute(f"delete from {TAKEN_DAYS} where feed = {feed} and biz_date is not distinct from {own}")
    warehouse.execute(
        f"insert into {TAKEN_DAYS} select distinct {feed}, {own}, {day}, {number}"
        f" from ods.{identifier(contract.feed)} where biz_date is not distinct from {own}"
    )


def forget_feed(warehouse: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Forget a feed whose table is made anew; in the same transaction."""
    _make(warehouse)
    warehouse.execute(f"delete from {TAKEN_DAYS} where feed = {literal(contract.feed)}")


def _make(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("create schema if not exists ods")
    warehouse.execute(f"create sequence if not exists {LOAD_NO}")
    warehouse.execute(f"create table if not exists {TAKEN_DAYS} (feed varchar, biz_date date, day date, load_no bigint)")
