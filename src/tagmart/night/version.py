"""The layout of a home's warehouse: which version it has, and bringing an older one up to what this code writes.

What dbt makes it makes anew whenever its definition changes, and the loader's tables follow their contracts. A version counts
the rest: what the code takes for granted and nobody would make by himself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tagmart.core import clock
from tagmart.core.duck import connect, literal
from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings
from tagmart.night.partials import make_bookkeeping

if TYPE_CHECKING:
    import duckdb

TABLE = "ops.home_version"
# What homes have that were made before the version was written down.
FIRST = 1


@dataclass(frozen=True)
class Migration:
    """A step from one version to the next.

    Attributes:
        to: the version that it leads to.
        what: what it does, in a few words.
        work: does it, in an open transaction of the warehouse.
    """

    to: int
    what: str
    work: Callable[[duckdb.DuckDBPyConnection], None]


MIGRATIONS: tuple[Migration, ...] = (
    Migration(2, "the record of tables that are built day by day, and the version itself", make_bookkeeping),
)


def newest(migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """The version that this code writes."""
    return max((one.to for one in migrations), default=FIRST)


def version_of(warehouse: duckdb.DuckDBPyConnection) -> int | None:
    """The version of a warehouse; None for one in which there is nothing yet."""
    tables = {f"{schema}.{name}" for schema, name in warehouse.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = current_database()").fetchall()}
    if TABLE in tables:
        return warehouse.execute(f"select max(version) from {TABLE}").fetchone()[0]
    return FIRST if tables else None


def stamp(warehouse: duckdb.DuckDBPyConnection, version: int, what: str) -> None:
    """Write down that the warehouse has this version now."""
    warehouse.execute("create schema if not exists ops")
    warehouse.execute(f"create table if not exists {TABLE} (version integer, what varchar, since varchar)")
    warehouse.execute(f"insert into {TABLE} values ({version}, {literal(what)}, {literal(clock.now().isoformat(timespec='seconds'))})")


def require_version(settings: Settings, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Refuse a home whose warehouse is older or newer than this code; a new home is given the code's version.

    Raises:
        TagmartError: saying which it is and what to do.
    """
    with connect(settings.warehouse) as warehouse:
        found, wanted = version_of(warehouse), newest(migrations)
        if found is None:
            stamp(warehouse, wanted, "new")
        elif found != wanted:
            raise _other(settings.warehouse, found, wanted)


def refuse_newer(where: Path, found: int, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Raise if a home or a backup was written by newer code than this."""
    if found > newest(migrations):
        raise _other(where, found, newest(migrations))


def migrate(settings: Settings, migrations: Sequence[Migration] = MIGRATIONS) -> list[Migration]:
    """Take the warehouse through the migrations that it lacks, in order, in one transaction: all of them or none.

    Returns:
        Those that were done.

    Raises:
        TagmartError: if the home is newer than the code, or a migration fails; the warehouse is then as it was.
    """
    with connect(settings.warehouse) as warehouse:
        found = version_of(warehouse)
        if found is None:
            return []
        refuse_newer(settings.warehouse, found, migrations)
        due = sorted((one for one in migrations if one.to > found), key=lambda one: one.to)
        warehouse.execute("begin")
        for one in due:
            try:
                one.work(warehouse)
                stamp(warehouse, one.to, one.what)
            except Exception as error:
                warehouse.execute("rollback")
                raise TagmartError(
                    f"the step to version {one.to} failed ({one.what}); the home is still version {found}", where=str(settings.warehouse),
                    seen=str(error).splitlines()[0], do="mend what is seen and run `tagmart upgrade` again, or go on with the older code",
                ) from error
        warehouse.execute("commit")
        return due


def _other(where: Path, found: int, wanted: int) -> TagmartError:
    if found > wanted:
        return TagmartError("this was written by a newer tagmart, and an older one would spoil it", where=str(where),
                            seen=f"version {found}, this code knows {wanted}", do="use the newer code, or restore a backup from before")
    return TagmartError("this home was made by an older tagmart", where=str(where), seen=f"version {found}, this code writes {wanted}",
                        do="run `tagmart upgrade`; it makes a backup first")
