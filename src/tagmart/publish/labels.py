"""The wide tables of a candidate before they are filled: empty, with the comments that they had when they were last labelled.

DuckDB copies a table's description for every comment, so that 1,700 of them take 4.9 processor seconds and 840 MB. A schema is
copied with its comments in a hundredth of a second. Nothing depends on what is kept: the materialization `blocks` fills only a
table that has the columns it makes, and label_candidate mends a comment that is another one by now.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from tagmart.core.duck import connect, identifier, literal
from tagmart.core.kept import forget_older
from tagmart.core.mart import MART_FILE, SCHEMA, TAGS_PREFIX, qualified, tag_tables
from tagmart.core.settings import Settings

KEPT_AS = ".labels.duckdb"


def lay_out(settings: Settings) -> None:
    """Put the empty wide tables into the candidate in place of those that are there; nothing is done where none are kept."""
    import duckdb

    with connect() as connection:
        try:
            connection.execute(f"attach {literal(str(_kept(settings)))} as kept (read_only)")
        except duckdb.IOException:
            return
        connection.execute(f"attach {literal(str(settings.candidate / MART_FILE))} as unfinished")
        connection.execute("use unfinished")
        connection.execute("begin")
        for table in tag_tables(connection).values():
            connection.execute(f"drop table {qualified(table)}")
        connection.execute("copy from database kept to unfinished (schema)")
        connection.execute("commit")
        connection.execute("checkpoint")


def keep_labels(settings: Settings) -> None:
    """Keep the wide tables of the candidate, which are labelled, without their rows."""
    file = _kept(settings)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with TemporaryDirectory(dir=file.parent) as folder:
        fresh = Path(folder) / file.name
        with connect() as connection:
            connection.execute(f"attach {literal(str(settings.candidate / MART_FILE))} as candidate (read_only)")
            connection.execute(f"attach {literal(str(fresh))} as kept")
            connection.execute("copy from database candidate to kept (schema)")
            connection.execute("use kept")
            others = connection.execute(
                "select case when is_view then 'view' else 'table' end, schema_name, name from ("
                " select schema_name, table_name as name, false as is_view, database_name from duckdb_tables()"
                " union all select schema_name, view_name, true, database_name from duckdb_views() where not internal)"
                f" where database_name = 'kept' and (is_view or schema_name <> {literal(SCHEMA)} or not starts_with(name, {literal(TAGS_PREFIX)}))"
                " order by is_view desc"
            ).fetchall()
            for kind, schema, name in others:
                connection.execute(f"drop {kind} {identifier(schema)}.{identifier(name)}")
        os.replace(fresh, file)
    forget_older(file.parent, KEPT_AS)


def _kept(settings: Settings) -> Path:
    """Where the tables lie that are made of these models of this bank."""
    said = hashlib.sha256(settings.bank.encode())
    for path in sorted((settings.dbt_project / "models" / "generated" / "wide").glob("*.sql")):
        said.update(path.name.encode() + path.read_bytes())
    return settings.parses / f"{said.hexdigest()}{KEPT_AS}"
