"""A run that is ready to be published, made in a moment: for tests of publishing."""

from __future__ import annotations

import random
import shutil
from datetime import date
from pathlib import Path

from tagmart.core.duck import connect
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.publish import publish

D = date(2026, 6, 30)
Home = tuple[Settings, State, Path]


def candidate(home: Home, run_id: str, biz_date: date = D, gates: bool = True) -> None:
    """A run whose gates are green, with a small mart whose every row carries the run's name."""
    settings, state, empty_run = home
    folder = settings.run_dir(run_id)
    shutil.copytree(empty_run, folder)
    with connect(folder / "tagmart.duckdb") as mart:
        for table in ("tags_retail", "segment_daily"):
            mart.execute(f"update mart.{table} set biz_date = date '{biz_date}', made_by = '{run_id}'")
    with connect(folder / "restricted.duckdb") as restricted:
        restricted.execute(f"update mart.tags_retail set made_by = '{run_id}'")
    state.put(
        "run",
        {
            "run_id": run_id,
            "bank": "demo",
            "biz_date": biz_date.isoformat(),
            "status": "running",
            "code_revision": "abc",
            "started_at": "2026-07-01T02:00:00+08:00",
        },
    )
    state.put(
        "stage",
        {
            "run_id": run_id,
            "stage": "ingest",
            "status": "done",
            "seconds": random.random(),
            "started_at": "2026-07-01T02:00:00+08:00",
        },
    )
    state.put(
        "feed_fact",
        {
            "run_id": run_id,
            "feed": "core_txn",
            "biz_date": biz_date.isoformat(),
            "load": "journal",
            "status": "loaded",
            "rows_declared": 3,
            "rows_in": 3,
            "rows_loaded": 3,
            "rows_quarantined": 0,
            "bad_share": 0.0,
            "bad_share_limit": 0.0,
            "as_of": biz_date.isoformat(),
            "owner": "core banking",
        },
    )
    state.put(
        "arrival",
        {
            "feed": "core_txn",
            "biz_date": biz_date.isoformat(),
            "kind": "J",
            "files": "core_txn.dat",
            "md5": "0f" * 16,
            "bytes": 9,
            "rows_in": 3,
            "rows_loaded": 3,
            "rows_quarantined": 0,
            "loaded_at": "2026-07-01T02:00:00+08:00",
            "run_id": run_id,
        },
    )
    if gates:
        for gate in ("gate1", "gate2", "ledger", "gate3"):
            state.put(
                "gate_result",
                {
                    "run_id": run_id,
                    "gate": gate,
                    "expectation": "good",
                    "severity": "fail",
                    "owner": "us",
                    "success": 1,
                    "observed": "all 1",
                    "message": "好｜good",
                    "what_to_do": "nothing",
                    "checked_at": "2026-07-01T02:00:01+08:00",
                },
            )


def night(home: Home, run_id: str, biz_date: date = D) -> Path:
    """A whole night: made and published."""
    candidate(home, run_id, biz_date)
    return publish(*home[:2], run_id, biz_date)


def read_run(settings: Settings) -> str:
    """The run that a reader of `current` gets, from the file itself."""
    with connect(settings.published / "current" / "tagmart.duckdb", read_only=True) as connection:
        (run,) = connection.execute("select value from mart.run_manifest where name = 'run_id'").fetchone()
        assert connection.execute("select distinct made_by from mart.tags_retail").fetchall() == [(run,)]
    return run
