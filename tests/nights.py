"""Whole nights for tests, run as an operator runs them: through the command line, each step a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from tagmart.core.state import State
from tests.zygote import zygote

# The nights that several modules look at (fixtures `month_end` and `mid_month`).
MONTH_END = date(2026, 6, 30)
MID_MONTH = date(2026, 6, 24)
STAGES = ("ingest", "gate1", "dwd", "dws", "tags", "wide", "profile", "gate2", "segments", "gate3", "publish")


@dataclass(frozen=True)
class Home:
    """A bank's home and landing in a temporary folder."""

    bank: str
    path: Path
    landing: Path

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "TAGMART_BANK": self.bank, "TAGMART_HOME": str(self.path), "TAGMART_LANDING": str(self.landing),
            "TAGMART_THREADS": "1", "COLUMNS": "400",
        }

    @property
    def state(self) -> State:
        return State(self.path / "state.sqlite")

    def tagmart(self, *words: str, check: bool = True) -> subprocess.CompletedProcess:
        """Run a verb of the command line; with `check`, a failure fails the test with what was printed."""
        done = zygote().run(words, self.environment)
        assert not check or done.returncode == 0, f"tagmart {' '.join(words)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done

    def synth(self, **options: object) -> None:
        """Make the demo bank's files in the landing."""
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        self.tagmart("synth", "--out", str(self.landing), *words)

    def airflow_night(self, biz_date: str, check: bool = True) -> subprocess.CompletedProcess:
        """One night through the DAG in real Airflow."""
        return self.tagmart("run", "--bank", self.bank, "--date", biz_date, check=check)

    def begin(self, biz_date: str) -> str:
        """Start a run and return its run_id."""
        return self.tagmart("night", "begin", "--date", biz_date).stdout.split()[-1]

    def troubled(self, *words: str, kill_after: float | None = None, **troubles: object) -> subprocess.CompletedProcess:
        """Run a verb to which something happens: see tests.troubles. Whatever it ends with."""
        return zygote().run(words, self.environment, kill_after, troubles)

    def stage(self, run_id: str, stage: str, check: bool = True) -> subprocess.CompletedProcess:
        """One stage of a run."""
        return self.tagmart("night", stage, "--run-id", run_id, check=check)

    def night(self, biz_date: str) -> str:
        """One night by its stages, without Airflow; returns the run_id."""
        run_id = self.begin(biz_date)
        for stage in STAGES:
            self.stage(run_id, stage)
        return run_id

    def mart(self, biz_date: str, run_id: str) -> Path:
        """The published file of a run."""
        return self.path / "published" / biz_date / run_id / "tagmart.duckdb"

    @property
    def current(self) -> Path:
        """The folder that readers see."""
        return (self.path / "published" / "current").resolve()

    @property
    def published_status(self) -> dict:
        """What published/status.json says of the current run."""
        return json.loads((self.path / "published" / "status.json").read_text("utf-8"))["current"]

    @contextmanager
    def opened(self, file: Path):
        """A file opened alone, as a reader does."""
        connection = duckdb.connect(str(file), read_only=True)
        try:
            yield connection
        finally:
            connection.close()
