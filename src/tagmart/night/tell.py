"""Telling people: a line in a log, a command of the operator's, a webhook. Nothing here may ever fail a night.

Nothing heavy is imported, because DAG parsing imports this module.
"""

from __future__ import annotations

import json
import os
import shlex
import sqlite3
import subprocess
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from tagmart.core import clock
from tagmart.core.state import State
from tagmart.night.launch import biz_date_for

FAILED, LATE, PUBLISHED = "failed", "late", "published"
WORDS = {FAILED: ("失败", "failed"), LATE: ("未按时发布", "not published in time"), PUBLISHED: ("已发布", "published")}
# Where lines go; when a night must be published, in the bank's time.
LOG = "alerts.log"
PUBLISH_BY = "07:30"
SECONDS = 10
# Set by `tagmart run` for the Airflow that it starts.
BY_HAND = "TAGMART_BY_HAND"


def publish_by() -> time:
    """The time of day by which a night must be published: TAGMART_PUBLISH_BY, else 07:30."""
    return time.fromisoformat(os.environ.get("TAGMART_PUBLISH_BY") or PUBLISH_BY)


def until_deadline() -> timedelta:
    """From the moment at which a night is scheduled to its deadline."""
    return deadline_on(date(2000, 1, 1)) - clock.logical_date_of(date(2000, 1, 1))


def is_by_hand() -> bool:
    """Whether the night is run by `airflow dags test`, which ends with an error where a DAG has a deadline; somebody watches it."""
    return os.environ.get(BY_HAND) == "1"


def deadline_on(biz_date: date) -> datetime:
    """When the night of a date must be published: the morning after it."""
    return clock.logical_date_of(biz_date, publish_by())


def deadline_of(run: Mapping[str, Any]) -> datetime | None:
    """The deadline of a run; None for one that was started on a later day than the morning after: nobody waits for it.

    Args:
        run: its row in the state.
    """
    biz_date = date.fromisoformat(str(run["biz_date"]))
    started = datetime.fromisoformat(str(run["started_at"])).astimezone(clock.BANK_TIME).date()
    return deadline_on(biz_date) if started <= biz_date + timedelta(days=1) else None


def alert(context: Mapping[str, Any]) -> None:
    """Airflow's failure callback: a task has failed for good."""
    _of_task(FAILED, context, str(context.get("exception", ""))[-2000:])


def done(context: Mapping[str, Any]) -> None:
    """Airflow's success callback of the last task: readers have the night."""
    _of_task(PUBLISHED, context)


def deadline_missed(context: Mapping[str, Any] | None = None, **_: Any) -> None:
    """Airflow's deadline callback: tell it, unless the date is published (by whichever run) or long past.

    Args:
        context: what the scheduler knows: `dag_run` as a mapping, with its logical date and parameters.
    """
    dag_run = dict((context or {}).get("dag_run") or {})
    logical = dag_run.get("logical_date")
    biz_date = biz_date_for(dag_run.get("conf"), datetime.fromisoformat(str(logical)) if logical else None)
    # A backfill meets its deadlines all at once, months after them.
    if clock.now() - deadline_on(date.fromisoformat(biz_date)) > timedelta(hours=12) or _is_published(biz_date):
        return
    tell(LATE, biz_date, dag_run=str(dag_run.get("dag_run_id") or ""))


def tell(event: str, biz_date: str, *, task: str = "", dag_run: str = "", error: str = "") -> None:
    """Tell one thing everywhere where it is wanted.

    The log, which stays in the home, has the words of an error; what leaves the machine has only names of this project
    (bank, date, run, task, gates, expectations, owners), because an error of a library may quote a row.

    Args:
        event: failed, late or published.
        biz_date: of the night.
        task: of Airflow.
        dag_run: of Airflow.
        error: the last words of the task.
    """
    public = _public(event, biz_date, task)
    line = json.dumps(public | {"dag_run": dag_run, "error": error}, ensure_ascii=False)
    _log(line)
    if event not in wanted():
        return
    if command := os.environ.get("TAGMART_ALERT_COMMAND"):
        try:
            subprocess.run(shlex.split(command), input=line, text=True, check=False, timeout=30)
        except (OSError, ValueError, subprocess.SubprocessError) as failure:
            _log(json.dumps({"event": "not told", "how": "command", "error": type(failure).__name__}))
    if url := os.environ.get("TAGMART_ALERT_WEBHOOK"):
        _post(url, public)


def wanted() -> frozenset[str]:
    """Which events are told beyond the log: TAGMART_ALERT_EVENTS, else failures and missed deadlines."""
    words = os.environ.get("TAGMART_ALERT_EVENTS") or f"{FAILED},{LATE}"
    return frozenset(word.strip() for word in words.split(",") if word.strip())


def _of_task(event: str, context: Mapping[str, Any], error: str = "") -> None:
    instance = context["task_instance"]
    try:
        biz_date = biz_date_for(context.get("params"), context.get("logical_date"))
    except ValueError:
        biz_date = ""
    tell(event, biz_date, task=instance.task_id, dag_run=instance.run_id, error=error)


def _public(event: str, biz_date: str, task: str) -> dict[str, Any]:
    """What anybody may read."""
    run_id, gates = _run_and_gates(biz_date)
    bank, zh, en = os.environ.get("TAGMART_BANK", ""), *WORDS[event]
    where = " ".join(word for word in (bank, biz_date, run_id, task) if word)
    red = ", ".join(f"{gate['expectation']} ({gate['owner']})" for gate in gates if gate["severity"] == "fail")
    return {
        "event": event, "at": clock.now().isoformat(timespec="seconds"), "bank": bank, "biz_date": biz_date, "run_id": run_id,
        "task": task, "gates": gates, "text": f"{where}: {zh} {en}" + (f": {red}" if red and event != PUBLISHED else ""),
        "do": f"tagmart gate show {run_id}" if gates else "tagmart board",
    }  # fmt: skip


def _run_and_gates(biz_date: str) -> tuple[str, list[dict]]:
    """The newest run of a date and what its gates found red; nothing of either if the state cannot be read."""
    try:
        state = _state()
        run = state.row("select run_id from run where biz_date = ? order by rowid desc limit 1", biz_date) if state else None
        gates = state.rows(
            "select gate, expectation, severity, owner from gate_result where run_id = ? and subject = '' and success = 0"
            " order by severity, gate, expectation", run["run_id"],
        ) if state and run else []
    except sqlite3.Error:
        return "", []
    return run["run_id"] if run else "", gates


def _is_published(biz_date: str) -> bool:
    """Whether readers have the night of a date; where the state cannot be read, nobody knows, and it is told."""
    try:
        state = _state()
        return bool(state and state.row("select 1 from publish where biz_date = ? and removed_at is null", biz_date))
    except sqlite3.Error:
        return False


def _state() -> State | None:
    """The state of the home, if it is there."""
    home = os.environ.get("TAGMART_HOME")
    path = Path(home or "") / "state.sqlite"
    return State(path) if home and path.is_file() else None


def _log(line: str) -> None:
    """One line in TAGMART_HOME/alerts.log, for its owner only."""
    home = os.environ.get("TAGMART_HOME")
    if not home:
        return
    try:
        log = os.open(Path(home) / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(log, "a", encoding="utf-8") as handle:
            handle.write(line + "\n")
    except OSError as failure:
        print(f"{LOG} could not be written ({type(failure).__name__}): {line}")


def _post(url: str, content: Mapping[str, Any]) -> None:
    """POST JSON to the webhook. Its address may hold a key: it is written nowhere."""
    from http.client import HTTPException
    from urllib.request import Request, urlopen

    try:
        if not url.startswith(("http://", "https://")):
            raise ValueError("not an address of the web")
        body = json.dumps(content, ensure_ascii=False).encode()
        request = Request(url, data=body, headers={"Content-Type": "application/json; charset=utf-8"})  # noqa: S310
        with urlopen(request, timeout=SECONDS):  # noqa: S310
            pass
    except (OSError, HTTPException, ValueError) as failure:
        _log(json.dumps({"event": "not told", "how": "webhook", "error": type(failure).__name__}))
