"""Room on the disk: how much a night of this home takes, as measured, and whether there is so much before one begins."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.publish import Policy
from tagmart.publish.parquet import PARTITION, folder_of
from tagmart.publish.retention import to_remove
from tagmart.publish.store import Published

MARGIN = "TAGMART_SPACE_MARGIN"
# A night may be half as large again as the largest of the last ones: a month end, a late feed with its backlog.
USUAL_MARGIN = 1.5
LAST_NIGHTS = 10
# Of a first night nothing is known but its files: warehouse and mart took three times their bytes on banks of 100 to 20,000
# customers, and files may be packed.
OF_THE_FILES = 6
# Logs, pages, the gates' own files.
LEAST = 50_000_000
# What the message counts as the next thing to let go of.
FEWER_DAYS = 7


def note_space(settings: Settings, state: State, run_id: str, biz_date: date, stage: str) -> None:
    """Remember how many bytes the warehouse and the run's own files take after a stage."""
    own = (settings.run_dir(run_id), settings.published / biz_date.isoformat() / run_id,
           settings.parquet / f"{PARTITION}={biz_date}" / run_id)
    beside = (path for path in settings.home.glob("warehouse.duckdb*") if path.exists())
    state.put("space", {"run_id": run_id, "stage": stage, "bytes": _size([*beside, *own])})


def require_space(settings: Settings, state: State, biz_date: date) -> None:
    """Refuse to begin a night for which the disk has no room.

    Args:
        settings: the home.
        state: its state.
        biz_date: of the night.

    Raises:
        TagmartError: saying what is needed and why, what is free, and what could be let go of.
    """
    margin = _margin()
    measured, because = _measured(settings, state, biz_date)
    needed, free = int(measured * margin), shutil.disk_usage(settings.home).free
    if margin and free < max(needed, LEAST):
        raise TagmartError(
            "the disk has no room for the night", where=str(settings.home),
            seen=f"{_mb(free)} free, {_mb(max(needed, LEAST))} needed ({because}, times {margin:g})",
            do=f"{_could_go(settings, state)}; or enlarge the disk. {MARGIN}=0 begins all the same",
        )


def _measured(settings: Settings, state: State, biz_date: date) -> tuple[int, str]:
    """The bytes that the largest of the last nights has taken while it ran, and in words where the number comes from."""
    rows = state.rows(
        "select max(bytes) - min(case when stage = 'begin' then bytes end) as grown from space join publish using (run_id)"
        " group by run_id order by max(publish.rowid) desc limit ?", LAST_NIGHTS,
    )
    grown = [row["grown"] for row in rows if row["grown"] is not None]
    if grown:
        return max(grown), f"{_mb(max(grown))} is what the largest of the last {len(grown)} night(s) took"
    files = _size([settings.landing / name for name in (f"{biz_date:%Y%m%d}",)]) if settings.warehouse.exists() else _size([settings.landing])
    return files * OF_THE_FILES, f"no night has been measured here, and its files take {_mb(files)}, times {OF_THE_FILES}"


def _could_go(settings: Settings, state: State) -> str:
    """What retention would free, in words."""
    policy = Policy.load()
    due = to_remove(settings, state, policy)
    fewer = [run for run in to_remove(settings, state, replace(policy, days=min(policy.days, FEWER_DAYS))) if run not in due]
    now = f"`tagmart published settle` frees {_mb(_of(settings, due))}" if due else "the policy has nothing to let go of"
    return f"{now}; TAGMART_KEEP_DAYS={FEWER_DAYS} would free {_mb(_of(settings, fewer))} more"


def _of(settings: Settings, runs: Iterable[Published]) -> int:
    """The bytes of published runs, their Parquet included."""
    return _size([path for run in runs for path in (run.path, folder_of(settings, run))])


def _size(paths: Iterable[Path]) -> int:
    """The bytes of files, and of folders with all that is in them; what is not there takes none."""
    total = 0
    for path in paths:
        for one in [path, *path.rglob("*")] if path.is_dir() else [path]:
            try:
                found = one.lstat()
            except FileNotFoundError:
                # A process has removed it meanwhile, or it was never there.
                continue
            total += found.st_blocks * 512
    return total


def _margin() -> float:
    text = os.environ.get(MARGIN, str(USUAL_MARGIN))
    try:
        margin = float(text)
    except ValueError:
        margin = -1.0
    if not 0 <= margin < float("inf"):
        raise TagmartError("not a margin", where=MARGIN, seen=repr(text), do="give a number such as 1.5, or 0 for no check")
    return margin


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
