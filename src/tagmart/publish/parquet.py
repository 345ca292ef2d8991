"""Published tables as Parquet, one file per table: for engines that do not read DuckDB's files, and for queries over many dates.

A run's files lie in `published/parquet/biz_date=<date>/<run_id>/` and appear together, by the renaming of their folder. The
date is in the path and not in the files, as Hive, Spark and DuckDB expect of a partition.
"""

from __future__ import annotations

import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tagmart.core import clock
from tagmart.core.duck import connect, literal
from tagmart.core.mart import MART_FILE, SCHEMA, qualified
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.publish.retention import lives
from tagmart.publish.store import Published, sync

if TYPE_CHECKING:
    import duckdb

PARTITION = "biz_date"
# A report that opened `across.duckdb` yesterday still names files of runs that were removed since.
GRACE = timedelta(days=1)
UNFINISHED = ".part"


def folder_of(settings: Settings, run: Published) -> Path:
    """Where the Parquet files of a run lie, or will."""
    return settings.parquet / f"{PARTITION}={run.biz_date}" / run.run_id


def write_parquet(settings: Settings, run: Published) -> Path:
    """Write every table of a run's mart as Parquet, unless that is done.

    Args:
        settings: the home.
        run: a published run; its restricted file is not written.

    Returns:
        The folder of the files.
    """
    final = folder_of(settings, run)
    if final.is_dir():
        return final
    # An export and a night may be at it at once.
    part = final.with_name(f".{run.run_id}.{os.getpid()}{UNFINISHED}")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, mode=0o700)
    with connect(run.path / MART_FILE, read_only=True) as mart:
        for table, has_date in _tables(mart):
            without = f" exclude ({PARTITION})" if has_date else ""
            target = part / f"{table}.parquet"
            mart.execute(
                f"copy (select *{without} from {qualified(table)}) to {literal(str(target))} (format parquet, compression zstd)"
            )
            target.chmod(0o400)
            sync(target)
    for folder in (settings.parquet, final.parent):
        folder.chmod(0o700)
    sync(part)
    try:
        part.rename(final)
    except OSError:
        if not final.is_dir():
            raise
        # The other one was first; its files are the same.
        shutil.rmtree(part)
    sync(final.parent)
    return final


def _tables(mart: duckdb.DuckDBPyConnection) -> list[tuple[str, bool]]:
    """The tables of a mart, and whether the date is a column of each."""
    return mart.execute(
        f"select table_name, bool_or(column_name = {literal(PARTITION)})"
        " from duckdb_columns() join duckdb_tables() using (database_name, schema_name, table_name)"
        f" where database_name = current_database() and schema_name = {literal(SCHEMA)} group by table_name order by table_name"
    ).fetchall()


def drop_parquet(settings: Settings, state: State) -> None:
    """Remove the Parquet files of runs that were removed a day ago or longer, and what a killed process has left."""
    gone = {
        row["run_id"] for row in state.rows("select run_id, removed_at from publish where removed_at is not null")
        if datetime.fromisoformat(row["removed_at"]) < clock.now() - GRACE
    }  # fmt: skip
    for folder in settings.parquet.glob(f"{PARTITION}=*/*"):
        killed = folder.name.endswith(UNFINISHED) and not lives(int(folder.name.split(".")[-2]))
        if folder.name in gone or killed:
            shutil.rmtree(folder)
    for date_folder in settings.parquet.glob(f"{PARTITION}=*"):
        if not any(date_folder.iterdir()):
            date_folder.rmdir()
