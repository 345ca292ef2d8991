"""Putting a backup back, and bringing a home up to the code: what was there before stays beside it."""

from __future__ import annotations

import os
import shutil
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from tagmart.core.errors import TagmartError
from tagmart.core.locking import writer_lock
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.night.backup import (
    CONTRACTS,
    HOME,
    STATE,
    Backup,
    copy_file,
    digest_of,
    make_backup,
    private_folder,
    require_room,
)
from tagmart.night.version import MIGRATIONS, Migration, migrate, version_of
from tagmart.publish import list_published
from tagmart.publish.across import refresh_across
from tagmart.publish.store import sync, write_file

# A home in which none of these is holds nothing of a night.
OCCUPIED = (STATE, "warehouse.duckdb", "published/current")
# What a backup does not bring, and the home keeps.
STAYS = ("landing", "airflow")
# In a home that is whole and waits for its place: until then nothing of the old one has been touched.
WHOLE = ".restored"


@dataclass(frozen=True)
class Restored:
    """What came of putting a backup back.

    Attributes:
        backup: what was put back.
        before: where the home lies that was there before, or None.
        contracts: contracts of this checkout that are not those of the backup.
    """

    backup: Backup
    before: Path | None
    contracts: tuple[str, ...]


def restore(settings: Settings, source: Path, replace: bool = False) -> Restored:
    """Put a backup in the place of a home. Every file is compared with its hash before anything of the home is touched.

    The new home is made beside the old one and takes its place by renaming; a kill leaves the one or the other, and the same
    command then goes on.

    Args:
        settings: where the home is to be.
        source: the backup.
        replace: though there is a home with nights already; it is kept beside the new one.

    Raises:
        TagmartError: if it is no backup, of another bank, of newer code, damaged, has no room, or there is a home already.
            BusyError if a night is writing.
    """
    source, home = source.absolute(), settings.home
    found = Backup.read(source)
    part = home.with_name(f".{home.name}.restoring")
    _go_on(home, part)
    if found.bank != settings.bank:
        raise TagmartError(f"this is a backup of bank '{found.bank}'", where=str(source), seen=f"bank '{settings.bank}'",
                           do="set TAGMART_BANK, or give --bank")
    if not replace and any((home / name).exists() for name in OCCUPIED):
        raise TagmartError("there is a home with nights already", where=str(home), seen=", ".join(one for one in OCCUPIED if (home / one).exists()),
                           do="give another TAGMART_HOME; or --replace, which keeps what is there in a folder beside it")
    private_folder(home.parent)
    with writer_lock(home, "(restore)", "restore") if home.exists() else nullcontext():
        _copy(found, source, part)
        before = _swap(home, part)
    # Made anew: it names its files by their full path, and the home may lie elsewhere now.
    state = State(settings.state_db)
    if list_published(settings, state):
        refresh_across(settings, state)
    return Restored(found, before, _other_contracts(settings, found))


def upgrade(settings: Settings, to: Path | None = None, migrations: tuple[Migration, ...] = MIGRATIONS) -> tuple[list[Migration], Path | None]:
    """Bring a home up to the code: a backup first, then all steps in one transaction.

    Args:
        settings: the home.
        to: where the backup goes; else beside the home.
        migrations: the steps that the code knows.

    Returns:
        The steps done, and the backup; none of both where the home was up to date.

    Raises:
        TagmartError: if the home is newer, the backup cannot be made, or a step fails. BusyError if a night is writing.
    """
    from tagmart.core.duck import connect

    settings.claim_home()
    with writer_lock(settings.home, "(upgrade)", "upgrade"):
        if not settings.warehouse.exists():
            return [], None
        with connect(settings.warehouse, read_only=True) as warehouse:
            found = version_of(warehouse)
        if not [one for one in migrations if found is not None and one.to > found]:
            return migrate(settings, migrations), None
        kept = to or _free_name(settings.home.with_name(f"{settings.home.name}.version-{found}"))
        make_backup(settings, kept)
        return migrate(settings, migrations), kept


def _go_on(home: Path, part: Path) -> None:
    """Finish, or undo, what a killed restore has left."""
    if not part.exists():
        return
    if (part / WHOLE).exists() and not home.exists():
        part.rename(home)
        (home / WHOLE).unlink()
        return
    for name in STAYS:
        if (part / name).exists() and not (home / name).exists():
            (part / name).rename(home / name)
    shutil.rmtree(part)


def _copy(found: Backup, source: Path, part: Path) -> None:
    """The backup's home as a folder of its own, compared with the hashes while it is copied."""
    inside = {name: told for name, told in found.files.items() if name.startswith(f"{HOME}/")}
    require_room(part.parent, sum(size for _, size, _ in inside.values()))
    part.mkdir(mode=0o700)
    for name, (digest, _, mode) in inside.items():
        target = part / Path(name).relative_to(HOME)
        private_folder(target.parent)
        if not (source / name).is_file() or copy_file(source / name, target) != digest:
            shutil.rmtree(part)
            raise TagmartError("the backup is damaged; nothing of the home was touched", where=str(source / name),
                               seen="another content than when it was made" if (source / name).is_file() else "the file is missing",
                               do="take another backup, or another copy of this one")
        target.chmod(mode)
    for name, leads_to in found.links.items():
        link = part / Path(name).relative_to(HOME)
        private_folder(link.parent)
        link.symlink_to(leads_to)
    write_file(part / WHOLE, "")


def _swap(home: Path, part: Path) -> Path | None:
    """Put the new home in the place of the old one; returns where the old one lies now, if it held anything of a night."""
    if not home.exists():
        part.rename(home)
        (home / WHOLE).unlink()
        sync(home.parent)
        return None
    for name in STAYS:
        if (home / name).exists():
            (home / name).rename(part / name)
    had_nights = any((home / name).exists() for name in OCCUPIED)
    before = _free_name(home.with_name(f"{home.name}.before"))
    home.rename(before)
    part.rename(home)
    (home / WHOLE).unlink()
    sync(home.parent)
    if not had_nights:
        shutil.rmtree(before)
        return None
    return before


def _free_name(wanted: Path) -> Path:
    """The path, or with a number if there is something already."""
    number, path = 1, wanted
    while os.path.lexists(path):
        number += 1
        path = wanted.with_name(f"{wanted.name}-{number}")
    return path


def _other_contracts(settings: Settings, found: Backup) -> tuple[str, ...]:
    """Contracts that the checkout has otherwise than the backup, or that only one of them has."""
    here = {path.relative_to(settings.contracts_dir).as_posix(): digest_of(path) for path in settings.contracts_dir.rglob("*.yml")}
    then = {name.removeprefix(f"{CONTRACTS}/"): told[0] for name, told in found.files.items() if name.startswith(f"{CONTRACTS}/")}
    return tuple(sorted(name for name in here.keys() | then.keys() if here.get(name) != then.get(name)))
