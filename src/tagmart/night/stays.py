"""Whose stay in a segment goes on: the members of the night before, and of the one before that where the segment failed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tagmart.core.duck import literal
from tagmart.core.mart import MART_FILE, SEGMENT_DAILY, SEGMENT_MEMBER, qualified, table_columns

if TYPE_CHECKING:
    import duckdb

COLUMNS = "segment_id, customer_id, first_date"


def write_prior_members(warehouse: duckdb.DuckDBPyConnection, yesterday: Path | None, day_before: Path | None) -> bool:
    """Make ops.prior_segment_member anew.

    A segment that failed yesterday had no members then, because nothing was known of it. That is no end of anybody's stay: its
    members of the day before yesterday count as yesterday's. Only one failed night is bridged: of two nobody can say who was in.

    Args:
        warehouse: open for writing, with yesterday's published file attached as `yesterday` if there is one; not in a transaction.
        yesterday: the folder of the last good run of D − 1, or None.
        day_before: the folder of the last good run of D − 2, or None.

    Returns:
        Whether the day before was asked: then the night stands on it too.
    """
    warehouse.execute("create or replace table ops.prior_segment_member (segment_id varchar, customer_id varchar, first_date date)")
    if yesterday is None:
        return False
    warehouse.execute(f"insert into ops.prior_segment_member select {COLUMNS} from yesterday.{qualified(SEGMENT_MEMBER)}")
    if day_before is None or "is_failed" not in table_columns(warehouse, SEGMENT_DAILY, database="yesterday"):
        return False
    failed = f"select segment_id from yesterday.{qualified(SEGMENT_DAILY)} where is_failed"
    if not warehouse.execute(f"select 1 from ({failed}) limit 1").fetchone():
        return False
    warehouse.execute(f"attach {literal(day_before / MART_FILE)} as day_before (read_only)")
    try:
        warehouse.execute(
            f"insert into ops.prior_segment_member select {COLUMNS} from day_before.{qualified(SEGMENT_MEMBER)} where segment_id in ({failed})"
        )
    finally:
        warehouse.execute("detach day_before")
    return True
