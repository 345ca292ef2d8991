"""What goes into a candidate before it is published: status tables, comments, and fingerprints of its tables."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tagmart.core.clock import BANK_TIME
from tagmart.core.duck import connect, identifier, literal
from tagmart.core.errors import TagmartError
from tagmart.core.mart import (
    COMMON_COMMENTS,
    FEED_STATUS,
    GATE_FAILING_ROW,
    GATE_RESULT,
    MART_FILE,
    QUALITY_STAMP,
    RESTRICTED_FILE,
    RUN_MANIFEST,
    SCHEMA,
    TAG_CATALOG,
    TAGS_PREFIX,
    qualified,
    table_columns,
    volatile_columns,
    write_table,
)
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.publish.inputs import file_facts, run_facts, source_facts
from tagmart.publish.labels import keep_labels
from tagmart.publish.stamp import stamp
from tagmart.publish.themes import make_theme_views

if TYPE_CHECKING:
    import duckdb


def content_hash(connection: duckdb.DuckDBPyConnection, table: str, schema: str = SCHEMA) -> tuple[int, str]:
    """Fingerprint of a table's business columns: equal content gives an equal hash, in whatever order the rows are.

    Left out are timestamps and the columns that two runs over the same files may fill differently (core.mart). Every row
    counts, twins too: the sum of row hashes is kept modulo 2^64, which needs no sort. Row hashes are DuckDB's, so compare
    only what one version of DuckDB wrote; the manifest names it.

    Args:
        connection: its current database holds the table.
        table: name, or schema.name.
        schema: schema of a bare name.

    Returns:
        The number of rows, and 32 hexadecimal digits.

    Raises:
        TagmartError: if there is no such table.
    """
    if "." in table:
        schema, table = table.split(".", 1)
    columns = table_columns(connection, table, schema)
    if not columns:
        raise TagmartError(
            "there is no such table", where=f"{schema}.{table}", do="build it before it is fingerprinted"
        )
    left_out = volatile_columns(table)
    kept = sorted(
        (name, kind) for name, kind in columns.items() if name not in left_out and not kind.startswith("TIMESTAMP")
    )
    # An ENUM is hashed as text: its codes depend on the order in which values were first seen.
    values = ", ".join(
        f"{identifier(name)}::varchar" if kind.startswith("ENUM") else identifier(name) for name, kind in kept
    )
    row_hash = f"hash({values})" if kept else "0"
    rows, total = connection.execute(
        f"select count(*), coalesce(sum({row_hash}::hugeint) % 18446744073709551616, 0) from {qualified(table, schema)}"
    ).fetchone()
    types = [(name, "VARCHAR" if kind.startswith("ENUM") else kind) for name, kind in kept]
    digest = hashlib.sha256(json.dumps([types, rows, str(total)]).encode()).hexdigest()
    return rows, digest[:32]


def finish_candidate(settings: Settings, folder: Path, state: State, run_id: str, biz_date: date) -> list[str]:
    """Write status tables, theme views, missing comments and the manifest into the candidate's files, and close them without a log.

    Can be repeated: every table is made anew.

    Returns:
        Columns that are still without a comment, as table.column.
    """
    with _opened(folder / MART_FILE) as mart:
        write_table(mart, FEED_STATUS, _feed_rows(state, run_id))
        write_table(mart, GATE_RESULT, _gate_rows(state, run_id))
        write_table(mart, GATE_FAILING_ROW, _failing_rows(state, run_id))
        write_table(mart, QUALITY_STAMP, [stamp(state, run_id, biz_date, mart)])
        bare = _add_comments(mart)
        make_theme_views(mart)
        facts = run_facts(state, run_id, biz_date)
        made_of = [*file_facts(state, biz_date), *source_facts(settings, run_id)]
        write_table(mart, RUN_MANIFEST, [*facts, *_table_facts(mart), *made_of])
    with _opened(folder / RESTRICTED_FILE) as restricted:
        bare += _add_comments(restricted)
        own_facts = [fact for fact in facts if fact["kind"] == "run"]
        write_table(restricted, RUN_MANIFEST, [*own_facts, *_table_facts(restricted)])
    return bare


def label_candidate(settings: Settings) -> None:
    """Comment every column of the candidate's wide tables from the catalogue, in both files.

    dbt would do it with a statement and a round trip per column, which for a thousand tags takes longer than the table. Tables
    that were laid out with their comments have them already.
    """
    for name in (MART_FILE, RESTRICTED_FILE):
        with _opened(settings.candidate / name) as connection:
            statements, _ = _comments(connection, TAGS_PREFIX)
            _execute(connection, statements)
        if name == MART_FILE and statements:
            keep_labels(settings)


@contextmanager
def _opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A file to write in, under one name whichever of the two files it is."""
    with connect() as connection:
        connection.execute(f"attach {literal(str(path))} as unfinished")
        connection.execute("use unfinished")
        # One transaction: a comment per column is a statement, and each would wait for the disk.
        connection.execute("begin")
        yield connection
        connection.execute("commit")
        connection.execute("checkpoint")


def check_opens_alone(path: Path) -> None:
    """Open a finished file read-only under a name of its own and read every table and view.

    Raises:
        TagmartError: if a relation cannot be read, as a view that names another catalogue, or a log was left beside it.
    """
    log = path.with_name(path.name + ".wal")
    if log.exists():
        raise TagmartError("the file is not closed: a log is beside it", where=str(log), do="run this step again")
    with connect() as connection:
        connection.execute(f"attach {literal(str(path))} as opened_alone (read_only)")
        connection.execute("use opened_alone")
        for schema, name in _tables(connection) + _views(connection):
            try:
                connection.execute(f"select * from {qualified(name, schema)} limit 1").fetchall()
            except Exception as error:
                raise TagmartError(
                    "a table or view cannot be read when the file is opened alone",
                    where=f"{path.name}: {schema}.{name}",
                    seen=str(error).splitlines()[0],
                    do="views may use two-part names only; materialise it as a table",
                ) from error


def manifest_rows(path: Path) -> dict[str, int]:
    """Rows per table, as the manifest of a published file says."""
    with connect(path, read_only=True) as connection:
        found = connection.execute(
            f"select name, row_cnt from {qualified(RUN_MANIFEST.name)} where kind = 'table' order by name"
        )
        return dict(found.fetchall())


def _tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Schema and name of the tables of the current database."""
    return connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = current_database() order by all"
    ).fetchall()


def _views(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Schema and name of the views of the current database, DuckDB's own excepted."""
    return connection.execute(
        "select schema_name, view_name from duckdb_views() where database_name = current_database() and not internal"
        " order by all"
    ).fetchall()


def _feed_rows(state: State, run_id: str) -> list[dict]:
    facts = state.rows("select *, load as load_kind from feed_fact where run_id = ? order by feed", run_id)
    held = {row["name"]: row["tags"] for row in state.rows("select name, tags from held where run_id = ? and kind = 'feed'", run_id)}
    return [
        {**fact, "biz_date": fact["biz_date"] or None, "as_of": fact["as_of"] or None, "tags_held": held.get(fact["feed"], 0)}
        for fact in facts
    ]


def _gate_rows(state: State, run_id: str) -> list[dict]:
    results = state.rows("select * from gate_result where run_id = ? order by gate, expectation, subject", run_id)
    return [
        {**result, "success": bool(result["success"]), "checked_at": _bank_time(result["checked_at"])}
        for result in results
    ]


def _failing_rows(state: State, run_id: str) -> list[dict]:
    """Failing rows as readers may see them: what is masked is masked, and the full key stays in the home."""
    rows = state.rows("select * from gate_failing_row where run_id = ? order by gate, expectation, subject, place", run_id)
    return [{**row, "key": row["key_shown"]} for row in rows]


def _bank_time(text: str) -> datetime:
    """A moment as a clock on the bank's wall shows it: BI tools mishandle zones."""
    moment = datetime.fromisoformat(text)
    return (moment.astimezone(BANK_TIME) if moment.tzinfo else moment).replace(tzinfo=None)


def _table_facts(connection: duckdb.DuckDBPyConnection) -> list[dict]:
    """Rows and fingerprint of every table; the manifest cannot hold its own."""
    facts = []
    for found_schema, name in _tables(connection):
        if found_schema == SCHEMA and name != RUN_MANIFEST.name:
            rows, digest = content_hash(connection, name)
            facts.append({"kind": "table", "name": name, "row_cnt": rows, "content_hash": digest})
    return facts


def _add_comments(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Comment every column from the catalogue and the common words; return those still bare."""
    statements, missing = _comments(connection)
    _execute(connection, statements)
    return missing


def _comments(connection: duckdb.DuckDBPyConnection, prefix: str = "") -> tuple[list[str], list[str]]:
    """Statements for columns that have no comment, or in a wide table not the catalogue's; and columns of which nobody says what they are.

    Args:
        prefix: of the tables that are looked at.
    """
    words = {**COMMON_COMMENTS, **_tag_comments(connection)}
    columns = connection.execute(
        "select column_info.table_name, column_info.column_name, column_info.comment from duckdb_columns() as column_info"
        " join duckdb_tables() as table_info using (database_name, schema_name, table_name)"
        " where column_info.database_name = current_database() and schema_name = " + literal(SCHEMA) +
        f" and starts_with(table_name, {literal(prefix)}) and (column_info.comment is null or starts_with(table_name, {literal(TAGS_PREFIX)}))"
        " order by table_name, column_info.column_index"
    ).fetchall()
    missing, statements = [], []
    for table, column, comment in columns:
        text = words.get(column) if table.startswith(TAGS_PREFIX) else COMMON_COMMENTS.get(column)
        if (text or comment) is None:
            missing.append(f"{table}.{column}")
        elif text not in (None, comment):
            statements.append(f"comment on column {qualified(table)}.{identifier(column)} is {literal(text)}")
    return statements, missing


def _execute(connection: duckdb.DuckDBPyConnection, statements: list[str]) -> None:
    if statements:
        connection.execute("; ".join(statements))


def _tag_comments(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What the catalogue calls each tag, in both languages."""
    columns = table_columns(connection, TAG_CATALOG)
    if not {"tag_name", "zh", "en"} <= columns.keys():
        return {}
    found = connection.execute(f"select tag_name, zh, en from {qualified(TAG_CATALOG)}").fetchall()
    return {tag: f"{zh}｜{en}" for tag, zh, en in found}
