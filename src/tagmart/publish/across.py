"""Many published dates in one file: `published/across.duckdb`, views over the Parquet files of month ends and of the last days.

The file is made anew and replaced in one step whenever the current run or what is kept has changed. It shows one run of a
date, the last good one, and no date after the current one: after a rollback it ends where readers are.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tagmart.core.clock import BANK_TIME
from tagmart.core.duck import connect, identifier, literal
from tagmart.core.mart import Column, Table, qualified, write_table
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.publish.parquet import PARTITION, write_parquet
from tagmart.publish.retention import MONTH, held, last_dates
from tagmart.publish.store import Published, list_published, sync

if TYPE_CHECKING:
    import duckdb

ACROSS_FILE = "across.duckdb"
LAST_DAYS = 30
SPANS = {"month_end": "月末｜Month ends", "last_30_days": "近30天｜The last 30 business dates' days"}
PUBLISHED_DATE = Table(
    "published_date",
    "已发布日期：每个可跨日期查询的业务日期一行",
    "One row per business date that the views show",
    (
        Column("biz_date", "date", "业务日期", "Business date"),
        Column("run_id", "varchar", "批次号：该日期最后一个有效批次", "Run: the last good one of the date"),
        Column("published_at", "timestamp", "发布时间（北京时间）", "When it was published, bank time"),
        Column("is_month_end", "boolean", "是否月末", "True where month_end shows it"),
        Column("is_last_30_days", "boolean", "是否近30天", "True where last_30_days shows it"),
    ),
)


def good_runs(runs: Sequence[Published]) -> list[Published]:
    """One run of each date up to the current one: the last published that nobody went back from; oldest date first.

    Args:
        runs: as `list_published` gives them.
    """
    here = next((run for run in runs if run.is_current), None)
    found: dict[date, Published] = {}
    for run in runs:
        if here is not None and run.biz_date <= here.biz_date and not run.withdrawn:
            # Of the current date it is the current run that counts, whatever else was published of it.
            if run.biz_date == here.biz_date and not run.is_current:
                continue
            found.setdefault(run.biz_date, run)
    return [found[day] for day in sorted(found)]


def spans_of(runs: Sequence[Published]) -> Mapping[str, list[Published]]:
    """Which of the good runs each schema shows: the last date of each month that is over, and the last 30 days."""
    if not runs:
        return {name: [] for name in SPANS}
    newest = runs[-1].biz_date
    ends = last_dates([run.biz_date for run in runs], MONTH)
    return {
        "month_end": [run for run in runs if run.biz_date in ends],
        "last_30_days": [run for run in runs if run.biz_date > newest - timedelta(days=LAST_DAYS)],
    }


def refresh_across(settings: Settings, state: State, without: Sequence[Published] = ()) -> Path:
    """Make the file anew, after the Parquet files that it needs and that are not there yet.

    Args:
        settings: the home.
        state: its state.
        without: runs that are about to be removed.

    Returns:
        The file.
    """
    doomed = {run.run_id for run in without}
    spans = spans_of([run for run in good_runs(list_published(settings, state)) if run.run_id not in doomed])
    shown = {run.run_id: run for span in spans.values() for run in span}
    folders = {}
    for run in shown.values():
        with held(state, run.run_id, "written as Parquet"):
            folders[run.run_id] = write_parquet(settings, run)
    final = settings.published / ACROSS_FILE
    fresh = final.with_name(f".{ACROSS_FILE}.new")
    for left in (fresh, fresh.with_name(f"{fresh.name}.wal")):
        left.unlink(missing_ok=True)
    with connect(fresh) as across:
        across.execute("begin")
        write_table(across, PUBLISHED_DATE, _dates(spans))
        for name, runs in spans.items():
            _make_views(across, name, [folders[run.run_id] for run in runs])
        across.execute("commit")
        across.execute("checkpoint")
    fresh.chmod(0o400)
    sync(fresh)
    os.replace(fresh, final)
    sync(final.parent)
    return final


def _make_views(across: duckdb.DuckDBPyConnection, schema: str, folders: Sequence[Path]) -> None:
    """A view per table over the files of some dates; a column that a date does not have is NULL there."""
    files: dict[str, list[str]] = {}
    for folder in folders:
        for file in sorted(folder.glob("*.parquet")):
            files.setdefault(file.stem, []).append(str(file))
    statements = [f"create schema {identifier(schema)}"]
    for table, paths in files.items():
        view, listed = qualified(table, schema), ", ".join(map(literal, paths))
        statements.append(
            f"create view {view} as select * from read_parquet([{listed}], union_by_name = true, hive_partitioning = true,"
            f" hive_types = {{{literal(PARTITION)}: date}})"
        )
        statements.append(f"comment on view {view} is {literal(SPANS[schema])}")
    across.execute("; ".join(statements))


def _dates(spans: Mapping[str, Sequence[Published]]) -> list[dict]:
    runs = {run.biz_date: run for span in spans.values() for run in span}
    dates = {name: {run.biz_date for run in span} for name, span in spans.items()}
    return [
        {
            "biz_date": day,
            "run_id": run.run_id,
            "published_at": run.published_moment.astimezone(BANK_TIME).replace(tzinfo=None),
            "is_month_end": day in dates["month_end"],
            "is_last_30_days": day in dates["last_30_days"],
        }
        for day, run in sorted(runs.items())
    ]
