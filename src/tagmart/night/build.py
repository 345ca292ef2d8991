"""Running dbt for one stage, in this process: it keeps the warehouse's lock until the process ends, so one per stage."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings
from tagmart.night.parsed import fingerprint, keep_parse, known_parse

if TYPE_CHECKING:
    from dbt_common.events.base_types import EventMsg

TAGS = "tags"
LOG = "dbt.log"


def build(settings: Settings, run_id: str, layers: list[str]) -> str:
    """Build and test the models of the layers named, in dbt's order.

    Args:
        layers: dbt tags without `layer_`; tags and not paths, because an unknown path selects nothing and is no error.

    Returns:
        What was done, such as "28 views, 24 tables, 40 tests", and which tests found something that a night survives.

    Raises:
        TagmartError: naming each model or test that failed, or if the selection was empty.
    """
    os.environ.update(settings.environment())
    from dbt.cli.main import dbtRunner

    log_dir = settings.run_dir(run_id) / "logs"
    log_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    select = [f"tag:layer_{layer}" for layer in layers]
    if TAGS in layers:
        # Of the families only those that a hand-written tag model reads: the wide table makes the others on its way.
        select.append(f"+tag:layer_{TAGS},tag:layer_families")
    state = fingerprint(settings)
    manifest = known_parse(state)
    outcome = dbtRunner(manifest=manifest, callbacks=[_listener(log_dir / LOG)]).invoke([
        # dbt's own loggers put every event into words, those too that they then do not write: a tenth of a small bank's night.
        "--log-path", str(log_dir), "--log-level", "none", "--log-level-file", "none", "--no-write-json",
        # A test that reads two layers runs with the higher one: the lower may be older, the higher is not there yet.
        "build", "--indirect-selection", "buildable", "--select", *select,
        "--project-dir", str(settings.dbt_project), "--profiles-dir", str(settings.dbt_project),
        "--target-path", str(settings.home / "dbt"),
    ])
    if outcome.exception is not None:
        raise TagmartError(
            "dbt could not start", where=", ".join(layers), seen=str(outcome.exception), do=f"read {log_dir / LOG}"
        )
    if manifest is None:
        keep_parse(settings, state)
    results = list(outcome.result or [])
    if not results:
        raise TagmartError(
            "dbt selected nothing", where=" ".join(select), do="check the layer tags in dbt_project/dbt_project.yml"
        )
    bad = [result for result in results if result.status in ("error", "fail", "runtime error")]
    if bad:
        raise _failure(bad, log_dir)
    counts = Counter(_kind(result.node) for result in results)
    warned = [f"{result.node.name} ({result.failures} rows)" for result in results if result.status == "warn"]
    done = ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in sorted(counts.items()))
    return done + (f"; to look at: {', '.join(warned)}" if warned else "")


def _listener(file: Path) -> Callable[[EventMsg], None]:
    """Writes down what dbt tells: in the log of the run, and what asks for attention on the screen too."""
    log = logging.FileHandler(file, encoding="utf-8")

    def hear(event: EventMsg) -> None:
        level = event.info.level
        if level in ("info", "warn", "error"):
            line = f"{event.info.ts.ToJsonString()} [{level:<5}] {event.info.msg}"
            log.emit(logging.makeLogRecord({"msg": line}))
        if level in ("warn", "error"):
            print(event.info.msg)

    return hear


def _kind(node: object) -> str:
    """What a person calls the node: table, daily table, view, seed or test."""
    if node.resource_type == "model":
        kind = str(node.config.materialized)
        if kind in ("daily", "history"):
            return f"{kind} table"
        return "table" if kind in ("by_customer", "blocks", "segments") else kind
    return str(node.resource_type)


def _failure(bad: list, log_dir: Path) -> TagmartError:
    """One error that names what failed; what was only skipped because of it is not worth a line."""
    lines = [f"{result.node.name}: {_reason(result.message or '')[:400]}" for result in bad[:10]]
    more = f" … and {len(bad) - 10} more" if len(bad) > 10 else ""
    return TagmartError(
        f"{len(bad)} dbt node(s) failed", where=bad[0].node.original_file_path, seen=" | ".join(lines) + more,
        do=f"read {log_dir / LOG}; the published mart is untouched",
    )


def _reason(message: str) -> str:
    """What dbt tells of a failed node, in one line: of the traceback of a step in Python, the error at its end."""
    return message.strip().splitlines()[-1] if "Traceback (most recent call last)" in message else " ".join(message.split())
