"""Drawn nights: a few rows written down, and what the project's own SQL says of them, as dbt would run it.

    with night("ann bob") as drawn:
        drawn.draw("dwd_account", acct_no="A1", customer_id="ann", entity="corporate", open_date="2020-01-01")
        assert drawn.tags("tag_corporate_account", "acct_cnt") == {"ann": (1,), "bob": (0,)}

What a model reads and nobody drew is there without a row, with the columns and types of its YAML; seeds say what they say
at night. A night is one transaction of a database in memory, undone at its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

import duckdb
import yaml

from tagmart.core.duck import connect, identifier, literal
from tagmart.tagspec.render import renderer

PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"
D = "2026-06-30"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Row = Mapping[str, object] | Sequence[object]


@cache
def feeds() -> tuple[str, ...]:
    """Every feed that a bank may deliver."""
    return tuple(sorted(path.stem.removeprefix("stg_") for path in (PROJECT / "models" / "staging").glob("stg_*.yml")))


@cache
def columns_of(table: str) -> dict[str, str]:
    """The columns of a model with their types, in the order of its YAML."""
    [path] = (PROJECT / "models").rglob(f"{table}.yml")
    [model] = yaml.load(path.read_text(encoding="utf-8"), LOADER)["models"]  # noqa: S506 - a safe loader
    untyped = [column["name"] for column in model["columns"] if "data_type" not in column]
    assert not untyped, f"{path} says no data_type of {untyped}"
    return {column["name"]: column["data_type"] for column in model["columns"]}


@cache
def seeds() -> dict[str, dict[str, str]]:
    """The seeds with the types of their columns."""
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in (PROJECT / "seeds").glob("*.yml")]
    return {seed["name"]: seed["config"]["column_types"] for file in files for seed in file["seeds"]}


@cache
def text_of(model: str) -> str:
    """A model as it is written; of staging, that of the demo bank."""
    [path] = [path for path in (PROJECT / "models").rglob(f"{model}.sql") if "berka" not in path.parts]
    return path.read_text(encoding="utf-8")


@cache
def rendered(text: str) -> tuple[str, frozenset[str]]:
    """The SQL of a model, whose relations have the names of their models, and the relations that it reads."""
    render, read = _renderer()
    read.clear()
    return render(text), frozenset(read)


@cache
def _renderer() -> tuple:
    """What renders any number of models, and the set in which it notes what the last one reads."""
    read: set[str] = set()

    def ref(name: str) -> str:
        read.add(name)
        return name

    return renderer(PROJECT, ref), read


class Night:
    """One night of a bank over drawn tables.

    Attributes:
        duck: where they lie, each under the name of its model.
        customers: who is of record: the rows of the spine of whatever entity a model asks for.
    """

    def __init__(
        self, duck: duckdb.DuckDBPyConnection, customers: str = "", absent: Sequence[str] = (), biz_date: str = D
    ) -> None:
        self.duck = duck
        self.customers = customers.split()
        self.biz_date = biz_date
        self.made = {row[0] for row in duck.execute("select table_name from duckdb_tables() where schema_name = 'main'").fetchall()}
        duck.execute("create schema ops")
        duck.execute(f"create table ops.run_context as select 'drawn' as run_id, date {literal(biz_date)} as biz_date, 'demo' as bank")
        duck.execute(rendered("{{ tier_told_table() }}")[0])
        fed = ", ".join(f"{literal(feed not in absent)} as {feed}" for feed in feeds())
        duck.execute(f"create table ops.feed_present as select {fed}")

    def of_record(self, customers: str) -> None:
        """More customers of record."""
        more = customers.split()
        self.customers += more
        for spine in (name for name in self.made if name.endswith("_spine")):
            self._stand_in(spine, more)

    def turn_to(self, biz_date: str) -> None:
        """Another business date over the same rows."""
        self.biz_date = biz_date
        self.duck.execute(f"update ops.run_context set biz_date = {literal(biz_date)}")

    def table(self, name: str, columns: Mapping[str, str] | None = None) -> str:
        """See to it that a table is there, and return its name; `columns` with their types if the project does not know it."""
        if name in self.made:
            return name
        self.made.add(name)
        if name in seeds():
            self.duck.execute(f"create table {name} as from read_csv({literal(PROJECT / 'seeds' / f'{name}.csv')}, columns = {seeds()[name]})")
        elif name.startswith("fold_"):  # what families share of a partial: nobody draws it
            self.build(name)
        else:
            listed = ", ".join(f"{identifier(column)} {kind}" for column, kind in (columns or columns_of(name)).items())
            self.duck.execute(f"create table {name} ({listed})")
            if name.endswith("_spine"):
                self._stand_in(name, self.customers)
        return name

    def _stand_in(self, spine: str, customers: Sequence[str]) -> None:
        self.draw(spine, *((customer, self.biz_date) for customer in customers))

    def draw(self, table: str, *rows: Row, **values: object) -> None:
        """Rows of a table: each by its columns, where those that are not named stay empty, or whole; or one row as keywords."""
        every = [row[0] for row in self.duck.execute(f"describe {self.table(table)}").fetchall()]
        written = [*rows, values] if values else rows
        drawn = [row if isinstance(row, Mapping) else dict(zip(every, row, strict=True)) for row in written]
        named = {name: None for row in drawn for name in row}
        strange = named.keys() - set(every)
        assert not strange, f"{table} has no {strange}"
        listed = ", ".join("(" + ", ".join(_sql(row.get(name)) for name in named) + ")" for row in drawn)
        if listed:
            self.duck.execute(f"insert into {table} ({', '.join(map(identifier, named))}) values {listed}")

    def sql(self, model: str) -> str:
        """The SQL of a model, when all that it reads is there."""
        return self.resolved(text_of(model))

    def resolved(self, text: str) -> str:
        """The same of a text that is no model of the project."""
        sql, read = rendered(text)
        for name in sorted(read):
            self.table(name)
        return sql

    def build(self, *models: str) -> None:
        """Run models, each of them a table for those that follow."""
        for model in models:
            self.make(model, self.sql(model))

    def make(self, table: str, query: str) -> None:
        """What a query says, as a table in place of the one that is there."""
        self.duck.execute(f"create or replace table {table} as {query}")
        self.made.add(table)

    def rows(self, model: str) -> list[tuple]:
        """What a model says, row by row."""
        return self.duck.execute(f"select * from ({self.sql(model)}) order by all").fetchall()

    def tags(self, model: str, *names: str) -> dict[str, tuple]:
        """Some columns of every customer, in this order."""
        found = self.says(model)
        return {customer: tuple(said[name] for name in names) for customer, said in found.items()}

    def says(self, model: str) -> dict[str, dict[str, object]]:
        """What a model with one row a customer says: customer, then column by column."""
        return self.read(self.sql(model))

    def read(self, query: str) -> dict[str, dict[str, object]]:
        """The same of any query whose first column is the customer."""
        result = self.duck.execute(query)
        _, *names = [column[0] for column in result.description]
        rows = result.fetchall()
        found = {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}
        assert len(found) == len(rows), "more than one row of a customer"
        return found


N = TypeVar("N", bound=Night)


@contextmanager
def night(customers: str, absent: Sequence[str] = (), biz_date: str = D, kind: type[N] = Night) -> Iterator[N]:
    """A night with these customers of record and nothing else; `absent` names feeds that the bank does not have."""
    duck = _memory()
    duck.execute("begin")
    try:
        yield kind(duck, customers, absent, biz_date)
    finally:
        duck.execute("rollback")


@cache
def _memory() -> duckdb.DuckDBPyConnection:
    """Opened once: hypothesis draws hundreds of nights."""
    return connect()


def said(model: str, customers: str, tables: Mapping[str, Sequence[Row]], absent: Sequence[str] = ()) -> dict[str, dict[str, object]]:
    """What a model says on D of these customers of record and these rows: customer, then tag by tag."""
    with night(customers, absent) as drawn:
        for name, rows in tables.items():
            drawn.draw(name, *rows)
        return drawn.says(model)


def values(tags: Mapping[str, object], names: str) -> tuple:
    """The values of some tags, in the order of the names."""
    return tuple(tags[name] for name in names.split())


def _sql(value: object) -> str:
    return literal(value if value is None or isinstance(value, bool | int) else str(value))
