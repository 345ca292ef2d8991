"""The night in production: Airflow with Postgres and the LocalExecutor, all its servers, a failure, and one click to go on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest

from tagmart.core import clock
from tagmart.core.locking import writing
from tagmart.core.settings import Settings
from tagmart.night import airflow
from tagmart.synth.faults import plant_faults
from tests.airflow_servers import free_port, postgres, servers, until
from tests.test_tell import Hook

pytestmark = [pytest.mark.night, pytest.mark.drill]

D = "2026-06-30"
# Seconds that anything may take: minutes on a machine that does other things too.
LONG = 600


def passed_deadline(now: datetime) -> tuple[str, datetime]:
    """A time of day for TAGMART_PUBLISH_BY, and a logical date whose night missed it a short while ago."""
    if now.time() > time(2, 30):
        return f"{now - timedelta(minutes=10):%H:%M}", now.replace(hour=2, minute=0, second=0, microsecond=0)
    return "23:00", (now - timedelta(days=1)).replace(hour=2, minute=0, second=0, microsecond=0)


def test_a_failed_night_is_told_cleared_and_goes_on_and_a_backfill_waits(home_of, monkeypatch):
    home, hook = home_of("demo"), Hook()
    home.synth(customers=60, corporates=10, merchants=5, months=1, seed=5, days=1, date=D)
    day = home.landing / D.replace("-", "")
    shutil.copytree(day, home.landing / "good")
    plant_faults(home.landing, ["cut_file"], seed=1)
    by, missed = passed_deadline(clock.now())
    port = free_port()
    with postgres() as address:
        environment = home.environment | {
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": address, "AIRFLOW__CORE__EXECUTOR": "LocalExecutor", "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__API__PORT": str(port), "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
            "TAGMART_ALERT_WEBHOOK": hook.url, "TAGMART_PUBLISH_BY": by,
        }  # fmt: skip
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        settings = Settings.load()

        def command(*words: str, check: bool = True) -> str:
            path = Path(sys.executable).parent / "airflow"
            done = subprocess.run([path, *words], env=airflow.environment(settings), capture_output=True, text=True, check=False)
            assert not check or done.returncode == 0, done.stderr[-2000:]
            return done.stdout

        def stage(name: str, status: str) -> dict | None:
            found = home.state.row("select * from stage where stage = ? and status = ?", name, status) if home.path.exists() else None
            return found or None

        with servers(environment, home.path.parent / "servers.log"):
            until(lambda: airflow.DAG_ID in command("dags", "list", "--output", "plain", check=False), LONG, "the DAG is parsed")
            # A failure is told, in the log with its words, on the webhook without them.
            command("dags", "trigger", "nightly", "--run-id", "one", "--conf", json.dumps({"biz_date": D}))
            until(lambda: stage("gate1", "failed"), LONG, "gate 1 is red")
            sent = until(lambda: [one for one in hook.got if one["event"] == "failed"], LONG, "the webhook is told")
            assert (sent[0]["task"], sent[0]["biz_date"], sent[0]["gates"][0]["gate"]) == ("take_in.gate1", D, "gate1")
            assert json.loads((home.path / "alerts.log").read_text("utf-8").splitlines()[0])["dag_run"] == "one"
            run_id = sent[0]["run_id"]
            # The source sends the file again; one click: the task is cleared with all that follow, in the same run.
            shutil.rmtree(day)
            (home.landing / "good").rename(day)
            command("tasks", "clear", "nightly", "--task-regex", "take_in.ingest", "--downstream", "--yes")
            until(lambda: stage("gate1", "done"), LONG, "gate 1 is green after one click")
            assert {row["run_id"] for row in home.state.rows("select run_id from run")} == {run_id}
            # A backfill that comes meanwhile waits, and says for what.
            airflow.queue_backfill(settings, clock.parse_biz_date("2026-06-29"), clock.parse_biz_date("2026-06-29"))
            waits = until(lambda: home.state.row("select * from turn where kind = 'backfill'"), LONG, "the backfill asks for its turn")
            assert (waits["granted_at"], waits["biz_date"]) == (None, "2026-06-29")
            assert f"the night of {D} is under way" in waits["reason"]
            # A night that is not published in time is told, though none of its tasks has failed.
            command("dags", "trigger", "nightly", "--run-id", "late", "--logical-date", missed.isoformat())
            late = until(lambda: [one for one in hook.got if one["event"] == "late"], LONG, "the missed deadline is told")
            assert late[0]["biz_date"] == str(clock.biz_date_of(missed))
            assert len(home.state.rows("select * from run")) == 1
    hook.server.shutdown()
    # The servers are gone, the stage that they had started is not.
    if holder := writing(home.path):
        os.kill(holder["pid"], signal.SIGTERM)
