"""What has happened, in SQLite: runs, stages, arrivals, gates, publishes, switches of `current`.

It is apart from the warehouse so that an operator can ask while a night holds the warehouse. The status tables of the
mart are copies of what stands here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tagmart.core.errors import TagmartError

SCHEMA = """
create table if not exists run (
    run_id text primary key, bank text not null, biz_date text not null,
    status text not null check (status in ('running', 'failed', 'superseded', 'published')),
    code_revision text, started_at text not null, ended_at text, message text, yesterday text
);
create table if not exists stage (
    run_id text not null, stage text not null, status text not null check (status in ('running', 'failed', 'done')),
    started_at text not null, ended_at text, seconds real, rows integer, message text,
    primary key (run_id, stage)
);
create table if not exists arrival (
    feed text not null, biz_date text not null, kind text not null, files text not null, md5 text not null,
    bytes integer not null, rows_declared integer, rows_in integer not null, rows_loaded integer not null,
    rows_quarantined integer not null, replaced integer not null default 0, loaded_at text not null,
    run_id text not null, batch_no integer, primary key (feed, biz_date)
);
create table if not exists accepted (
    feed text not null, biz_date text not null, reason text not null, accepted_at text not null, md5 text,
    primary key (feed, biz_date)
);
create table if not exists strange_file (
    run_id text not null, file text not null, message text not null, primary key (run_id, file)
);
create table if not exists quarantine (
    feed text not null, biz_date text not null, file text not null, rule text not null, column_name text not null,
    rows integer not null, first_line integer not null, run_id text not null, at text not null,
    primary key (feed, biz_date, file, rule, column_name)
);
create table if not exists feed_fact (
    run_id text not null, feed text not null, biz_date text not null, load text not null, status text not null,
    rows_declared integer, rows_in integer, rows_loaded integer, rows_quarantined integer, bad_share real,
    bad_share_limit real, files text, message text not null default '', owner text, as_of text,
    due text, stale_days integer, carry_days integer, notes text not null default '', primary key (run_id, feed)
);
create table if not exists gate_result (
    run_id text not null, gate text not null, expectation text not null, subject text not null default '',
    severity text not null, owner text not null, success integer not null, observed text, message text not null,
    what_to_do text, checked_at text not null, consequence text not null default '', theme text not null default '',
    primary key (run_id, gate, expectation, subject)
);
create table if not exists held (
    run_id text not null, gate text not null, kind text not null check (kind in ('feed', 'theme', 'family')), name text not null,
    because text not null, as_of text, tags integer, primary key (run_id, gate, kind, name)
);
create table if not exists gate_failing_row (
    run_id text not null, gate text not null, expectation text not null, subject text not null, place integer not null,
    key_kind text not null, key_full text, key_shown text, reason text not null, gl_org text, gl_subject text, ccy text,
    amount_left text, amount_right text, difference text, primary key (run_id, gate, expectation, subject, place)
);
create table if not exists turn (
    who text primary key, kind text not null check (kind in ('nightly', 'backfill')), biz_date text not null, asked_at text not null,
    seen_at text not null, granted_at text, reason text not null default ''
);
create table if not exists publish (
    run_id text primary key, biz_date text not null, published_at text not null, path text not null,
    became_current integer not null, removed_at text
);
create table if not exists current_switch (
    switched_at text not null, kind text not null check (kind in ('publish', 'rollback')), from_run_id text,
    to_run_id text not null, reason text
);
create table if not exists contact_export (
    exported_at text not null, run_id text not null, channel text not null, exported_by text not null, rows integer not null,
    columns text not null, file text not null
);
create table if not exists space (
    run_id text not null, stage text not null, bytes integer not null, primary key (run_id, stage)
);
create table if not exists hold (
    run_id text not null, reader text not null, reason text not null, held_at text not null, pid integer,
    primary key (run_id, reader)
);
"""
# Columns that came after the first homes: they are added where a home opens without them.
LATER_COLUMNS = {
    "arrival": {"batch_no": "integer"},
    "gate_result": {"consequence": "text not null default ''", "theme": "text not null default ''"},
    "feed_fact": {"due": "text", "stale_days": "integer", "carry_days": "integer", "notes": "text not null default ''"},
    "run": {"yesterday": "text", "held_from": "text", "bridged_from": "text", "restates": "text"},
    "current_switch": {"reason": "text"},
}


class State:
    """The state of one home.

    Args:
        path: state.sqlite; made if it is not there, readable by its owner only.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        fresh = not path.exists()
        with self.connect() as connection:
            connection.executescript(SCHEMA)
        self._add_later_columns()
        if fresh:
            path.chmod(0o600)

    def _add_later_columns(self) -> None:
        """Add the columns that an older home does not have."""
        with self.connect() as connection:
            def lacking() -> list[tuple[str, str, str]]:
                return [
                    (table, name, kind) for table, columns in LATER_COLUMNS.items() for name, kind in columns.items()
                    if name not in {row["name"] for row in connection.execute(f"pragma table_info({table})")}
                ]

            if lacking():
                # Asked again under the lock: another process may be opening the same home.
                connection.execute("begin immediate")
                for table, name, kind in lacking():
                    connection.execute(f"alter table {table} add column {name} {kind}")

    @contextmanager
    def connect(self) -> Iterator[sqlite3.Connection]:
        """A connection whose writes are one transaction: kept if the block ends well, undone if it raises."""
        if not self.path.parent.is_dir():
            raise TagmartError("there is no home here", where=str(self.path.parent), do="name it in TAGMART_HOME, or make it with `tagmart run`")
        connection = sqlite3.connect(self.path, timeout=30)
        connection.row_factory = sqlite3.Row
        try:
            connection.execute("pragma journal_mode = wal")
            with connection:
                yield connection
        finally:
            connection.close()

    def rows(self, query: str, *values: object) -> list[dict]:
        """All rows of a query, as dictionaries."""
        with self.connect() as connection:
            return [dict(row) for row in connection.execute(query, values)]

    def row(self, query: str, *values: object) -> dict | None:
        """The first row of a query, or None."""
        found = self.rows(query, *values)
        return found[0] if found else None

    def put(self, table: str, *records: dict) -> None:
        """Insert records, replacing those with the same key, in one transaction."""
        with self.connect() as connection:
            for record in records:
                names = ", ".join(record)
                marks = ", ".join("?" for _ in record)
                connection.execute(f"insert or replace into {table} ({names}) values ({marks})", list(record.values()))

    def do(self, statement: str, *values: object) -> None:
        """Run one statement."""
        with self.connect() as connection:
            connection.execute(statement, values)
