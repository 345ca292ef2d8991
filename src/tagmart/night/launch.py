"""How Airflow starts a step: as a process of its own. Nothing heavy is imported here, because DAG parsing imports it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from tagmart.core import clock

# The exit code that says "not now": somebody else is writing, and only then is a retry of use.
TRY_AGAIN = 75
# How long a step that is ended may take to end.
PATIENCE_SECONDS = 30


class StepFailedError(RuntimeError):
    """A step ended badly, and running it again would end the same way."""


class StepKilledError(StepFailedError):
    """The process of a step was ended by a signal from outside: memory ran out, or somebody ended it."""


class StepBusyError(RuntimeError):
    """A step was refused because another process is writing."""


def step(*words: str, environment: Mapping[str, str] | None = None) -> str:
    """Run `tagmart night <words>` and pass its lines on.

    Args:
        words: a step and its options.
        environment: what differs from this process's own.

    Returns:
        The last line that it printed.

    Raises:
        StepBusyError: if another process was writing.
        StepKilledError: if its process was ended by a signal.
        StepFailedError: if it failed; its last lines are in the message.
    """
    lines: list[str] = []
    command = [sys.executable, "-m", "tagmart", "night", *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | {"NO_COLOR": "1"} | dict(environment or {}),
    ) as process:
        try:
            for line in process.stdout or ():
                lines.append(line.rstrip())
                print(line, end="", flush=True)
        except BaseException:
            _end(process)
            raise
    if process.returncode == TRY_AGAIN:
        raise StepBusyError("\n".join(lines[-3:]))
    if process.returncode < 0:
        raise StepKilledError("\n".join([*lines[-20:], f"ended by signal {-process.returncode}"]))
    if process.returncode != 0:
        raise StepFailedError("\n".join(lines[-20:]))
    return lines[-1] if lines else ""


def _end(process: subprocess.Popen) -> None:
    """End a step: politely, so that it can say that it failed; for good if a query does not let it."""
    process.terminate()
    try:
        process.wait(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def biz_date_for(params: Mapping[str, Any] | None, logical_date: datetime | None) -> str:
    """The business date of a DAG run: the parameter if given, else the day before the logical date in the bank's zone.

    Raises:
        ValueError: if the run has neither (it was triggered by hand without a date).
    """
    if params and params.get("biz_date"):
        return str(date.fromisoformat(str(params["biz_date"])))
    if logical_date is None:
        raise ValueError("this run has no logical date: give the parameter biz_date, such as 2026-06-30")
    return str(clock.biz_date_of(logical_date))
