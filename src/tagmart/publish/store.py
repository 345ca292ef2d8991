"""The published runs: which there are, which is current, and going back.

The folders and the link are the truth, and `state.sqlite` remembers when and why. The link `current` is relative and
points to a folder, so that both files of a run change hands together: a reader who wants both resolves the link once.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from tagmart.core import clock
from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError
from tagmart.core.mart import MART_FILE, QUALITY_STAMP, qualified, table_columns
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.publish.content import manifest_rows

CURRENT = "current"
STATUS = "status.json"


@dataclass(frozen=True)
class Published:
    """A published run.

    Attributes:
        run_id: the run.
        biz_date: the date that it describes.
        path: its folder.
        published_at: when, in ISO form with the bank's zone.
        is_current: True where readers are led here.
        withdrawn: True where an operator went back from it; it is then nobody's yesterday.
        number: it counts up in the order of publishing, whatever the clock said.
    """

    run_id: str
    biz_date: date
    path: Path
    published_at: str
    is_current: bool
    withdrawn: bool
    number: int

    @property
    def published_moment(self) -> datetime:
        """When it was published."""
        return datetime.fromisoformat(self.published_at)

    @property
    def order(self) -> tuple[date, int]:
        """Newest business date last, and of one date the last published."""
        return self.biz_date, self.number


def list_published(settings: Settings, state: State) -> list[Published]:
    """Published runs that are still there, newest business date first."""
    link = current(settings)
    away = withdrawn(state)
    runs = [
        Published(
            run_id=row["run_id"],
            biz_date=date.fromisoformat(row["biz_date"]),
            path=settings.home / row["path"],
            published_at=row["published_at"],
            is_current=link is not None and link.name == row["run_id"],
            withdrawn=row["run_id"] in away,
            number=row["number"],
        )
        for row in state.rows("select rowid as number, * from publish where removed_at is null")
    ]
    return sorted((run for run in runs if (run.path / MART_FILE).is_file()), key=lambda run: run.order, reverse=True)


def current(settings: Settings) -> Path | None:
    """The folder that readers are led to, or None while nothing is published."""
    link = settings.published / CURRENT
    folder = settings.published / link.readlink() if link.is_symlink() else None
    return folder if folder is not None and (folder / MART_FILE).is_file() else None


def latest_good(state: State, biz_date: date) -> Path | None:
    """The folder of the last good run of a date, or None; a run from which an operator went back is not good."""
    away = withdrawn(state)
    rows = state.rows(
        "select run_id, path from publish where biz_date = ? and removed_at is null order by rowid desc",
        biz_date.isoformat(),
    )
    home = state.path.parent
    good = (home / row["path"] for row in rows if row["run_id"] not in away)
    return next((path for path in good if (path / MART_FILE).is_file()), None)


def last_good_before(state: State, biz_date: date) -> Path | None:
    """The folder of the last good run of the newest date before one, or None: never a later date, whatever is current."""
    days = state.rows(
        "select distinct biz_date from publish where biz_date < ? and removed_at is null order by biz_date desc", biz_date.isoformat()
    )
    found = (latest_good(state, date.fromisoformat(row["biz_date"])) for row in days)
    return next((path for path in found if path is not None), None)


def good_runs_before(state: State, biz_date: date) -> dict[date, str]:
    """Of every date before one its last good run: date → run_id, whether or not its files are still kept."""
    away = withdrawn(state)
    rows = state.rows("select biz_date, run_id from publish where biz_date < ? order by rowid", biz_date.isoformat())
    return {date.fromisoformat(row["biz_date"]): row["run_id"] for row in rows if row["run_id"] not in away}


def move_forward(settings: Settings, state: State, run_id: str) -> bool:
    """Lead readers to a run that was just published, unless they are already at a newer date.

    Returns:
        True if the run is current afterwards.
    """
    runs = {run.run_id: run for run in list_published(settings, state)}
    run, here = runs[run_id], current(settings)
    now_current = runs.get(here.name) if here is not None else None
    if here is not None and now_current is None:
        # The link leads to a folder that the state does not know, as after a restored state: its path tells its date.
        if date.fromisoformat(here.parent.name) > run.biz_date:
            return False
    elif now_current is not None and now_current.order > run.order:
        return False
    _lead_to(settings, state, run.path, "publish")
    state.do("update publish set became_current = 1 where run_id = ?", run_id)
    return True


def rollback(settings: Settings, state: State, to_run: str | None = None, reason: str | None = None) -> str:
    """Lead readers back to an earlier published run; the next published night moves them forward again.

    Without a run named it is the last good one before the current one: of the same date if there is one, else of the date
    before.

    The run that is left is withdrawn: a later night does not take it for its yesterday. Going back to a withdrawn run
    makes it good again.

    Args:
        settings: the home.
        state: its state.
        to_run: the run; else the good one before the current one.
        reason: why, for status.json and those who ask later.

    Returns:
        <biz_date>/<run_id> of the run that is now current.

    Raises:
        TagmartError: if nothing is published, or there is no such run to go to.
    """
    runs = list_published(settings, state)
    here = next((run for run in runs if run.is_current), None)
    if here is None:
        raise TagmartError("nothing is published yet", where=str(settings.published), do="run a night first")
    others = ", ".join(run.run_id for run in runs if not run.is_current) or "no other run"
    if to_run is None:
        target = next((run for run in runs if run.order < here.order and not run.withdrawn), None)
    else:
        target = next((run for run in runs if run.run_id == to_run), None)
    if target is None or target.is_current:
        raise TagmartError(
            "there is no such run to go back to",
            where=to_run or "the good run before the current one",
            seen=f"current {here.run_id}; also published: {others}",
            do="choose one of `tagmart published list`",
        )
    _lead_to(settings, state, target.path, "rollback", reason)
    write_status(settings, state)
    return str((settings.published / CURRENT).readlink())


def write_status(settings: Settings, state: State) -> None:
    """Write published/status.json in one step: what is current, from when, how fresh, how many rows."""
    runs = list_published(settings, state)
    here = next((run for run in runs if run.is_current), None)
    status: dict[str, object] = {"bank": settings.bank, "written_at": clock.now().isoformat(timespec="seconds")}
    if here is not None:
        status["current"] = {
            "run_id": here.run_id,
            "biz_date": here.biz_date.isoformat(),
            "path": here.path.relative_to(settings.published).as_posix(),
            "published_at": here.published_at,
            "hours_after_day_end": round(_hours_after(here.biz_date, here.published_at), 2),
            "stale_after": clock.logical_date_of(here.biz_date + timedelta(days=1)).isoformat(),
            "because": _because(state, here.run_id),
            **_quality(here.path / MART_FILE),
            "rows": manifest_rows(here.path / MART_FILE),
        }
    newest = max(runs, key=lambda run: run.number, default=None)
    if newest is not None:
        status["last_published"] = {"run_id": newest.run_id, "biz_date": newest.biz_date.isoformat()}
    write_file(settings.published / STATUS, json.dumps(status, ensure_ascii=False, indent=2) + "\n")


def _quality(file: Path) -> dict[str, object]:
    """What the stamp of a published file says; of an earlier version's file what that one knew."""
    names = ("quality", "tags_held", "held", "segments_degraded", "leads_degraded", "zh", "en")
    with connect(file, read_only=True) as mart:
        there = table_columns(mart, QUALITY_STAMP.name)
        names = [name for name in names if name in there]
        if not names:
            return {}
        found = mart.execute(f"select {', '.join(names)} from {qualified(QUALITY_STAMP.name)}").fetchone()
    return dict(zip(names, found, strict=True))


def record(state: State, run_id: str, biz_date: date, path: str) -> None:
    """Remember a published run; its first time stays if the step is repeated."""
    state.do(
        "insert into publish (run_id, biz_date, published_at, path, became_current) values (?, ?, ?, ?, 0)"
        " on conflict (run_id) do nothing",
        run_id,
        biz_date.isoformat(),
        _now(),
        path,
    )


def write_file(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new, and a power cut leaves one of them."""
    fresh = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(fresh, path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Have the disk keep a file or the entries of a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _lead_to(settings: Settings, state: State, folder: Path, kind: str, reason: str | None = None) -> None:
    """Replace the link in one step and remember the change."""
    here = current(settings)
    if here == folder:
        return
    # Remembered first: after a kill in between, a switch that did not happen is harmless, a forgotten one is not.
    with state.connect() as connection:
        connection.execute(
            "insert into current_switch (switched_at, kind, from_run_id, to_run_id, reason) values (?, ?, ?, ?, ?)",
            (_now(), kind, here.name if here else None, folder.name, reason),
        )
    fresh = settings.published / f".{CURRENT}.new"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(folder.relative_to(settings.published))
    os.replace(fresh, settings.published / CURRENT)
    sync(settings.published)


def _because(state: State, run_id: str) -> dict:
    """How readers came to the current run: by its publishing, or by going back from another one, and why."""
    last = state.row("select * from current_switch where to_run_id = ? order by rowid desc limit 1", run_id)
    if last is None:
        return {"kind": "unknown"}
    said = {"kind": last["kind"], "at": last["switched_at"], "from": last["from_run_id"], "reason": last["reason"]}
    return said if last["kind"] == "rollback" else {"kind": said["kind"], "at": said["at"]}


def withdrawn(state: State) -> set[str]:
    """Runs from which an operator went back, and not to them again since."""
    away: set[str] = set()
    with state.connect() as connection:
        for row in connection.execute("select * from current_switch order by rowid"):
            # Going forward again, to a newer run, withdraws nothing. Run ids sort by date, then by number.
            if row["kind"] == "rollback" and row["to_run_id"] < row["from_run_id"]:
                away.add(row["from_run_id"])
            away.discard(row["to_run_id"])
    return away


def _hours_after(biz_date: date, moment: str) -> float:
    """Hours from the end of a business date to a moment: the age of the figures when they came out."""
    day_end = datetime.combine(biz_date + timedelta(days=1), datetime.min.time(), tzinfo=clock.BANK_TIME)
    return (datetime.fromisoformat(moment) - day_end).total_seconds() / 3600


def _now() -> str:
    return clock.now().isoformat(timespec="microseconds")
