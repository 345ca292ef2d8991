"""The identifiers of the demo bank's own customers, and where in what a person may look at one of them stands.

What is looked for comes from the files themselves: every column that a contract calls personal. Whoever adds such a column has
it looked for too.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests import demo_files

# A day of birth stands beside other dates everywhere; a loan's number is a key of dws, and the accounts of that column are in others.
LEFT_OUT = {"birth_date", "acct_or_note"}
# Not personal, and yet who a firm is, and which card.
FIRMS = {"uscc", "cust_name", "card_ref"}
TEXTS = {".log", ".html", ".json", ".generated", ".txt", ".sql", ".yml", ""}
# The layers in which nobody may be named.
PAST_DWD = ("dws", "tags", "seg", "ops")
# Full keys of failing rows stay in the state for who may see them, readers get them masked (docs/runbook.md); the record of tables
# that are built day by day has the keys of dwd.
OWN = {("gate_failing_row", "key_full"), ("daily_key", "key")}
NUMBER = re.compile(r"[0-9A-Za-z]{8,}")


@dataclass(frozen=True)
class Identifiers:
    """What is looked for.

    Attributes:
        numbers: of documents, telephones, accounts, cards, contracts.
        names: of persons and firms, and addresses, of three letters at least: two may be an ordinary word.
    """

    numbers: frozenset[str]
    names: frozenset[str]

    @classmethod
    def of(cls, warehouse: Path) -> Identifiers:
        """Those of everybody whom the warehouse's ods tells of."""
        found: set[str] = set()
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            for contract in demo_files.contracts().values():
                columns = [one.name for one in contract.columns if (one.personal or one.name in FIRMS) and one.name not in LEFT_OUT]
                for column in columns:
                    query = f'select distinct "{column}"::varchar from ods."{contract.feed}" where "{column}" is not null'
                    found |= {row[0] for row in connection.execute(query).fetchall()}
        numbers = frozenset(value for value in found if NUMBER.fullmatch(value) and re.search(r"\d{6}", value))
        return cls(numbers, frozenset(value for value in found if len(value) >= 3 and not value.isascii()))

    def in_text(self, text: str) -> set[str]:
        """Those that stand in a text, as a whole number or as part of a sentence."""
        triples = {text[place : place + 3] for place in range(len(text) - 2) if ord(text[place]) > 127}
        names = {name for name in self.names if name[:3] in triples and name in text}
        return names | (self.numbers & set(NUMBER.findall(text)))


def shown(home: Path) -> Iterator[tuple[str, str]]:
    """All that a person is shown of a home, as (place, text): tables behind dwd, the mart, Parquet, state, pages, logs."""
    # What `across.duckdb` shows are the Parquet files.
    for file in sorted(set(home.rglob("*.duckdb")) - set(home.rglob("across.duckdb"))):
        schemas = PAST_DWD if file.parent == home else None
        yield from _tables(file, schemas)
    for file in sorted((home / "published").rglob("*.parquet")):
        with duckdb.connect() as connection:
            yield from _columns(connection, f"'{file}'", str(file))
    with closing(sqlite3.connect(home / "state.sqlite")) as state:
        for (table,) in state.execute("select name from sqlite_master where type = 'table'").fetchall():
            for _, column, *_ in state.execute(f"pragma table_info({table})").fetchall():
                if (table, column) not in OWN:
                    yield f"state {table}.{column}", _joined(row[0] for row in state.execute(f"select distinct {column} from {table}"))
    for file in sorted(home.rglob("*")):
        if file.suffix in TEXTS and file.is_file() and not {"landing", "quarantine"} & set(file.relative_to(home).parts):
            yield str(file.relative_to(home)), file.read_text("utf-8", errors="replace")


def named(home: Path, identifiers: Identifiers) -> dict[str, int]:
    """Places that name somebody, with how many they name; never whom, for this is printed where a test fails."""
    return {place: len(found) for place, text in shown(home) if (found := identifiers.in_text(text))}


def _tables(file: Path, schemas: tuple[str, ...] | None) -> Iterator[tuple[str, str]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() union select schema_name, view_name from duckdb_views() where not internal"
        ).fetchall()
        for schema, table in sorted(tables):
            if schemas is None or schema in schemas:
                yield from _columns(connection, f'"{schema}"."{table}"', f"{file.name} {schema}.{table}")


def _columns(connection: duckdb.DuckDBPyConnection, source: str, place: str) -> Iterator[tuple[str, str]]:
    """The text of each column, its different values in one."""
    names = [row[0] for row in connection.execute(f"describe select * from {source}").fetchall() if row[1] in ("VARCHAR", "BIGINT", "HUGEINT")]
    if names:
        every = ", ".join(f'string_agg(distinct "{name}"::varchar, chr(10))' for name in names)
        for name, text in zip(names, connection.execute(f"select {every} from {source}").fetchone(), strict=True):
            if (source.split(".")[-1].strip('"'), name) not in OWN:
                yield f"{place}.{name}", text or ""


def _joined(values: Iterable[object]) -> str:
    return "\n".join(str(value) for value in values if value is not None)
