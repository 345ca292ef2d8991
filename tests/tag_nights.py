"""Drawn nights for families of tags: tiny partials, and the generated SQL run over them as dbt would run it.

The project's own macros are used; only `ref` is a plain name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import yaml

from tagmart.core.duck import connect
from tagmart.tagspec.expand import tag_models
from tagmart.tagspec.folds import fold_sql, folds_of
from tagmart.tagspec.model import Table, TagModel
from tagmart.tagspec.read import family_of
from tagmart.tagspec.render import rendered as as_dbt_would
from tagmart.tagspec.sql import tag_model_sql
from tagmart.tagspec.vocabulary import read_vocabulary

PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"
WORDS = read_vocabulary(PROJECT / "tag_specs", "retail")
# A partial of what falls due, by the day on which it does.
DUE = Table("dws_retail_due", "retail", {"prod": ("mtg", "cons")}, {"amt_sum": "sum", "cnt": "sum"}, ("crd_note",), None, "due", "due_date")
# Balances by day, as a partial that keeps a row for every day would give them.
BY_DAY = Table(
    "dws_retail_asset_daily", "retail", WORDS.tables["dws_retail_asset_history"].slices, {"bal": "sum"}, (),
    WORDS.tables["dws_retail_asset_history"].feeds_by, "flow", "acct_date",
)  # fmt: skip
VOCABULARY = replace(WORDS, tables={**WORDS.tables, DUE.name: DUE, BY_DAY.name: BY_DAY})
FEEDS = (
    "core_acct", "core_acct_person", "core_txn", "core_bal", "inv_hold", "inv_order", "crd_note", "cc_acct",
    "chn_event", "pay_detail",
)  # fmt: skip
MONEY, COUNT = "decimal(18,2)", "integer"
TABLES = {
    "dws_retail_transaction_daily": {
        "customer_id": "varchar", "acct_date": "date", "channel": "varchar", "direction": "varchar", "mode": "varchar",
        "purpose": "varchar", "cp": "varchar", "amt_sum": MONEY, "amt_max": MONEY, "cnt": COUNT, "self_cnt": COUNT,
    },
    "dws_retail_due": {"customer_id": "varchar", "due_date": "date", "prod": "varchar", "amt_sum": MONEY, "cnt": COUNT},
    "dws_retail_asset_daily": {"customer_id": "varchar", "acct_date": "date", "prod": "varchar", "bal": MONEY},
    "dws_retail_asset_history": {
        "customer_id": "varchar", "prod": "varchar", "valid_from": "date", "valid_to": "date", "bal": MONEY,
    },
    "dws_retail_channel_daily": {
        "customer_id": "varchar", "acct_date": "date", "event": "varchar", "page": "varchar", "cnt": COUNT,
        "stay_sec": COUNT,
    },
    "dws_retail_order_daily": {
        "customer_id": "varchar", "acct_date": "date", "prod": "varchar", "order": "varchar", "amt_sum": MONEY,
        "amt_max": MONEY, "cnt": COUNT, "fail_cnt": COUNT,
    },
}  # fmt: skip


@contextmanager
def empty_warehouse() -> Iterator[object]:
    """The tables that family models read, without a row."""
    connection = connect()
    connection.execute("create schema ops")
    connection.execute("create table ops.run_context (biz_date date)")
    connection.execute(f"create table ops.feed_present ({', '.join(f'{feed} boolean' for feed in FEEDS)})")
    connection.execute("create table dws_retail_spine (customer_id varchar, biz_date date)")
    for name, columns in TABLES.items():
        listed = ", ".join(f'"{column}" {data_type}' for column, data_type in columns.items())
        connection.execute(f"create table {name} ({listed})")
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def night(duck, biz_date: str, customers: str, tables: dict[str, list[tuple]], absent: tuple[str, ...] = ()):
    """One night with these customers of record and these partials; empty again afterwards."""
    duck.execute("begin")
    try:
        duck.execute("insert into ops.run_context values (?)", [biz_date])
        marks = ", ".join("?" for _ in FEEDS)
        duck.execute(f"insert into ops.feed_present values ({marks})", [feed not in absent for feed in FEEDS])
        for customer in customers.split():
            duck.execute("insert into dws_retail_spine values (?, ?)", [customer, biz_date])
        for name, rows in tables.items():
            for row in rows:
                duck.execute(f"insert into {name} values ({', '.join('?' for _ in row)})", row)
        yield
    finally:
        duck.execute("rollback")


def model_of(text: str) -> TagModel:
    """The one tag model of a spec."""
    family = family_of(yaml.safe_load(text), "retail", "retail/drawn.yml", VOCABULARY)
    (model,) = tag_models((family,), VOCABULARY)
    return model


def sql_of(text: str) -> str:
    """The tag model of a spec as dbt would compile it."""
    model = model_of(text)
    fold = folds_of((model,), VOCABULARY)[model.name]
    shared = {fold.name: rendered(fold_sql(fold, model.entity))} if fold.name else {}
    return rendered(tag_model_sql(model, model.family, fold, VOCABULARY), shared)


def tags_of(duck, text: str) -> dict[str, dict[str, object]]:
    """What the tag model of a spec says: customer, then tag by tag."""
    result = duck.execute(sql_of(text))
    names = [column[0] for column in result.description]
    return {row[0]: dict(zip(names[1:], row[1:], strict=True)) for row in result.fetchall()}


def rendered(sql: str, ephemeral: dict[str, str] | None = None) -> str:
    """The SQL as dbt would compile it; a model is a table of its own name, or put in where it is read."""
    inlined = ephemeral or {}
    return as_dbt_would(sql, PROJECT, ref=lambda name: f"({inlined[name]})" if name in inlined else name)


def pick(found: dict[str, dict[str, object]], *names: str) -> dict[str, tuple]:
    """Some tags of every customer, in this order."""
    return {customer: tuple(values[name] for name in names) for customer, values in found.items()}


def txn(customer: str, day: str, direction: str, amount: str, count: int = 1, **slices: str) -> tuple:
    """A row of the transaction partial; amt_max is empty where nothing is counted."""
    held = {"channel": "qpay", "mode": "transfer", "purpose": "consume", "cp": "merchant", **slices}
    largest = None if count == 0 else amount
    return (
        customer, day, held["channel"], direction, held["mode"], held["purpose"], held["cp"], amount, largest, count,
        count,
    )  # fmt: skip
