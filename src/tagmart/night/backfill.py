"""Tags over past dates: what the nights of those dates would publish, without running them.

A side warehouse stands where the night's stands, with its date set back: the deliveries are read where they lie, and the
models that the tags need, and no others, are made from the SQL that dbt has compiled. One date at a time, each into one
file that appears whole; a date whose file was made of the same definitions and the same deliveries is left as it is.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from tagmart.core.duck import connect, identifier, literal
from tagmart.core.errors import TagmartError
from tagmart.core.locking import writer_lock
from tagmart.core.settings import Settings
from tagmart.explain.trial import Tree, compute, read_tree, workbench
from tagmart.tagspec.model import TagModel
from tagmart.tagspec.render import SEEDS, TAGS, relation_of, renderer

if TYPE_CHECKING:
    import duckdb

FOLDER = "backfill"
# What the side warehouse reads of the night's, as it is: deliveries and seeds.
READ = ("ods", "hist", "ops", SEEDS)
# Facts of a run, which say another date on this side.
OF_THE_RUN = ("run_context", "feed_present")
NIGHT = "night"
TABLE = re.compile(r'"?\b(stg|dwd|dws)"?\."?(\w+)"?')
REF = re.compile(r"ref\(\s*['\"](\w+)['\"]\s*\)")
WORD = {
    "kind": re.compile(r"materialized='(\w+)'"), "day": re.compile(r"date_column='(\w+)'"), "key": re.compile(r"key=\[([^\]]*)\]"),
}  # fmt: skip


@dataclass(frozen=True)
class Made:
    """One table that the side warehouse makes.

    Attributes:
        name: schema and name.
        sql: its compiled query.
        kind: how it is kept: view, table, daily or history.
        day: of the last two the column of the day.
        key: of a history its key columns.
    """

    name: str
    sql: str
    kind: str
    day: str = ""
    key: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What a set of tags needs.

    Attributes:
        models: the tag models with the tags that are asked for, by entity.
        tables: the tables below them, each after those that it reads.
        definition: fingerprint of the tags and of all SQL that makes them.
    """

    models: Mapping[str, tuple[TagModel, ...]]
    tables: tuple[Made, ...]
    definition: str


def backfill_tags(settings: Settings, first: date, last: date, words: Sequence[str]) -> Iterator[str]:
    """Make the tags named for every date of a range, oldest first; say of each date what was done.

    Args:
        settings: the home; its warehouse is only read.
        first, last: business dates, both included.
        words: families, tag models or tags.

    Raises:
        TagmartError: if a word names nothing or a restricted tag, a model is not compiled, the warehouse stands before the
            range, or another process is writing.
    """
    tree = read_tree(settings)
    with writer_lock(settings.home, "(backfill)", "backfill"):
        plan = plan_of(settings, tree, words)
        with workbench(settings) as (connection, stands_at):
            if last > stands_at:
                raise TagmartError(
                    "the warehouse has not come so far", where="--to", seen=f"{last}; it stands at {stands_at}",
                    do=f"end the range with {stands_at}, or run the nights after it",
                )  # fmt: skip
            days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
            taken = {day: _deliveries(connection, day) for day in days}
        for day in days:
            yield f"{day}: {_one(settings, tree, plan, day, taken[day])}"


def plan_of(settings: Settings, tree: Tree, words: Sequence[str]) -> Plan:
    """What the tags that some words name stand on.

    Raises:
        TagmartError: as `backfill_tags`.
    """
    chosen: dict[str, list[TagModel]] = {}
    for model in (model for word in words for model in tree.find(word)):
        hidden = [tag.name for tag in model.tags if tag.restricted]
        if hidden:
            raise TagmartError("a restricted tag is published in the restricted file only", where="--tags",
                               seen=f"{len(hidden)} restricted tag(s)", do="run the nights themselves again")
        chosen.setdefault(model.entity, []).append(model)
    render, sources = renderer(settings.dbt_project), _sources(settings)
    texts: dict[str, str] = {}
    waiting = [model.name for group in chosen.values() for model in group]
    while waiting:
        name = waiting.pop()
        if name in tree.sql and name not in texts and relation_of(name).startswith(f"{TAGS}."):
            texts[name] = render(tree.sql[name])
            waiting += REF.findall(tree.sql[name])
    spines = [f"dws.{entity}_spine" for entity in chosen]
    made: dict[str, Made] = {}
    for text in [*texts.values(), *spines]:
        _reach(text, sources, made)
    tags = sorted(tag.name for group in chosen.values() for model in group for tag in model.tags)
    whole = "\n".join([*tags, *(texts[name] for name in sorted(texts)), *(made[name].sql for name in sorted(made))])
    return Plan(
        {entity: tuple(group) for entity, group in chosen.items()}, tuple(made.values()), sha256(whole.encode()).hexdigest()[:12]
    )


def _sources(settings: Settings) -> dict[str, Made]:
    """Every model below the tags as dbt compiled it for this bank, by its relation."""
    compiled = settings.home / "dbt" / "compiled" / "tagmart" / "models"
    found = {}
    for path in sorted((settings.dbt_project / "models").rglob("*.sql")):
        layer = path.stem.split("_")[0]
        if layer not in ("stg", "dwd", "dws") or (layer == "stg" and path.parent.name != settings.bank):
            continue
        file = compiled / path.relative_to(settings.dbt_project / "models")
        if file.is_file():
            text = path.read_text(encoding="utf-8")
            word = {name: match.group(1) if (match := pattern.search(text)) else "" for name, pattern in WORD.items()}
            kind = "view" if layer == "stg" else word["kind"] or "table"
            name, key = relation_of(path.stem), tuple(re.findall(r"\w+", word["key"]))
            found[name] = Made(name, file.read_text(encoding="utf-8"), kind, word["day"], key)
    return found


def _reach(text: str, sources: Mapping[str, Made], made: dict[str, Made]) -> None:
    """Add the tables that a query reads, after those that they read themselves."""
    for schema, table in TABLE.findall(text):
        name = f"{schema}.{table}"
        if name in sources and name not in made:
            _reach(sources[name].sql, sources, made)
            made[name] = sources[name]


def _deliveries(connection: duckdb.DuckDBPyConnection, day: date) -> str:
    """Fingerprint of what had been delivered for dates up to a day, in the form in which it is loaded now."""
    return connection.execute(
        f"select count(*) || '-' || coalesce(bit_xor(hash(taken)), 0) from ods._taken as taken where biz_date <= {literal(day)}::date"
    ).fetchone()[0]


def _one(settings: Settings, tree: Tree, plan: Plan, day: date, deliveries: str) -> str:
    """The files of one date, unless they are there; the tables below the tags are made once for all entities."""
    folder = settings.published / FOLDER / plan.definition
    files = {entity: folder / entity / f"{day}.parquet" for entity in plan.models}
    missing = [entity for entity, file in files.items() if not file.is_file() or _made_of(file) != deliveries]
    if not missing:
        return "is there"
    done = []
    with _side(settings, day) as connection:
        make_tables(connection, plan.tables, day)
        for entity in missing:
            target = files[entity]
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = target.with_name(f".{target.name}.new")
            tables = compute(settings, tree, connection, plan.models[entity])
            rows = _write(connection, plan, entity, tables, day, deliveries, fresh)
            os.replace(fresh, target)
            done.append(f"{rows:,} {entity} customers → {target.relative_to(settings.home)}")
    return ", ".join(done)


def _write(
    connection: duckdb.DuckDBPyConnection, plan: Plan, entity: str, tables: Mapping[str, str], day: date, deliveries: str,
    file: Path,
) -> int:  # fmt: skip
    """Write a row per customer of the spine; returns how many."""
    columns = [f"{identifier(model.name)}.{identifier(tag.name)}" for model in plan.models[entity] for tag in model.tags]
    joins = " ".join(
        f"left join {table} as {identifier(name)} on {identifier(name)}.customer_id = spine.customer_id"
        for name, table in tables.items()
    )
    rows = connection.execute(
        f"copy (select spine.customer_id, {literal(day)}::date as biz_date, {', '.join(columns)}"
        f" from dws.{entity}_spine as spine {joins} order by 1) to {literal(file)}"
        f" (format parquet, kv_metadata {{deliveries: {literal(deliveries)}, definition: {literal(plan.definition)}}})"
    ).fetchone()[0]
    file.chmod(0o400)
    return rows


def _made_of(file: Path) -> str:
    with connect() as connection:
        found = connection.execute(
            f"select decode(value) from parquet_kv_metadata({literal(file)}) where decode(key) = 'deliveries'"
        ).fetchone()
    return found[0] if found else ""


@contextmanager
def _side(settings: Settings, day: date) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse of its own at a past date; it bears the night's name, which compiled SQL says, and is thrown away."""
    folder = settings.home / f".{FOLDER}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        with connect(folder / settings.warehouse.name) as connection:
            connection.execute(f"attach {literal(settings.warehouse)} as {NIGHT} (read_only)")
            stand_back(connection, day)
            yield connection
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def stand_back(connection: duckdb.DuckDBPyConnection, day: date) -> None:
    """Show the deliveries and seeds of the warehouse attached as `night`, and the facts of a run of another date."""
    found = connection.execute(
        f"select schema_name, table_name from duckdb_tables() where database_name = '{NIGHT}'"
        f" and schema_name in ({', '.join(map(literal, READ))})"
    ).fetchall()
    for schema in ("stg", "dwd", "dws", *READ):
        connection.execute(f"create schema if not exists {schema}")
    for schema, table in found:
        if schema == "ops" and table in OF_THE_RUN:
            continue
        name = f"{schema}.{identifier(table)}"
        connection.execute(f"create view {name} as select * from {NIGHT}.{name}")
    connection.execute(
        f"create table ops.run_context as select * replace ({literal(day)}::date as biz_date) from {NIGHT}.ops.run_context;"
        f" create table ops.feed_present as from {NIGHT}.ops.feed_present"
    )


def make_tables(connection: duckdb.DuckDBPyConnection, tables: Iterable[Made], day: date) -> None:
    """Make tables of a past date as its night would: days after it are not there, and states that hold then are open."""
    for made in tables:
        schema, _, table = made.name.partition(".")
        name = f"{schema}.{identifier(table)}"
        if made.kind == "view":
            connection.execute(f"create view {name} as {made.sql}")
        elif made.kind == "history":
            columns = [row[0] for row in connection.execute(f"describe select * from ({made.sql}) as rows").fetchall()]
            connection.execute(f"create table {name} as {states_sql(made, day, columns)}")
        else:
            cut = f" where {identifier(made.day)} <= {literal(day)}::date" if made.kind == "daily" else ""
            connection.execute(f"create table {name} as select * from ({made.sql}) as rows{cut}")


def states_sql(made: Made, day: date, columns: Sequence[str]) -> str:
    """Rows of days as runs of days without a change: what the materialization `history` keeps (decision 0015).

    Args:
        columns: those of the model's query.
    """
    at, key = identifier(made.day), ", ".join(map(identifier, made.key))
    values = ", ".join(identifier(column) for column in columns if column not in (made.day, *made.key))
    return (
        f"with days as (select * from ({made.sql}) as rows where {at} <= {literal(day)}::date),"
        f" marked as (select *, (select max({at}) from days) as last_day,"
        f" lag({at}) over following is distinct from {at} - 1 or lag(row({values})) over following is distinct from row({values})"
        f" as begins from days window following as (partition by {key} order by {at})),"
        f" runs as (select *, count(*) filter (where begins) over (partition by {key} order by {at}) as run from marked),"
        f" kept as (select *, max({at}) over (partition by {key}, run) as until from runs)"
        f" select {key}, {at} as valid_from,"
        f" case when until = last_day then date '9999-12-31' else until + 1 end as valid_to, {values} from kept where begins"
    )
