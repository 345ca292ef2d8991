"""A tiny dbt project that uses the real materializations, for tests of tables that are built day by day.

One process runs many nights: dbt parses once for all banks with the same models, and the warehouse is open for the test between them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import duckdb
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

from tagmart.contracts.model import Column, ColumnType, Contract, Files, Form
from tagmart.core.duck import literal
from tagmart.ingest.ledger import note_taken
from tagmart.night.partials import make_bookkeeping

PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"
START = date(2026, 6, 1)
FOREVER = date(9999, 12, 31)
FEEDS = {
    "posting": "post_no integer, acct_no varchar, cp_acct_no varchar, day date, amt decimal(18, 2), biz_date date",
    "balance": "acct_no varchar, day date, amt decimal(18, 2), biz_date date",
}
ACCOUNT = "{'to': 'dim_account', 'key': 'acct_no', 'reads': ['customer_id'], 'by': 'acct_no'}"
MODELS = {
    "in_posting": "select * from {{ source('ods', 'posting') }} where biz_date <= {{ biz_date() }}",
    "in_balance": "select * from {{ source('ods', 'balance') }} where biz_date <= {{ biz_date() }}",
    "dim_account": """
        {{ config(materialized='table') }}
        select acct_no, customer_id from {{ source('raw', 'account') }}
        where valid_from <= {{ biz_date() }} and valid_to > {{ biz_date() }}
    """,
    "dim_limit": "{{ config(materialized='table') }} select * from {{ source('raw', 'floor') }}",
    "dwd_posting": """
        {{ config(materialized='daily', date_column='day', part='acct_no', owner='customer_id', span_days=2, keyed=[
            """ + ACCOUNT + """, {'to': 'dim_account', 'key': 'acct_no', 'reads': ['customer_id'], 'by': 'cp_acct_no'},
        ]) }}
        with legs as (select * from {{ ref('in_posting') }} where {{ daily_rows('day', 'acct_no') }})
        select legs.post_no, legs.acct_no, legs.cp_acct_no, legs.day, mine.customer_id,
            mine.customer_id = other.customer_id as is_own, /* amount */ legs.amt as amt
        from legs
        left join {{ ref('dim_account') }} as mine on legs.acct_no = mine.acct_no
        left join {{ ref('dim_account') }} as other on legs.cp_acct_no = other.acct_no
    """,
    "dws_flow": """
        {{ config(materialized='daily', date_column='day', part='customer_id', in_order_of='customer_id') }}
        select customer_id, day, cast(sum(amt) as decimal(18, 2)) as amt, cast(count(*) as integer) as cnt
        from {{ ref('dwd_posting') }}
        where customer_id is not null and {{ daily_rows('day', 'customer_id') }} and amt >= (
            select max(amt) from {{ ref('dim_limit') }} where valid_from <= {{ biz_date() }} and valid_to >= {{ biz_date() }}
        )
        group by customer_id, day
    """,
    "dwd_balance": """
        {{ config(materialized='daily', date_column='day', part='acct_no', owner='customer_id', keyed=[""" + ACCOUNT + """]) }}
        select balances.acct_no, balances.day, mine.customer_id, balances.amt
        from {{ ref('in_balance') }} as balances
        left join {{ ref('dim_account') }} as mine on balances.acct_no = mine.acct_no
        where {{ daily_rows('balances.day', 'balances.acct_no') }}
    """,
    "dws_state": """
        {{ config(materialized='history', date_column='day', key=['customer_id'], part='customer_id', in_order_of='customer_id', span_days=2) }}
        select customer_id, day, cast(sum(amt) as decimal(18, 2)) as amt, max(nullif(amt, 0)) as top
        from {{ ref('dwd_balance') }}
        where customer_id is not null and {{ daily_rows('day', 'customer_id') }}
        group by customer_id, day
    """,
}  # fmt: skip

# The models of a bank → the project as dbt has parsed it.
PARSED: dict[tuple[tuple[str, str], ...], Manifest] = {}


def contract(feed: str) -> Contract:
    """The contract of one of the two feeds, as far as the ledger asks."""
    return Contract(
        feed=feed, system="core", title_zh="流水", title_en="Rows", description="One row is a row.", load="journal",
        owner="core banking", provides=(feed,), files=Files(feed + "_{biz_date}_{kind}_{part}.dat", None, "daily"), form=Form(),
        key=("acct_no", "day"), columns=(Column("day", ColumnType("date")),), row_date="day",
    )


def day_of(number: int) -> date:
    """The day with a number; day 0 is the first."""
    return START + timedelta(days=number)


@dataclass
class DailyBank:
    """The warehouse of the tiny project, and dbt over it."""

    folder: Path
    models: dict[str, str] = field(default_factory=lambda: dict(MODELS))
    runs: int = 0
    undated: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, text in self._files().items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        with self.opened() as warehouse:
            for schema in ("ods", "hist", "raw"):
                warehouse.execute(f"create schema {schema}")
            for feed, columns in FEEDS.items():
                warehouse.execute(f"create table ods.{feed} ({columns})")
                note_taken(warehouse, contract(feed), START)
            warehouse.execute("create table raw.account (acct_no varchar, customer_id varchar, valid_from date, valid_to date)")
            warehouse.execute("create table raw.floor (amt decimal(18, 2), valid_from date, valid_to date)")
            make_bookkeeping(warehouse)

    @contextmanager
    def opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse, while dbt does not have it."""
        connection = duckdb.connect(str(self.folder / "warehouse.duckdb"))
        try:
            yield connection
        finally:
            connection.close()

    def deliver(self, feed: str, number: int, rows: list[tuple]) -> None:
        """A delivery in place of an earlier one of that day; rows without the day and the delivery's date, which come last."""
        own = f"date {literal(day_of(number).isoformat())}"
        with self.opened() as warehouse:
            warehouse.execute(f"delete from ods.{feed} where biz_date = {own}")
            for row in rows:
                *before, amount = (literal(value) if value is not None else "null" for value in row)
                warehouse.execute(f"insert into ods.{feed} values ({', '.join(before)}, {own}, {amount}, {own})")
            note_taken(warehouse, contract(feed), day_of(number))

    def deliver_undated(self, feed: str, rows: list[tuple], again: str) -> None:
        """A static file; as the loader does, it is not taken in again if it is the same (`again` stands for its checksum)."""
        if self.undated.get(feed) == again:
            return
        self.undated[feed] = again
        with self.opened() as warehouse:
            warehouse.execute(f"delete from ods.{feed}")
            for row in rows:
                values = ", ".join("null" if value is None else literal(str(value)) for value in row)
                warehouse.execute(f"insert into ods.{feed} values ({values}, null)")
            note_taken(warehouse, contract(feed), None)

    def accounts(self, owners: dict[str, list[tuple[int, str]]]) -> None:
        """All accounts with their owners, each from a day on."""
        with self.opened() as warehouse:
            warehouse.execute("delete from raw.account")
            for account, changes in owners.items():
                ends = [day_of(number).isoformat() for number, _ in changes[1:]] + [FOREVER.isoformat()]
                for (number, customer), end in zip(changes, ends, strict=True):
                    values = ", ".join(map(literal, (account, customer, day_of(number).isoformat(), end)))
                    warehouse.execute(f"insert into raw.account values ({values})")

    def floors(self, since: list[tuple[int, str]]) -> None:
        """The smallest amount that counts, from a day on; the model looks at the business date."""
        with self.opened() as warehouse:
            warehouse.execute("delete from raw.floor")
            ends = [day_of(number - 1).isoformat() for number, _ in since[1:]] + [FOREVER.isoformat()]
            for (number, amount), end in zip(since, ends, strict=True):
                warehouse.execute(f"insert into raw.floor values ({amount}, {literal(day_of(number).isoformat())}, {literal(end)})")

    def define(self, name: str, sql: str) -> None:
        """Another definition of a model, from the next night on."""
        if self.models[name] != sql:
            self.models[name] = sql
            (self.folder / "models" / f"{name}.sql").write_text(sql, encoding="utf-8")

    def night(self, number: int) -> dict[str, str]:
        """Build everything as of a day.

        Returns:
            The compiled SQL of every model: what its table is, all days at once.
        """
        self.runs += 1
        with self.opened() as warehouse:
            warehouse.execute(
                f"create or replace table ops.run_context as select 'run-{self.runs}' as run_id,"
                f" date {literal(day_of(number).isoformat())} as biz_date"
            )
        # What is parsed are the models alone, so banks with the same models share it.
        state = tuple(sorted(self.models.items()))
        if state not in PARSED:
            PARSED[state] = self._dbt("parse").result
        done = self._dbt("run", PARSED[state])
        results = done.result.results if done.result else []
        bad = [f"{result.node.name}: {result.message}" for result in results if result.status not in ("success",)]
        assert done.success, f"{bad} {done.exception}"
        return {result.node.name: result.node.compiled_code for result in results}

    def built(self) -> dict[str, tuple[int, int]]:
        """Model → days and parts that the last night built; models that had nothing to do are left out."""
        with self.opened() as warehouse:
            found = warehouse.execute(f"select model, days, parts from ops.daily_build where run_id = 'run-{self.runs}'").fetchall()
        return {name: (days, parts) for name, days, parts in found}

    def _dbt(self, verb: str, manifest: Manifest | None = None) -> dbtRunnerResult:
        where = str(self.folder)
        return dbtRunner(manifest=manifest).invoke([
            "--no-write-json", "--no-partial-parse", "--log-level", "none", "--log-level-file", "none", "--log-path", where, verb, "--project-dir",
            where, "--profiles-dir", where, "--target-path", f"{where}/target",
        ])

    def _files(self) -> dict[str, str]:
        tables = {"ods": list(FEEDS), "ops": ["run_context"], "raw": ["account", "floor"]}
        sources = [{"name": name, "schema": name, "tables": [{"name": one} for one in names]} for name, names in tables.items()]
        return {
            "dbt_project.yml": json.dumps({
                "name": "tiny", "profile": "tiny", "config-version": 2, "flags": {"send_anonymous_usage_stats": False},
                "macro-paths": [str(PROJECT / "macros"), str(PROJECT / "materializations")], "models": {"+materialized": "view"},
            }),
            "profiles.yml": json.dumps({"tiny": {"target": "night", "outputs": {"night": {
                "type": "duckdb", "path": str(self.folder / "warehouse.duckdb"), "threads": 1, "keep_open": False,
            }}}}),
            "models/sources.yml": json.dumps({"version": 2, "sources": sources}),
            **{f"models/{name}.sql": sql for name, sql in self.models.items()},
        }
