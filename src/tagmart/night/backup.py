"""A backup of a home: everything that a night cannot make again by itself, as it stands between two writers, with hashes.

Not in it: the landing (the source's archive has it), Airflow's own database, and what dbt and the gates make anew. The contracts are
laid beside it: they say how the deliveries in the warehouse were read.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tagmart.core import clock
from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError
from tagmart.core.locking import writer_lock
from tagmart.core.settings import BANK_MARK, Settings
from tagmart.night.begin import code_revision
from tagmart.night.version import MIGRATIONS, newest, refuse_newer, version_of
from tagmart.publish import current
from tagmart.publish.store import sync

MANIFEST = "BACKUP.json"
HOME, CONTRACTS = "home", "contracts"
# What of a home is kept; state.sqlite is added as a copy that SQLite itself makes, for it may be written meanwhile.
KEPT = (BANK_MARK, "warehouse.duckdb", "warehouse.duckdb.wal", "published", "runs", "quarantine", "candidate", "alerts.log")
STATE = "state.sqlite"
BLOCK = 1 << 20


@dataclass(frozen=True)
class Backup:
    """A backup, as its manifest tells it.

    Attributes:
        bank: whose it is.
        version: of the warehouse; None if there was none yet.
        code_revision: of the checkout that made it.
        made_at: when, in bank time.
        current: <biz_date>/<run_id> that readers saw, or None.
        files: path in the backup → SHA-256, bytes and rights.
        links: path in the backup → where it leads.
    """

    bank: str
    version: int | None
    code_revision: str
    made_at: str
    current: str | None
    files: Mapping[str, tuple[str, int, int]]
    links: Mapping[str, str]

    @property
    def bytes(self) -> int:
        """What it takes on the disk."""
        return sum(size for _, size, _ in self.files.values())

    @property
    def summary(self) -> str:
        """In one line."""
        return f"{len(self.files)} files, {self.bytes / 1e6:.1f} MB, current {self.current or 'nothing'}, of {self.made_at[:16]}"

    @classmethod
    def read(cls, folder: Path) -> Backup:
        """The backup in a folder.

        Raises:
            TagmartError: if it is none, or is of a newer code than this.
        """
        try:
            said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            found = cls(**{**said, "files": {name: tuple(told) for name, told in said["files"].items()}})
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise TagmartError("this is no backup of tagmart", where=str(folder / MANIFEST), seen=type(error).__name__,
                               do="name the folder that `tagmart backup --to` has written") from error
        refuse_newer(folder, found.version or newest(MIGRATIONS))
        return found


def backup(settings: Settings, to: Path) -> Backup:
    """Copy a home into a new folder, which is there whole or not at all.

    Args:
        settings: the home; no night may be writing.
        to: a folder that does not exist yet, outside of the home.

    Raises:
        TagmartError: if there is no home, something is at the place already, or it has no room. BusyError if a night is writing.
    """
    if not (settings.home / BANK_MARK).exists():
        raise TagmartError("there is no home here to be kept", where=str(settings.home), do="set TAGMART_HOME or give --bank")
    with writer_lock(settings.home, "(backup)", "backup"):
        return make_backup(settings, to)


def make_backup(settings: Settings, to: Path) -> Backup:
    """As `backup`, by somebody who holds the writer's lock already."""
    to = to.absolute()
    if to.is_relative_to(settings.home):
        raise TagmartError("a backup does not belong into the home", where=str(to), do="name a folder elsewhere, best on another disk")
    if to.exists():
        raise TagmartError("there is something already", where=str(to), do="name a folder that does not exist yet")
    private_folder(to.parent)
    part = to.with_name(f".{to.name}.part")
    if part.exists():
        shutil.rmtree(part)
    require_room(part.parent, sum(path.lstat().st_size for path, _ in _kept(settings)))
    part.mkdir(mode=0o700)
    files: dict[str, tuple[str, int, int]] = {}
    links: dict[str, str] = {}
    for path, name in _kept(settings):
        target = part / name
        private_folder(target.parent)
        if path.is_symlink():
            target.symlink_to(path.readlink())
            links[name] = str(path.readlink())
        elif path == settings.state_db:
            _copy_state(path, target)
            files[name] = (digest_of(target), target.stat().st_size, 0o600)
        else:
            files[name] = (copy_file(path, target), target.stat().st_size, path.stat().st_mode & 0o700)
    here = current(settings)
    made = Backup(settings.bank, _version(settings), code_revision(settings), clock.now().isoformat(timespec="seconds"),
                  here.relative_to(settings.published).as_posix() if here else None, files, links)
    (part / MANIFEST).write_text(json.dumps(made.__dict__, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (part / MANIFEST).chmod(0o600)
    sync(part / MANIFEST)
    sync(part)
    part.rename(to)
    sync(to.parent)
    return made


def require_room(folder: Path, size: int) -> None:
    """Raise if a folder's disk has not so many bytes free."""
    free = shutil.disk_usage(folder).free
    if free < size:
        raise TagmartError("the disk has no room for it", where=str(folder), seen=f"{free / 1e6:,.0f} MB free, {size / 1e6:,.0f} MB needed",
                           do="free some, or name a folder on another disk")


def private_folder(path: Path) -> None:
    """Make a folder, and those above it that are not there, for the owner only: `mkdir` gives its mode to the last one alone."""
    if not path.is_dir():
        private_folder(path.parent)
        path.mkdir(mode=0o700)


def copy_file(source: Path, target: Path) -> str:
    """Copy a file for the owner only, with its rights, and have the disk keep it; returns its SHA-256."""
    said = hashlib.sha256()
    with source.open("rb") as reading, os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as writing:
        while block := reading.read(BLOCK):
            said.update(block)
            writing.write(block)
        writing.flush()
        os.fsync(writing.fileno())
    target.chmod(source.stat().st_mode & 0o700)
    return said.hexdigest()


def digest_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as reading:
        return hashlib.file_digest(reading, "sha256").hexdigest()


def _kept(settings: Settings) -> Iterator[tuple[Path, str]]:
    """Files and links to be kept, with their names in the backup."""
    for name in (*KEPT, STATE):
        path = settings.home / name
        if path.is_symlink() or path.is_file():
            yield path, f"{HOME}/{name}"
        elif path.is_dir():
            # What begins with a dot is half-made or half-removed.
            yield from ((one, f"{HOME}/{one.relative_to(settings.home).as_posix()}") for one in sorted(path.rglob("*"))
                        if (one.is_symlink() or one.is_file())
                        and not any(part.startswith(".") for part in one.relative_to(settings.home).parts))
    for one in sorted(settings.contracts_dir.rglob("*.yml")):
        yield one, f"{CONTRACTS}/{one.relative_to(settings.contracts_dir).as_posix()}"


def _copy_state(source: Path, target: Path) -> None:
    """SQLite's own copy: whole, though somebody may be writing into it."""
    with closing(sqlite3.connect(source, timeout=30)) as reading, closing(sqlite3.connect(target)) as writing:
        reading.backup(writing)
        writing.execute("pragma journal_mode = delete")
    target.chmod(0o600)
    sync(target)


def _version(settings: Settings) -> int | None:
    if not settings.warehouse.exists():
        return None
    with connect(settings.warehouse, read_only=True) as warehouse:
        return version_of(warehouse)
