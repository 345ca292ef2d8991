"""Whose stay in a segment goes on: the members of the night before, or of the last night in which the segment did not fail."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tagmart.core.duck import literal
from tagmart.core.mart import MART_FILE, SEGMENT_DAILY, SEGMENT_MEMBER, qualified, table_columns
from tagmart.core.policy import whole_number

if TYPE_CHECKING:
    import duckdb

COLUMNS = "segment_id, customer_id, first_date"
POLICY = "held.yml"


def nights_bridged(path: Path) -> int:
    """Over how many failed nights in a row a stay in a segment goes on.

    Args:
        path: expectations/held.yml.

    Raises:
        TagmartError: if the file does not say it.
    """
    return whole_number(path, "failed_nights", "it is not said over how many failed nights a stay in a segment goes on", 3)


def write_prior_members(warehouse: duckdb.DuckDBPyConnection, yesterday: Path | None, before: Sequence[Path | None]) -> list[str]:
    """Make ops.prior_segment_member anew.

    A segment that failed yesterday had no members then, because nothing was known of it. That is no end of anybody's stay: its
    members of the last night that knew them count as yesterday's, as far back as the policy goes. Beyond that, or where a date has
    no good run, nobody can say who was in, and all stays begin anew.

    Args:
        warehouse: open for writing, with yesterday's published file attached as `yesterday` if there is one; not in a transaction.
        yesterday: the folder of the last good run of D − 1, or None.
        before: the folders of the last good runs of D − 2 and before, newest first, None for a date without one.

    Returns:
        The runs before yesterday that were asked, newest first: the night stands on them too.
    """
    warehouse.execute("create or replace table ops.prior_segment_member (segment_id varchar, customer_id varchar, first_date date)")
    if yesterday is None:
        return []
    warehouse.execute(f"insert into ops.prior_segment_member select {COLUMNS} from yesterday.{qualified(SEGMENT_MEMBER)}")
    failed, asked = _failed(warehouse, "yesterday"), []
    for folder in before:
        if not failed or folder is None:
            break
        asked.append(folder.name)
        warehouse.execute(f"attach {literal(folder / MART_FILE)} as earlier_night (read_only)")
        try:
            still = failed & _failed(warehouse, "earlier_night")
            if known := failed - still:
                warehouse.execute(
                    f"insert into ops.prior_segment_member select {COLUMNS} from earlier_night.{qualified(SEGMENT_MEMBER)}"
                    f" where segment_id in ({', '.join(literal(segment) for segment in sorted(known))})"
                )
        finally:
            warehouse.execute("detach earlier_night")
        failed = still
    return asked


def _failed(warehouse: duckdb.DuckDBPyConnection, night: str) -> set[str]:
    """The segments that failed in an attached night; an earlier version's file does not say it."""
    if "is_failed" not in table_columns(warehouse, SEGMENT_DAILY, database=night):
        return set()
    return {segment for (segment,) in warehouse.execute(f"select segment_id from {night}.{qualified(SEGMENT_DAILY)} where is_failed").fetchall()}
