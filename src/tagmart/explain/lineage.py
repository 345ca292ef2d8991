"""Column lineage: from a tag's column through tags, dws, dwd and staging back to the columns of the source feeds.

Read from the SQL that dbt has compiled for this bank, so it is what runs and not what somebody wrote about it.
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from tagmart.core.errors import TagmartError
from tagmart.core.kept import forget_older
from tagmart.core.settings import Settings
from tagmart.explain.columns import NOTHING, Origin, Origins, Relation, columns_of
from tagmart.tagspec.render import PREFIXED, SEEDS, TAGS, relation_of, renderer
from tagmart.tagspec.render import __file__ as render_file

if TYPE_CHECKING:
    import duckdb

# Where deliveries lie: a relation of these schemas is a feed.
DELIVERED = ("ods", "hist")
TAG_FOLDERS = ("tags", "generated/folds", "generated/tags")
# Facts of the run (its date, which feeds the bank has): no column of a source.
OF_THE_RUN = "ops"
# What history tables and the loader add to a feed; the source did not send it.
ADDED = ("valid_from", "valid_to", "biz_date", "src_file", "src_line")
CATALOGUES = ("tag_catalog.csv", "restricted_tag_catalog.csv")
TABLE = "ops.tag_lineage"
MADE_LATER = ("seg", "lead")
KEPT_AS = ".lineage.csv"


@dataclass(frozen=True)
class Traced:
    """Where a column comes from, through all layers.

    Attributes:
        value: what its value is made of, at every layer.
        rows: columns of feeds and seeds that only decide which rows count: conditions, joins, groupings.
    """

    value: Origins
    rows: Origins


class Lineage:
    """The compiled models of one bank, and what they read."""

    def __init__(self, models: Mapping[str, Relation]) -> None:
        """Args: models: what each model gives, by its relation `schema.name`."""
        self.models = models
        self._traced: dict[Origin, Traced] = {}
        self._rows: dict[str, Origins] = {}

    def trace(self, column: Origin) -> Traced:
        """Where a column of a model comes from.

        Raises:
            TagmartError: if its model does not give it.
        """
        known = self._traced.get(column)
        if known is None:
            known = self._traced[column] = self._trace(column)
        return known

    def _trace(self, column: Origin) -> Traced:
        model = self.models.get(column.table)
        if model is None:
            return Traced(NOTHING, NOTHING)
        if column.column not in model.columns:
            raise TagmartError("a model does not give a column", where=column.table, seen=column.column)
        value, rows = set(model.columns[column.column]), set(self._rows_of(column.table))
        for origin in model.columns[column.column]:
            behind = self.trace(origin)
            value |= behind.value
            rows |= behind.rows
        return Traced(frozenset(value), frozenset(rows) - frozenset(value))

    def _rows_of(self, table: str) -> Origins:
        """Columns of feeds and seeds on which the rows of a model depend."""
        if table not in self._rows:
            found: set[Origin] = set()
            for origin in self.models[table].rows:
                behind = self.trace(origin)
                found |= {each for each in (origin, *behind.value) if each.table not in self.models} | behind.rows
            self._rows[table] = frozenset(found)
        return self._rows[table]


def compiled_lineage(settings: Settings, connection: duckdb.DuckDBPyConnection) -> Lineage:
    """The lineage of the models that dbt has compiled in this home, tags and below.

    Args:
        connection: the warehouse, whose tables tell their columns.

    Raises:
        TagmartError: if nothing is compiled, or a model cannot be read.
    """
    columns = _columns(connection)
    texts = _texts(settings, columns)
    models: dict[str, Relation] = {}

    def relation(table: str) -> Relation:
        if table not in models:
            name, text = texts[table]
            models[table] = _as_kept(columns_of(text, columns_there, name), columns.get(table, ()))
        return models[table]

    def columns_there(table: str) -> tuple[str, ...]:
        # Families are put into the statement that reads them: the warehouse has no table that could tell their columns.
        return columns.get(table) or (tuple(relation(table).columns) if table in texts else ())

    return Lineage({table: relation(table) for table in texts})


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, ...]]:
    """The columns of every table and view of the warehouse, by `schema.name`."""
    found = connection.execute(
        "select schema_name || '.' || table_name, list(lower(column_name) order by column_index) from duckdb_columns()"
        " where database_name = current_database() group by 1"
    ).fetchall()
    return {table: tuple(names) for table, names in found}


def _as_kept(relation: Relation, kept: tuple[str, ...]) -> Relation:
    """The columns as the warehouse keeps them: a history turns the day of its query into `valid_from` and `valid_to`."""
    turned = frozenset().union(*(origins for name, origins in relation.columns.items() if kept and name not in kept))
    return Relation({**relation.columns, **{name: turned for name in kept if name not in relation.columns}}, relation.rows)


def _texts(settings: Settings, columns: Mapping[str, object]) -> dict[str, tuple[str, str]]:
    """Name and SQL of every model by its relation: as dbt compiled it, and of tags as it would."""
    texts = {relation_of(path.stem): (path.stem, path.read_text(encoding="utf-8")) for path in _compiled(settings, columns)}
    if not texts:
        raise TagmartError("dbt has compiled no model", where=str(_compiled_folder(settings)), do="run the stages `dwd` to `tags`")
    render = renderer(settings.dbt_project)
    for path in _tag_models(settings):
        texts[relation_of(path.stem)] = (path.stem, render(path.read_text(encoding="utf-8")))
    return texts


def _compiled_folder(settings: Settings) -> Path:
    return settings.home / "dbt" / "compiled" / "tagmart" / "models"


def _compiled(settings: Settings, columns: Mapping[str, object]) -> Iterator[Path]:
    """The models that dbt has compiled and the warehouse holds."""
    for path in sorted(_compiled_folder(settings).rglob("*.sql")):
        if _is_model(path, settings) and relation_of(path.stem) in columns:
            yield path


def _tag_models(settings: Settings) -> list[Path]:
    """The models of tags as they are written: of families dbt compiles those alone that a hand-written model reads."""
    return sorted(path for part in TAG_FOLDERS for path in (settings.dbt_project / "models" / part).rglob("*.sql"))


def tags_with_models(settings: Settings) -> Iterable[tuple[str, str, str]]:
    """Entity, name and model of every published tag, restricted ones too."""
    for name in CATALOGUES:
        path = settings.dbt_project / "seeds" / "generated" / name
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                yield row["entity"], row["tag_name"], row["model"]


def write_lineage(settings: Settings) -> int:
    """Write ops.tag_lineage of the warehouse anew: one row per tag, column behind it, and role.

    Returns:
        The number of tags that were traced.

    Raises:
        TagmartError: if a tag's model does not give it, or has not been compiled.
    """
    from tagmart.core.duck import connect, literal

    with connect(settings.warehouse) as connection:
        kept = _kept(settings, connection)
        tags = list(tags_with_models(settings))
        if not kept.exists():
            _keep(kept, _rows(compiled_lineage(settings, connection), tags))
        # Through a file: a hundred thousand rows in `values` take the parser six seconds.
        connection.execute(
            f"create or replace table {TABLE} as select * from read_csv({literal(str(kept))}, header = false, columns = {{"
            "'entity': 'varchar', 'tag_name': 'varchar', 'layer': 'varchar', 'table_name': 'varchar',"
            " 'column_name': 'varchar', 'role': 'varchar'})"
        )
    return len(tags)


def _rows(lineage: Lineage, tags: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, ...]]:
    """The rows of ops.tag_lineage."""
    for entity, tag, model in tags:
        if f"{TAGS}.{model}" not in lineage.models:
            raise TagmartError("the model of a tag is not compiled", where=tag, seen=model, do="run `tagmart tags generate`")
        traced = lineage.trace(Origin(f"{TAGS}.{model}", tag))
        yield from ((entity, tag, *_place(origin), "value") for origin in sorted(traced.value) if _shown(origin))
        yield from ((entity, tag, *_place(origin), "rows") for origin in sorted(traced.rows) if _shown(origin))


def _kept(settings: Settings, connection: duckdb.DuckDBPyConnection) -> Path:
    """Where the lineage of these texts is kept once it is read: the next night mostly has the same, and so have other homes.

    Named after everything that it is read from: the models, the macros and the catalogues, the columns of the warehouse, the
    code that reads them, and the database that parses for it.
    """
    columns = _columns(connection)
    project = settings.dbt_project
    files = [
        *_compiled(settings, columns), *_tag_models(settings), *sorted((project / "macros").glob("*.sql")),
        *(project / "seeds" / "generated" / name for name in CATALOGUES),
        *(Path(__file__).with_name(name) for name in ("lineage.py", "columns.py", "selects.py")), Path(render_file),
    ]
    texts = [(path.name, path.read_bytes()) for path in files]
    everything = b"\n".join(text for _, text in texts)
    # What stages after this one make is there from the second night on: it counts only where a text names it.
    there = sorted(
        (table, names) for table, names in columns.items()
        if table.partition(".")[0] not in (*MADE_LATER, OF_THE_RUN) or (table != TABLE and table.partition(".")[2].encode() in everything)
    )
    version = connection.execute("select version()").fetchone()
    said = hashlib.sha256(repr([settings.bank, there, version, [(name, len(text)) for name, text in texts]]).encode())
    said.update(everything)
    return settings.parses / f"{said.hexdigest()}{KEPT_AS}"


def _keep(file: Path, rows: Iterable[tuple[str, ...]]) -> None:
    """Write down rows in one step, and forget those of older texts."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = NamedTemporaryFile("w", encoding="utf-8", newline="", dir=file.parent, delete=False)  # noqa: SIM115 - closed below
    try:
        with fresh:
            csv.writer(fresh).writerows(rows)
        os.replace(fresh.name, file)
    except BaseException:
        Path(fresh.name).unlink(missing_ok=True)
        raise
    forget_older(file.parent, KEPT_AS)


def _is_model(path: Path, settings: Settings) -> bool:
    """True for a model that the warehouse holds; dbt keeps the SQL of tests in folders named after YAML files."""
    if any(part.endswith(".yml") for part in path.parts):
        return False
    return path.stem.split("_")[0] in PREFIXED and (
        not path.stem.startswith("stg_") or path.parent.name == settings.bank
    )


def _place(origin: Origin) -> tuple[str, str, str]:
    """Layer, table and column as people say them: a feed is `source`, whatever schema keeps it."""
    schema, _, name = origin.table.partition(".")
    layer = "source" if schema in DELIVERED else "seed" if schema == SEEDS else schema
    return layer, name, origin.column


def _shown(origin: Origin) -> bool:
    layer = _place(origin)[0]
    return layer != OF_THE_RUN and not (layer == "source" and origin.column in ADDED)
