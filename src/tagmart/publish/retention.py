"""What is kept, and why: published runs by policy, and the working folders of runs.

The run that readers see is never removed, nor the one that they saw before it, nor one that somebody holds by name: a person
(`tagmart published hold`), or a process while it reads it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date, timedelta

from tagmart.core import clock
from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.publish.store import Published, list_published

# What a process that was killed has left half removed.
REMOVED = ".*.removed"
PERSON = "operator"
# How much of an ISO date names the period.
YEAR, MONTH = 4, 7


@dataclass(frozen=True)
class Policy:
    """How much is kept. Each number can be set by TAGMART_KEEP_<NAME>, such as TAGMART_KEEP_MONTH_ENDS.

    Attributes:
        days: business dates back from the newest published one.
        month_ends: months of which the last published date is kept.
        year_ends: years of which the last published date is kept.
        runs: published runs of one date, the last published first.
        failed: runs that were not published whose files are kept, the last begun first, to look into them.
        folders: runs whose logs and page are kept, the last begun first.
    """

    days: int = 35
    month_ends: int = 60
    year_ends: int = 15
    runs: int = 3
    failed: int = 2
    folders: int = 400

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ) -> Policy:
        """The policy that the environment sets.

        Raises:
            TagmartError: if a number is none, or there would be no day left.
        """
        said = {}
        for one in fields(cls):
            name = f"TAGMART_KEEP_{one.name.upper()}"
            text = environment.get(name)
            if not text:
                continue
            least = 0 if one.name in ("month_ends", "year_ends") else 1
            if not text.isdigit() or int(text) < least:
                raise TagmartError("not a number of things to keep", where=name, seen=repr(text),
                                   do=f"give a whole number, {least} or more")
            said[one.name] = int(text)
        return cls(**said)


@contextmanager
def held(state: State, run_id: str, reason: str) -> Iterator[None]:
    """Hold a published run while this process reads it, so that no night removes it; freed by itself if the process dies."""
    reader = f"process {os.getpid()}"
    state.put("hold", {"run_id": run_id, "reader": reader, "reason": reason, "held_at": _now(), "pid": os.getpid()})
    try:
        yield
    finally:
        state.do("delete from hold where run_id = ? and reader = ?", run_id, reader)


def hold(settings: Settings, state: State, run_id: str, reason: str) -> None:
    """Keep a published run, whatever its date, until it is let go.

    Raises:
        TagmartError: if there is no such run.
    """
    _require(settings, state, run_id)
    state.put("hold", {"run_id": run_id, "reader": PERSON, "reason": reason, "held_at": _now(), "pid": None})


def let_go(settings: Settings, state: State, run_id: str) -> bool:
    """Leave a run to the policy again; False if nobody held it.

    Raises:
        TagmartError: if there is no such run.
    """
    _require(settings, state, run_id)
    was = state.row("select 1 from hold where run_id = ? and reader = ?", run_id, PERSON)
    state.do("delete from hold where run_id = ? and reader = ?", run_id, PERSON)
    return was is not None


def kept_because(runs: Sequence[Published], policy: Policy, holds: Mapping[str, str]) -> dict[str, str]:
    """Why each published run is kept, in words; a run that is not named may go.

    The end of a month is its last date that was published: a month whose last night failed for good keeps one all the same.

    Args:
        runs: the published runs.
        policy: how much to keep.
        holds: run → why it must stay, as `holds` says.
    """
    if not runs:
        return {}
    newest = max(run.biz_date for run in runs)
    ends = {kind: _ends(runs, width, count, newest) for kind, width, count in
            (("year end", YEAR, policy.year_ends), ("month end", MONTH, policy.month_ends))}
    reasons = {}
    for run in runs:
        rank = sum(other.biz_date == run.biz_date and other.order > run.order for other in runs)
        why = ["current"] if run.is_current else []
        if run.run_id in holds:
            why.append(holds[run.run_id])
        if rank < policy.runs:
            if run.biz_date > newest - timedelta(days=policy.days):
                why.append(f"last {policy.days} days")
            why += [kind for kind, dates in ends.items() if run.biz_date in dates]
        if why:
            reasons[run.run_id] = ", ".join(why)
    return reasons


def holds(state: State) -> dict[str, str]:
    """The runs that are held: run → why. Holds of processes that have ended do not count, and are removed."""
    # A reader who has followed the link a moment ago is about to open the second file there.
    last = state.row("select from_run_id, switched_at from current_switch order by rowid desc limit 1")
    found = {last["from_run_id"]: f"current until {last['switched_at'][:16]}"} if last and last["from_run_id"] else {}
    for row in state.rows("select * from hold order by held_at"):
        if row["pid"] is not None and not lives(row["pid"]):
            state.do("delete from hold where run_id = ? and reader = ?", row["run_id"], row["reader"])
            continue
        found[row["run_id"]] = "; ".join(filter(None, (found.get(row["run_id"]), f"held: {row['reason']}")))
    return found


def to_remove(settings: Settings, state: State, policy: Policy, spare: str | None = None) -> list[Published]:
    """The published runs that the policy lets go.

    Args:
        settings: the home.
        state: its state.
        policy: how much to keep.
        spare: a run that is kept whatever its date: the one just published, which somebody asked for.
    """
    runs = list_published(settings, state)
    kept = kept_because(runs, policy, holds(state))
    return [run for run in runs if run.run_id not in kept and run.run_id != spare]


def remove(settings: Settings, state: State, runs: Sequence[Published]) -> None:
    """Remove published runs. Readers who have a removed file open keep reading it."""
    for left_over in settings.published.glob(f"*/{REMOVED}"):
        shutil.rmtree(left_over)
    for run in runs:
        doomed = run.path.with_name(f".{run.path.name}.removed")
        run.path.rename(doomed)
        state.do("update publish set removed_at = ? where run_id = ?", _now(), run.run_id)
        shutil.rmtree(doomed)
        if not any(run.path.parent.iterdir()):
            run.path.parent.rmdir()


def rotate_runs(settings: Settings, state: State, policy: Policy) -> list[str]:
    """Remove what old runs have left in `runs/`: the unfinished files of those that were never published, in time their
    logs and pages too. The candidate's folder is left alone.

    Returns:
        Runs of which something was removed.
    """
    begun = [row["run_id"] for row in state.rows("select run_id from run order by rowid desc")]
    now_built = settings.candidate.readlink().name if settings.candidate.is_symlink() else None
    touched, seen = [], 0
    for place, run_id in enumerate(begun):
        folder = settings.run_dir(run_id)
        if run_id == now_built or not folder.is_dir():
            continue
        files = [path for path in folder.iterdir() if path.name.endswith((".duckdb", ".duckdb.wal"))]
        seen += bool(files)
        if place >= policy.folders:
            shutil.rmtree(folder)
        elif files and seen > policy.failed:
            for path in files:
                path.unlink()
        else:
            continue
        touched.append(run_id)
    return touched


def _ends(runs: Sequence[Published], width: int, count: int, newest: date) -> set[date]:
    """The last published date of each of the last months or years.

    Args:
        runs: the published runs.
        width: YEAR or MONTH.
        count: how many periods count, back from the newest date's own.
        newest: the newest published date.
    """
    found = {day for day in last_dates([run.biz_date for run in runs], width) if _periods_between(day, newest, width) < count}
    return found if count else set()


def last_dates(dates: Iterable[date], width: int) -> set[date]:
    """The last one of the dates of each period that is over: before that of the newest, or ending with it.

    Args:
        dates: any.
        width: YEAR or MONTH.
    """
    by_period: dict[str, date] = {}
    for day in sorted(dates):
        by_period[day.isoformat()[:width]] = day
    open_period = max(by_period, default="")
    return {
        day for period, day in by_period.items()
        if period < open_period or (day + timedelta(days=1)).isoformat()[:width] != period
    }  # fmt: skip


def _periods_between(day: date, newest: date, width: int) -> int:
    years = newest.year - day.year
    return years if width == YEAR else years * 12 + newest.month - day.month


def lives(pid: int) -> bool:
    """True while there is a process of this number, whoever's it is."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _require(settings: Settings, state: State, run_id: str) -> None:
    if run_id not in {run.run_id for run in list_published(settings, state)}:
        raise TagmartError("no such run is published", where=run_id, do="choose one of `tagmart published list`")


def _now() -> str:
    return clock.now().isoformat(timespec="seconds")
