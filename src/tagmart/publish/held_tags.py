"""Held tags: columns of a candidate that keep the values of an earlier published run, each with the date that it tells of.

What is held is known by cause: a feed (the tags whose lineage contains it), a theme, the families of some tags; with whatever
is derived from those. Everything else of the candidate stays as the night has made it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tagmart.core.duck import connect, identifier, literal
from tagmart.core.errors import TagmartError
from tagmart.core.mart import (
    MART_FILE,
    RESTRICTED_FILE,
    RUN_MANIFEST,
    TAG_CATALOG,
    TAGS_PREFIX,
    qualified,
    table_columns,
)

if TYPE_CHECKING:
    import duckdb

# Columns put back in one statement: what an update has changed stays in memory until it is written out.
CHUNK = 50
FILES = (MART_FILE, RESTRICTED_FILE)
LINEAGE = "ops.tag_lineage"
# Where a cause says of which tag's theme or family it speaks.
OF_TAG = "of "


@dataclass(frozen=True)
class Cause:
    """Something that holds tags back.

    Attributes:
        kind: feed, theme or family.
        name: which; of a theme or family also `of <entity>.<tag>`: that of this tag.
        because: why, in a few words.
    """

    kind: str
    name: str
    because: str

    @property
    def said(self) -> str:
        """As the catalogue says it."""
        return f"{self.kind} {self.name} ({self.because})"


@dataclass(frozen=True)
class Held:
    """What a cause has come to.

    Attributes:
        cause: the cause.
        tags: how many tags it holds.
        as_of: the oldest date of their values; None if it holds no tag, or none of them ever had a value.
    """

    cause: Cause
    tags: int
    as_of: date | None


def hold_back(candidate: Path, warehouse: Path, earlier: Path, causes: Sequence[Cause], carried: Mapping[str, date]) -> list[Held]:
    """Put the values of an earlier run into the held columns of a candidate, and say in its catalogue of which date each tag is.

    Can be repeated. A customer whom the earlier run does not know has no value.

    Args:
        candidate: folder of the run's files; nobody else has them open.
        warehouse: whose lineage says what a tag is made of.
        earlier: folder of the published run whose values are kept.
        causes: what holds.
        carried: feeds whose state is carried, with its date: their tags are not held, and are as old as that.

    Raises:
        TagmartError: if a feed is behind every tag of an entity: then its customers themselves are not known; or tags are
            still held for a cause that is no more.
    """
    with connect() as connection:
        connection.execute(f"attach {literal(str(warehouse))} as warehouse (read_only)")
        for number, name in enumerate(FILES):
            connection.execute(f"attach {literal(str(candidate / name))} as candidate_{number}")
            if causes:
                connection.execute(f"attach {literal(str(earlier / name))} as earlier_{number} (read_only)")
        _know_tags(connection)
        _refuse_strangers(connection, causes)
        _find_held(connection, causes)
        for number in range(len(FILES)):
            if causes:
                _put_back(connection, number)
            _tell_dates(connection, number, bool(causes), carried)
        return [_told(connection, cause) for cause in causes]


def _know_tags(connection: duckdb.DuckDBPyConnection) -> None:
    """Temp table `tag`: every published tag of either file."""
    both = " union all by name ".join(
        f"select entity, tag_name, theme_code, family, model, {number} as file_no from candidate_{number}.{qualified(TAG_CATALOG)}"
        for number in range(len(FILES))
    )
    connection.execute(f"create temp table tag as {both}")


def _refuse_strangers(connection: duckdb.DuckDBPyConnection, causes: Iterable[Cause]) -> None:
    """Refuse a feed without which nobody knows who the customers are, and values that are left from an earlier try."""
    for cause in causes:
        if cause.kind != "feed":
            continue
        found = connection.execute(
            "select entity from tag group by entity having count(*) = count(*) filter (where (entity, tag_name) in ("
            f" select (entity, tag_name) from warehouse.{LINEAGE} where layer = 'source' and table_name = {literal(cause.name)}))"
        ).fetchall()
        if found:
            raise TagmartError("every tag stands on this feed, the customers themselves too: nothing can be held", where=cause.name,
                               seen=", ".join(entity for (entity,) in found), do="write `late: stop` in its contract, and wait for it")
    known = {cause.said for cause in causes}
    for number in range(len(FILES)):
        left = connection.execute(
            f"select distinct held_because from candidate_{number}.{qualified(TAG_CATALOG)} where held_because is not null"
        ).fetchall()
        for (said,) in left:
            if said not in known:
                raise TagmartError("tags are still held for a cause of an earlier try", where=f"mart.{TAG_CATALOG}", seen=said,
                                   do="run the stages from `wide` on again")


def _find_held(connection: duckdb.DuckDBPyConnection, causes: Sequence[Cause]) -> None:
    """Temp table `held`: each held tag with the first of its causes."""
    connection.execute("create temp table found (entity varchar, tag_name varchar, cause integer)")
    connection.execute("create temp table cause (cause integer, said varchar)")
    for place, cause in enumerate(causes):
        connection.execute(f"insert into cause values ({place}, {literal(cause.said)})")
        connection.execute(f"insert into found select entity, tag_name, {place} from ({_tags_of(cause)})")
    # What is made of a held tag is of no other day than that tag. One look is enough: lineage goes through all layers.
    connection.execute(f"""
        create temp table held as
        with derived as (
            select lineage.entity, lineage.tag_name, found.cause
            from found
            inner join tag on found.entity = tag.entity and found.tag_name = tag.tag_name
            inner join warehouse.{LINEAGE} as lineage
                on lineage.layer = 'tags' and lineage.table_name = tag.model and lineage.column_name = tag.tag_name
        )
        select entity, tag_name, min(cause) as cause
        from (select * from found union all select * from derived)
        group by entity, tag_name
    """)


def _tags_of(cause: Cause) -> str:
    """SQL that gives entity and name of the tags that a cause is about, without what is derived from them."""
    if cause.kind == "feed":
        return (
            f"select distinct entity, tag_name from warehouse.{LINEAGE}"
            f" where layer = 'source' and table_name = {literal(cause.name)}"
        )
    column = "theme_code" if cause.kind == "theme" else "family"
    if not cause.name.startswith(OF_TAG):
        return f"select entity, tag_name from tag where {column} = {literal(cause.name)}"
    entity, _, tag = cause.name.removeprefix(OF_TAG).partition(".")
    return (
        f"select tag.entity, tag.tag_name from tag inner join tag as broken on tag.{column} = broken.{column}"
        f" and tag.entity = broken.entity where broken.entity = {literal(entity)} and broken.tag_name = {literal(tag)}"
    )


def _put_back(connection: duckdb.DuckDBPyConnection, number: int) -> None:
    """The held columns of a file, as the earlier run has them."""
    rows = connection.execute(
        f"select tag.entity, list(tag.tag_name order by tag.tag_name) from held inner join tag using (entity, tag_name)"
        f" where tag.file_no = {number} group by tag.entity order by tag.entity"
    ).fetchall()
    for entity, tags in rows:
        table = qualified(TAGS_PREFIX + entity)
        now = table_columns(connection, TAGS_PREFIX + entity, database=f"candidate_{number}")
        then = table_columns(connection, TAGS_PREFIX + entity, database=f"earlier_{number}")
        for chunk in _chunks([tag for tag in tags if tag in now]):
            values = ", ".join(
                f"try_cast(older.{identifier(tag)} as {now[tag]}) as {identifier(tag)}" if tag in then
                else f"cast(null as {now[tag]}) as {identifier(tag)}" for tag in chunk
            )
            connection.execute(
                f"update candidate_{number}.{table} as wide"
                f" set {', '.join(f'{identifier(tag)} = kept.{identifier(tag)}' for tag in chunk)}"
                f" from (select customer_id, {values} from candidate_{number}.{table}"
                f" left join earlier_{number}.{table} as older using (customer_id)) as kept"
                " where wide.customer_id = kept.customer_id"
            )
            connection.execute(f"checkpoint candidate_{number}")


def _tell_dates(connection: duckdb.DuckDBPyConnection, number: int, is_held: bool, carried: Mapping[str, date]) -> None:
    """`as_of` and `held_because` of the catalogue: the night's own date, that of a carried state, or that of the values kept."""
    catalogue = f"candidate_{number}.{qualified(TAG_CATALOG)}"
    connection.execute(
        f"update {catalogue} set as_of = (select biz_date from warehouse.ops.run_context), held_because = null"
    )
    for feed, day in carried.items():
        connection.execute(
            f"update {catalogue} as catalogue set as_of = least(as_of, {literal(day.isoformat())}::date)"
            f" where (entity, tag_name) in (select (entity, tag_name) from warehouse.{LINEAGE}"
            f" where layer = 'source' and table_name = {literal(feed)})"
        )
    if not is_held:
        return
    said = f"(select value from earlier_{number}.{qualified(RUN_MANIFEST.name)} where kind = 'run' and name = 'biz_date')"
    there = table_columns(connection, TAG_CATALOG, database=f"earlier_{number}")
    # A tag that was held then already is older than that run; one that it did not have was never told.
    older = "older.as_of" if "as_of" in there else f"{said}::date"
    connection.execute(
        f"update {catalogue} as catalogue set as_of = kept.as_of, held_because = kept.said from ("
        f" select held.entity, held.tag_name, cause.said, {older} as as_of"
        f" from held inner join cause using (cause)"
        f" left join earlier_{number}.{qualified(TAG_CATALOG)} as older using (entity, tag_name)) as kept"
        " where catalogue.entity = kept.entity and catalogue.tag_name = kept.tag_name"
    )


def _told(connection: duckdb.DuckDBPyConnection, cause: Cause) -> Held:
    """How many tags a cause holds, and how old they are; a tag counts for the first of its causes."""
    both = " union all ".join(
        f"select as_of from candidate_{number}.{qualified(TAG_CATALOG)} where held_because = {literal(cause.said)}"
        for number in range(len(FILES))
    )
    tags, as_of = connection.execute(f"select count(*), min(as_of) from ({both})").fetchone()
    return Held(cause, tags, as_of)


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[start : start + CHUNK] for start in range(0, len(names), CHUNK))
