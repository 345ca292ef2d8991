"""Driving the real Airflow: its home under TAGMART_HOME, one night by hand, a range of nights, the web page."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from time import monotonic, sleep

from tagmart.core import clock
from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings
from tagmart.night.tell import BY_HAND

SERVERS = (("api-server",), ("scheduler", "--skip-serve-logs"), ("dag-processor",), ("triggerer", "--skip-serve-logs"))
PASSWORDS = "simple_auth_manager_passwords.json.generated"
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
        # For the group too unless told otherwise: a task's log names files and branches.
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
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
    # Another database or another Airflow must be prepared too. A hash, because the connection may hold a password.
    what = os.environ.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "sqlite") + version("apache-airflow")
    mark = sha256(what.encode()).hexdigest()
    if done.exists() and done.read_text(encoding="utf-8") == mark:
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
    done.write_text(mark, encoding="utf-8")


def run_night(settings: Settings, biz_date: date, watch: Callable[[], None], *, backfill: bool = False) -> bool:
    """Run the DAG for one business date in this machine's Airflow, with no server, and wait for it.

    Args:
        watch: called a few times a second meanwhile, and once after the end, to show what has happened.
        backfill: a past night, which gives way to the nightly run.

    Returns:
        Whether the DAG run succeeded.
    """
    log = settings.home / "airflow" / f"nightly-{biz_date:%Y%m%d}.log"
    command = [_airflow(), "dags", "test", DAG_ID, "--conf", json.dumps({"biz_date": biz_date.isoformat(), "backfill": backfill})]
    with log.open("w", encoding="utf-8") as out, subprocess.Popen(
        command, env=environment(settings) | {BY_HAND: "1"}, stdout=out, stderr=subprocess.STDOUT
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


def serve(settings: Settings, say: Callable[[str], None]) -> int:
    """Run Airflow's scheduler, parser, triggerer and web page until interrupted; all of them end with this process.

    The same as `airflow standalone`, but for two things: that leaves children behind when it is ended, and it serves task
    logs on every network interface of the machine. Here the web page reads them from the disk.

    Args:
        say: prints a line.

    Returns:
        0 if interrupted, 1 if one of them ended by itself.
    """
    home = settings.home / "airflow"

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupted)
    running: list[subprocess.Popen] = []
    try:
        for words in SERVERS:
            with (home / f"{words[0]}.log").open("a", encoding="utf-8") as out:
                running.append(subprocess.Popen([_airflow(), *words], env=environment(settings), stdout=out,
                                                stderr=subprocess.STDOUT, start_new_session=True))
        port = environment(settings).get("AIRFLOW__API__PORT", "8080")
        say(f"Airflow is starting on http://127.0.0.1:{port} · logs in {home} · first user and password in {home / PASSWORDS}")
        while all(process.poll() is None for process in running):
            sleep(1)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        _end(running)


def _end(running: list[subprocess.Popen]) -> None:
    """End processes with all that they have started: politely, then for good."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in running:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)
        deadline = monotonic() + 20
        while monotonic() < deadline and any(process.poll() is None for process in running):
            sleep(0.2)


def _airflow() -> str:
    """The airflow command of this very environment."""
    return str(Path(sys.executable).parent / "airflow")


def _tail(log: Path) -> str:
    return " | ".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])
