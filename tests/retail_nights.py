"""Drawn nights for hand-written tag models of retail customers: a few rows of dwd, and what the model's SQL says of them.

Columns stand in the YAML of the models; the types of dwd columns, which that YAML does not say, are told by their names.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb
import yaml

from tagmart.core.duck import connect, literal
from tagmart.tagspec.render import rendered

PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"
D = "2026-06-30"
SEEDS = ("parameter", "cut_point", "phone_segment")
MONEY, COUNT = "decimal(18,2)", "integer"
# What a name does not tell: the class of an account is a letter or digit, that of a loan a number.
OVERRIDES = {
    ("dwd_account", "class_code"): "varchar", ("dwd_account_control", "amt"): MONEY, ("dwd_relation", "share_ratio"): "decimal(7,4)",
    ("dwd_card_instalment", "fee_rate"): "decimal(9,6)",
}  # fmt: skip
WHOLE = {"seq", "dpd", "result_level", "risk_level", "class_code", "prev_class", "term_no", "terms", "billed_terms", "rank_no"}
SUMS = {"amt", "bal", "credit_bal", "instal_bal", "cash_value", "reg_capital", "units", "rate", "share_ratio", "price", "prev_price"}


def _type(model: str, column: str) -> str:
    if (model, column) in OVERRIDES:
        return OVERRIDES[model, column]
    if column in WHOLE or column.endswith("_cnt"):
        return COUNT
    if column in SUMS or column.endswith("_amt"):
        return MONEY
    if column.startswith("is_"):
        return "boolean"
    endings = {"_date": "date", "_time": "timestamp", "_month": "date", "month_end": "date"}
    if column == "renew_due_month":
        return "varchar"
    return next((data_type for ending, data_type in endings.items() if column.endswith(ending)), "varchar")


@cache
def _tables() -> dict[str, dict[str, str]]:
    """Every table that a retail tag model may read, with the types of its columns."""
    found: dict[str, dict[str, str]] = {}
    folders = ("dwd", "dws", "tags/retail", "generated/tags/retail")
    for path in sorted(path for folder in folders for path in (PROJECT / "models" / folder).glob("*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            found[model["name"]] = {
                column["name"]: column.get("data_type") or _type(model["name"], column["name"]) for column in model["columns"]
            }
    return found


@cache
def _feeds() -> tuple[str, ...]:
    return tuple(sorted(path.stem.removeprefix("stg_") for path in (PROJECT / "models/staging").glob("stg_*.yml")))


@contextmanager
def bank() -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables of a bank without a row, and the bank's dated numbers."""
    with connect() as duck:
        duck.execute("create schema ops")
        duck.execute("create table ops.run_context (run_id varchar, biz_date date, bank varchar)")
        duck.execute(f"create table ops.feed_present ({', '.join(f'{feed} boolean' for feed in _feeds())})")
        for name in SEEDS:
            duck.execute(f"create table {name} as from read_csv({literal(str(PROJECT / 'seeds' / f'{name}.csv'))}, all_varchar = true)")
        duck.execute("alter table parameter alter value set data type decimal(18,2)")
        duck.execute("alter table cut_point alter lower_bound set data type decimal(18,2)")
        duck.execute("alter table cut_point alter code set data type integer")
        for table in ("parameter", "cut_point"):
            for column in ("valid_from", "valid_to"):
                duck.execute(f"alter table {table} alter {column} set data type date")
        for name, columns in _tables().items():
            listed = ", ".join(f'"{column}" {data_type}' for column, data_type in columns.items())
            duck.execute(f"create table {name} ({listed})")
        yield duck


def said(
    duck: duckdb.DuckDBPyConnection, model: str, customers: str, tables: dict[str, list[dict]], absent: tuple[str, ...] = (),
) -> dict[str, dict[str, object]]:  # fmt: skip
    """What a tag model says on D of these customers of record and these rows: customer, then tag by tag."""
    duck.execute("begin")
    try:
        duck.execute(f"insert into ops.run_context values ('drawn', {literal(D)}, 'demo')")
        duck.execute(f"insert into ops.feed_present values ({', '.join(str(feed not in absent) for feed in _feeds())})")
        for customer in customers.split():
            duck.execute(f"insert into dws_retail_spine values ({literal(customer)}, {literal(D)})")
        for name, rows in tables.items():
            for row in rows:
                values = ", ".join("null" if value is None else literal(str(value)) for value in row.values())
                duck.execute(f"insert into {name} ({', '.join(row)}) values ({values})")
        sql = (PROJECT / "models" / "tags" / "retail" / f"{model}.sql").read_text(encoding="utf-8")
        result = duck.execute(rendered(sql, PROJECT, ref=str))
        names = [column[0] for column in result.description]
        return {row[0]: dict(zip(names[1:], row[1:], strict=True)) for row in result.fetchall()}
    finally:
        duck.execute("rollback")


def values(tags: dict[str, object], names: str) -> tuple:
    """The values of some tags, in the order of the names."""
    return tuple(tags[name] for name in names.split())
