"""Parquet for other engines: a folder per table, partitioned by business date as Hive and Spark expect.

Readers go through `<folder>/current`, a link that is replaced in one step: they see all tables of the dates as they were
exported last, or as they are exported now. Files are shared with `published/parquet` where both lie on one disk.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tagmart.core.errors import TagmartError, nearest
from tagmart.core.locking import writer_lock
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.publish.across import good_runs
from tagmart.publish.parquet import PARTITION, write_parquet
from tagmart.publish.retention import held
from tagmart.publish.store import CURRENT, Published, list_published, sync

VERSIONS = ".versions"
# Engines pass over names that begin with an underscore.
SAID = "_export.json"
# A reader who listed the files of the version before goes on reading them.
KEPT_VERSIONS = 2


@dataclass(frozen=True)
class Exported:
    """What an export folder shows now.

    Attributes:
        path: the link that readers go through.
        runs: date → run, oldest first.
        tables: the tables.
        dropped: dates that were there before and are no longer published.
    """

    path: Path
    runs: dict[str, str]
    tables: tuple[str, ...]
    dropped: tuple[str, ...]


def export(
    settings: Settings, state: State, folder: Path, first: date | None = None, last: date | None = None,
    tables: Collection[str] = (),
) -> Exported:
    """Have an export folder show some published dates, besides those that it shows already.

    Args:
        settings: the home.
        state: its state.
        folder: where to; made if it is not there.
        first, last: business dates, both included; without them the current one.
        tables: only these; else all of the mart.

    Raises:
        TagmartError: if nothing is published in the range, or there is no such table. BusyError if another export is writing.
    """
    runs = good_runs(list_published(settings, state))
    if not runs:
        raise TagmartError("nothing is published yet", where=str(settings.published), do="run a night first")
    newest = runs[-1].biz_date
    low, high = first or last or newest, last or newest
    asked = [run for run in runs if low <= run.biz_date <= high]
    if not asked:
        raise TagmartError("no date of the range is published", where=f"{low} to {high}", do="see `tagmart published list`")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with writer_lock(folder, asked[-1].run_id, "export"):
        before = _shown(folder)
        shown = [run for run in runs if run in asked or run.biz_date.isoformat() in before]
        dates = {run.biz_date.isoformat(): run.run_id for run in shown}
        version, found = _make_version(settings, state, folder, shown, set(tables))
        (version / SAID).write_text(json.dumps({"dates": dates}, indent=1) + "\n", encoding="utf-8")
        _show(folder, version)
    return Exported(folder / CURRENT, dates, found, tuple(day for day in before if day not in dates))


def _make_version(
    settings: Settings, state: State, folder: Path, runs: Sequence[Published], wanted: set[str]
) -> tuple[Path, tuple[str, ...]]:
    """Lay the files of some runs out in a new folder that nobody sees yet."""
    versions = folder / VERSIONS
    versions.mkdir(exist_ok=True, mode=0o700)
    link = folder / CURRENT
    here = int(link.readlink().name) if link.is_symlink() else 0
    for unfinished in versions.iterdir():
        # What a killed export has left: nobody was led there.
        if int(unfinished.name) > here:
            shutil.rmtree(unfinished)
    part = versions / f"{here + 1:06d}"
    found: set[str] = set()
    for run in runs:
        with held(state, run.run_id, "exported"):
            for file in sorted(write_parquet(settings, run).glob("*.parquet")):
                found.add(file.stem)
                if not wanted or file.stem in wanted:
                    _lay(file, part / file.stem / f"{PARTITION}={run.biz_date}" / f"{run.run_id}.parquet")
    if unknown := sorted(wanted - found):
        raise TagmartError("the mart has no such table", where="--tables", seen=", ".join(unknown),
                           do=nearest(unknown[0], found) or f"use some of {', '.join(sorted(found))}")
    return part, tuple(sorted(wanted or found))


def _lay(file: Path, target: Path) -> None:
    """The same file under another name; a copy where the disk is another one."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    target.unlink(missing_ok=True)
    try:
        os.link(file, target)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK):
            raise
        shutil.copyfile(file, target)
        target.chmod(0o400)
        sync(target)


def _show(folder: Path, version: Path) -> None:
    """Lead readers to a version in one step, and remove those before the one that they come from."""
    sync(version)
    fresh = folder / f".{CURRENT}.new"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(version.relative_to(folder))
    os.replace(fresh, folder / CURRENT)
    sync(folder)
    for old in sorted(version.parent.iterdir())[:-KEPT_VERSIONS]:
        shutil.rmtree(old)


def _shown(folder: Path) -> list[str]:
    """The dates that the folder shows."""
    said = folder / CURRENT / SAID
    return list(json.loads(said.read_text(encoding="utf-8"))["dates"]) if said.is_file() else []
