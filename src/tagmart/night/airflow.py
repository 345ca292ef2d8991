"""Driving the real Airflow: its home under TAGMART_HOME, one night by hand, a range of nights, the web page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from time import sleep

from tagmart.core import clock
from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings

DAG_ID = "nightly"
POOL = "tagmart_writer"


def environment(settings: Settings) -> dict[str, str]:
    """Airflow's configuration: SQLite under TAGMART_HOME unless the caller's environment says otherwise, loopback only."""
    home = settings.home / "airflow"
    defaults = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(settings.root / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Asia/Shanghai",
        # 32 workers unless told otherwise; the writer's pool lets one work at a time.
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "PYTHONWARNINGS": "ignore",
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return defaults | settings.environment() | {"PATH": path}


def prepare(settings: Settings) -> None:
    """Make Airflow's metadata database and the writer's pool, once.

    Raises:
        TagmartError: with Airflow's last lines, if it cannot be made.
    """
    settings.claim_home()
    home = settings.home / "airflow"
    home.mkdir(exist_ok=True, mode=0o700)
    done = home / ".ready"
    if done.exists():
        return
    log = home / "prepare.log"
    pool = ["pools", "set", POOL, "1", "One run writes at a time; the file lock is the guarantee"]
    for words in (["db", "migrate"], pool):
        with log.open("a", encoding="utf-8") as out:
            code = subprocess.run(
                [_airflow(), *words], env=environment(settings), stdout=out, stderr=subprocess.STDOUT, check=False
            ).returncode
        if code != 0:
            raise TagmartError("Airflow's database could not be made", where=str(log), seen=_tail(log), do="read the log")
    done.touch()


def run_night(settings: Settings, biz_date: date, watch: Callable[[], None]) -> bool:
    """Run the DAG for one business date in this machine's Airflow, with no server, and wait for it.

    Args:
        watch: called a few times a second meanwhile, and once after the end, to show what has happened.

    Returns:
        Whether the DAG run succeeded.
    """
    log = settings.home / "airflow" / f"nightly-{biz_date:%Y%m%d}.log"
    command = [_airflow(), "dags", "test", DAG_ID, "--conf", json.dumps({"biz_date": biz_date.isoformat()})]
    with log.open("w", encoding="utf-8") as out, subprocess.Popen(
        command, env=environment(settings), stdout=out, stderr=subprocess.STDOUT
    ) as process:
        try:
            while process.poll() is None:
                watch()
                sleep(0.3)
        except BaseException:
            process.terminate()
            raise
    watch()
    return process.returncode == 0


def queue_backfill(settings: Settings, first: date, last: date) -> None:
    """Hand a range of business dates to a running Airflow, oldest first, one at a time.

    The range is translated to logical dates (Airflow reads backfill dates as UTC): the night of D is scheduled at
    02:00 of D+1 in Shanghai, which is 18:00 of D in UTC.

    Raises:
        TagmartError: with Airflow's words, if it refuses.
    """
    start = clock.logical_date_of(first).astimezone(clock.UTC)
    end = clock.logical_date_of(last).astimezone(clock.UTC) + timedelta(minutes=1)
    words = ["backfill", "create", "--dag-id", DAG_ID, "--from-date", start.isoformat(), "--to-date", end.isoformat(),
             "--max-active-runs", "1", "--reprocess-behavior", "completed"]
    done = subprocess.run([_airflow(), *words], env=environment(settings), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise TagmartError("Airflow refused the backfill", where=f"{first} to {last}", seen=done.stderr[-500:],
                           do="see that `make airflow` is running and no other backfill of the DAG is active")


def serve(settings: Settings) -> int:
    """Run Airflow with its scheduler and web page until interrupted; children end with it."""
    process = subprocess.Popen([_airflow(), "standalone"], env=environment(settings), start_new_session=True)
    try:
        return process.wait()
    except KeyboardInterrupt:
        # `airflow standalone` leaves children behind when it alone is ended, so the whole group is.
        os.killpg(process.pid, 15)
        return process.wait()


def _airflow() -> str:
    """The airflow command of this very environment."""
    return str(Path(sys.executable).parent / "airflow")


def _tail(log: Path) -> str:
    return " | ".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])
