"""Trying tags: the models of the working tree, computed over the warehouse as the last night left it, kept nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from tagmart.core.duck import identifier
from tagmart.core.errors import TagmartError, nearest
from tagmart.core.settings import Settings
from tagmart.tagspec import working_tree
from tagmart.tagspec.model import TagModel
from tagmart.tagspec.render import TAGS, relation_of, renderer

if TYPE_CHECKING:
    import duckdb
    from rich.console import RenderableType
    from rich.table import Table

SHOWN_ROWS = 10
SHOWN_TAGS = 8
NOUGHT = ("0", "0.00", "0.0000", "false")


@dataclass(frozen=True)
class Tree:
    """The tag models of the working tree.

    Attributes:
        models: every tag model, of every entity.
        sql: the text of each, by the name of the model.
    """

    models: tuple[TagModel, ...]
    sql: Mapping[str, str]

    def find(self, word: str) -> list[TagModel]:
        """The models that a word names: a family, a model, or one tag (then only this tag of its model).

        Raises:
            TagmartError: if no model, family or tag has that name, with the nearest one.
        """
        found = [model for model in self.models if word in (model.name, model.tags[0].family)]
        found = found or [
            replace(model, tags=(tag,)) for model in self.models for tag in model.tags if tag.name == word
        ]
        if found:
            return found
        known = {
            name for model in self.models for name in (model.name, model.tags[0].family, *(tag.name for tag in model.tags))
        }
        hint = nearest(word, tuple(known))
        raise TagmartError(f"there is no family, model or tag '{word}'" + (f". {hint}" if hint else ""), where="tags")


def read_tree(settings: Settings) -> Tree:
    """The tag models as specs and SQL of the checkout say now, generated files read from what they would be.

    Raises:
        TagmartError: if a spec or a hand-written YAML makes no sense.
    """
    models, generated = working_tree(settings)
    written = (settings.dbt_project / "models" / "tags").rglob("*.sql")
    return Tree(
        tuple(model for entity_list in models.values() for model in entity_list),
        {Path(path).stem: text for path, text in generated.items() if path.endswith(".sql")}
        | {path.stem: path.read_text(encoding="utf-8") for path in written},
    )


@contextmanager
def workbench(settings: Settings) -> Iterator[tuple[duckdb.DuckDBPyConnection, date]]:
    """The warehouse, read-only, and the business date that it stands at.

    Raises:
        TagmartError: if no night has run yet, or one is running.
    """
    from duckdb import IOException

    from tagmart.core.duck import connect

    if not settings.warehouse.is_file():
        raise TagmartError(
            "there is no warehouse to try on", where=str(settings.home), do=f"run a night: make run BANK={settings.bank}"
        )
    try:
        connection = connect(settings.warehouse, read_only=True)
    except IOException:
        raise TagmartError(
            "the warehouse is in use", where=str(settings.warehouse), do="wait for the night to end; `tagmart status` shows it"
        ) from None
    try:
        yield connection, connection.execute("select biz_date from ops.run_context").fetchone()[0]
    finally:
        connection.close()


def compute(
    settings: Settings, tree: Tree, connection: duckdb.DuckDBPyConnection, models: Sequence[TagModel]
) -> dict[str, str]:
    """Compute tag models of the working tree into temporary tables; those that they derive from first.

    Returns:
        The temporary table of each model, by the name of the model.

    Raises:
        TagmartError: if a model reads what the warehouse does not have, or its SQL does not run.
    """
    from duckdb import Error

    made: dict[str, str] = {}
    render = renderer(settings.dbt_project, ref=lambda name: ref(name))

    def ref(name: str) -> str:
        if name not in tree.sql or not relation_of(name).startswith(f"{TAGS}."):
            return relation_of(name)
        if name not in made:
            sql = render(tree.sql[name])
            try:
                connection.execute(f"create or replace temp table {identifier(name)} as {sql}")
            except Error as error:
                raise TagmartError(
                    "the model does not run", where=name, seen=str(error).split("\n")[0],
                    do="mend it; if it reads a new model of dwd or dws, run a night first: that builds it",
                ) from None  # fmt: skip
            made[name] = f"temp.{identifier(name)}"
        return made[name]

    return {model.name: ref(model.name) for model in models}


def try_tags(settings: Settings, word: str) -> RenderableType:
    """Compute what a word names and show ten customers and how each tag is filled.

    Args:
        settings: whose checkout and warehouse are used; nothing is written to either.
        word: a family, a tag model or a tag.

    Raises:
        TagmartError: as `read_tree`, `Tree.find`, `workbench` and `compute`.
    """
    from rich.console import Group
    from rich.text import Text

    tree = read_tree(settings)
    models = tree.find(word)
    pages: list[RenderableType] = []
    with workbench(settings) as (connection, biz_date):
        started = perf_counter()
        tables = compute(settings, tree, connection, models)
        seconds = perf_counter() - started
        for model in models:
            names = [tag.name for tag in model.tags]
            pages += [Text(f"{model.name} · {len(names)} tags", style="bold"),
                      _rows(connection, tables[model.name], names), _figures(connection, tables[model.name], model)]
    tags = sum(len(model.tags) for model in models)
    pages.append(Text(f"{tags} tags of {len(models)} model(s) in {seconds:.1f} s, over the warehouse at {biz_date}"))
    return Group(*pages)


def _rows(connection: duckdb.DuckDBPyConnection, table: str, names: Sequence[str]) -> Table:
    """Ten customers, those first who have most of the tags; at most eight tags fit a screen."""
    shown = names[:SHOWN_TAGS]
    filled = " + ".join(f"({identifier(name)} is not null and {identifier(name)}::varchar not in {NOUGHT})::integer"
                        for name in names)
    listed = ", ".join(["customer_id", *map(identifier, shown)])
    page = text_table("customer_id", *shown)
    for row in connection.execute(
        f"select {listed} from {table} order by {filled} desc, customer_id limit {SHOWN_ROWS}"
    ).fetchall():
        page.add_row(*("" if value is None else str(value) for value in row))
    return page


def _figures(connection: duckdb.DuckDBPyConnection, table: str, model: TagModel) -> Table:
    """How each tag is filled, as mart.tag_profile will say it."""
    page = text_table("tag", "label", "empty", "zero", "different", "smallest", "largest")
    for tag in model.tags:
        name = identifier(tag.name)
        empty, zero, different, smallest, largest = connection.execute(
            f"select count(*) - count({name}), sum(({name}::varchar in {NOUGHT})::integer),"
            f" count(distinct {name}), min({name}), max({name}) from {table}"
        ).fetchone()
        page.add_row(tag.name, tag.label.zh, *map(str, (empty, zero or 0, different)),
                     *("" if value is None else str(value) for value in (smallest, largest)))
    return page


def text_table(*titles: str) -> Table:
    """A table without lines, for the terminal."""
    from rich.table import Table

    page = Table(box=None, padding=(0, 2, 0, 0))
    for title in titles:
        page.add_column(title, no_wrap=True)
    return page
