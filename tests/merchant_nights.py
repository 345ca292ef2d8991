"""Drawn nights for merchant tags: tiny tables of facts, and the project's own SQL run over them as dbt would run it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import duckdb
import yaml
from jinja2 import Environment

from tagmart.core.duck import connect, literal

PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"
D = date(2026, 6, 30)  # a Tuesday; 19 to 21 June 2026 are a holiday
M = [{"customer_id": "m"}]
MACROS = ("night", "tag_value", "party", "merchant", "daily_rows")
SEEDS = {"hand_kept": ("parameter", "cut_point", "calendar_day", "acquiring_cost", "mcc_seasonal"), "code_tables": ("mcc",)}
FEEDS = (
    "mer_info", "mer_txn", "mer_settle", "mer_terminal", "ecif_retail", "ecif_corp", "core_acct", "core_acct_person",
    "core_bal", "core_txn", "core_ctrl", "core_agreement", "crd_note", "crd_class", "cc_acct", "crm_assign",
    "crm_complaint", "ext_court", "inv_hold",
)  # fmt: skip
MONEY, RATE, COUNT = "decimal(18,2)", "decimal(9,6)", "integer"
# The columns that the models of merchants read, and what a row has unless a test says otherwise.
FACTS = {
    "dwd_merchant": {
        "customer_id": ("varchar", "m"), "mer_no": ("varchar", "1"), "status_code": ("varchar", "normal"),
        "owner_customer_id": ("varchar", "o"), "owner_entity_code": ("varchar", "retail"), "mng_org": ("varchar", "B1"),
        "mcc": ("varchar", "5812"), "kind_code": ("varchar", "micro"), "region_code": ("varchar", "990100"),
        "settle_acct_no": ("varchar", "a1"), "settle_bank": ("varchar", "OWN"), "fee_rate": (RATE, "0.0038"),
        "cycle_code": ("varchar", "T1"), "start_date": ("date", "2024-01-10"), "end_date": ("date", None),
    },
    "dwd_merchant_terminal": {
        "customer_id": ("varchar", "m"), "sn": ("varchar", "s1"), "kind_code": ("varchar", "qr"),
        "region_code": ("varchar", "990100"), "bind_date": ("date", "2024-01-10"), "unbind_date": ("date", None),
    },
    "dwd_merchant_transaction": {
        "customer_id": ("varchar", "m"), "txn_no": ("varchar", "t"), "term_sn": ("varchar", "s1"),
        "acct_date": ("date", "2026-06-30"), "txn_time": ("timestamp", None), "txn_hour": (COUNT, 12),
        "pay": ("varchar", "wallet"), "is_ok": ("boolean", True), "is_refund": ("boolean", False), "amt": (MONEY, "10.00"),
        "payer_token": ("varchar", None), "orig_txn_no": ("varchar", None), "fee_amt": (MONEY, 0),
        "interchange_amt": (MONEY, 0), "network_amt": (MONEY, 0), "subsidy_amt": (MONEY, 0),
    },
    "dwd_merchant_settlement": {
        "customer_id": ("varchar", "m"), "settle_no": ("varchar", "s"), "settle_date": ("date", "2026-06-30"),
        "fee_amt": (MONEY, 0), "net_amt": (MONEY, "10.00"), "is_returned": ("boolean", False),
        "leg_acct_no": ("varchar", "a1"), "dest": ("varchar", "own"),
    },
    "dwd_account": {"acct_no": ("varchar", "a1"), "customer_id": ("varchar", "o")},
    "dwd_account_balance_daily": {
        "acct_no": ("varchar", "a1"), "customer_id": ("varchar", "o"), "bal_date": ("date", "2026-06-30"),
        "prod": ("varchar", "demand"), "bal": (MONEY, 0),
    },
    "dwd_account_control": {
        "acct_no": ("varchar", "a9"), "customer_id": ("varchar", "o"), "ctrl_no": ("varchar", "c1"),
        "ctrl_kind": ("varchar", "stop_pay"), "by_code": ("varchar", "bank"), "from_date": ("date", "2026-06-01"),
        "to_date": ("date", None),
    },
    "dwd_holding": {"customer_id": ("varchar", "o"), "hold_date": ("date", "2026-06-30"), "market_amt": (MONEY, 0)},
    "dwd_loan_note": {
        "customer_id": ("varchar", "o"), "note_no": ("varchar", "n1"), "kind_code": ("varchar", "biz"),
        "bal_date": ("date", "2026-06-30"), "principal_amt": (MONEY, 0), "overdue_amt": (MONEY, 0), "dpd": (COUNT, 0),
        "rate": ("decimal(9,4)", "4.0"), "start_date": ("date", "2025-01-01"), "due_date": ("date", "2028-01-01"),
    },
    "dwd_loan_class": {"note_no": ("varchar", "n1"), "class_date": ("date", "2026-06-01"), "class_code": (COUNT, 1)},
    "dwd_credit_card": {
        "customer_id": ("varchar", "o"), "bal_date": ("date", "2026-06-30"), "limit_amt": (MONEY, 0), "bal": (MONEY, 0),
        "instal_bal": (MONEY, 0), "dpd": (COUNT, 0), "status_code": ("varchar", "active"),
    },
    "dwd_court_case": {
        "customer_id": ("varchar", "o"), "role_code": ("varchar", "defendant"), "kind_code": ("varchar", "enforce"),
        "filed_date": ("date", "2026-01-01"), "closed_date": ("date", None),
    },
    "dwd_complaint": {"customer_id": ("varchar", "o"), "open_date": ("date", "2026-06-01"), "close_date": ("date", None)},
    "dwd_agreement": {
        "customer_id": ("varchar", "o"), "agr_type": ("varchar", "mbank"), "status_code": ("varchar", "live"),
        "from_date": ("date", "2025-01-01"), "to_date": ("date", None),
    },
}  # fmt: skip
# In the order in which they build on one another.
TAGS = (
    "profile", "ratio", "rhythm", "payer", "settle", "owner_asset", "owner_debt", "terminal", "product", "value", "risk",
    "restricted",
)  # fmt: skip


@contextmanager
def merchant_warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """The seeds, and the tables that models of merchants read, without a row."""
    duck = connect()
    duck.execute("create schema ops")
    duck.execute("create table ops.run_context (biz_date date, bank varchar)")
    duck.execute(f"create table ops.feed_present ({', '.join(f'{feed} boolean' for feed in FEEDS)})")
    duck.execute("create table dws_merchant_spine (customer_id varchar, biz_date date)")
    load_seeds(duck)
    for table, columns in FACTS.items():
        duck.execute(f"create table {table} ({', '.join(f'{name} {kind}' for name, (kind, _) in columns.items())})")
    try:
        yield duck
    finally:
        duck.close()


def load_seeds(duck: duckdb.DuckDBPyConnection) -> None:
    """The seeds that models of merchants read, typed as dbt types them."""
    for file, names in SEEDS.items():
        listed = yaml.safe_load((PROJECT / "seeds" / f"{file}.yml").read_text(encoding="utf-8"))["seeds"]
        types = {entry["name"]: entry["config"]["column_types"] for entry in listed}
        for name in names:
            columns = ", ".join(f"'{column}': '{kind}'" for column, kind in types[name].items())
            path = PROJECT / "seeds" / f"{name}.csv"
            duck.execute(f"create table {name} as from read_csv('{path}', header = true, columns = {{{columns}}})")


@contextmanager
def merchant_night(
    duck: duckdb.DuckDBPyConnection, biz_date: str = "2026-06-30", absent: Sequence[str] = (), **tables: list[dict]
) -> Iterator[None]:
    """One night with these facts; every merchant of `dwd_merchant` is in the spine. Empty again afterwards."""
    duck.execute("begin")
    try:
        duck.execute(f"insert into ops.run_context values ('{biz_date}', 'demo')")
        duck.execute(f"insert into ops.feed_present values ({', '.join(literal(feed not in absent) for feed in FEEDS)})")
        for table, rows in tables.items():
            for row in rows:
                values = {name: default for name, (_, default) in FACTS[table].items()} | row
                duck.execute(f"insert into {table} ({', '.join(values)}) values ({', '.join(map(literal, values.values()))})")
        duck.execute(f"insert into dws_merchant_spine select customer_id, '{biz_date}' from dwd_merchant")
        yield
    finally:
        duck.execute("rollback")


def build(duck: duckdb.DuckDBPyConnection, *models: str) -> None:
    """Run models of the project, each a table of its name."""
    for model in models:
        duck.execute(f"create table {model} as {model_sql(model)}")


def tags_of(duck: duckdb.DuckDBPyConnection, *models: str) -> dict[str, dict[str, object]]:
    """What the hand-written tag models say (all, or up to the last one named): merchant, then tag by tag."""
    wanted = TAGS[: max(TAGS.index(model) for model in models) + 1] if models else TAGS
    build(duck, "dws_merchant_transaction_daily", "dws_merchant_settle_daily")
    found: dict[str, dict[str, object]] = {}
    for model in wanted:
        build(duck, f"tag_merchant_{model}")
        result = duck.execute(f"from tag_merchant_{model}")
        names = [column[0] for column in result.description]
        for row in result.fetchall():
            found.setdefault(row[0], {}).update(zip(names[1:], row[1:], strict=True))
    return found


@cache
def model_sql(model: str) -> str:
    """The SQL of a model as dbt would compile it, with plain names."""
    [path] = [path for path in (PROJECT / "models").rglob(f"{model}.sql") if "berka" not in path.parts]
    environment = Environment(autoescape=False)  # noqa: S701 - SQL, not a page
    names = {"ref": lambda name: name, "source": lambda schema, name: f"{schema}.{name}", "config": lambda **_: ""}
    text = "\n".join((PROJECT / "macros" / f"{name}.sql").read_text(encoding="utf-8") for name in MACROS)
    module = environment.from_string(text, globals=names).make_module(names)
    macros = {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
    return environment.from_string(path.read_text(encoding="utf-8"), globals={**macros, **names}).render()


def before(days: int) -> str:
    """The day so many days before D."""
    return str(D - timedelta(days=days))


def sale(days_ago: int, amt: str, payer: str | None = None, **more: object) -> dict:
    """A sale with the token of its payer, or a refund where the amount is negative."""
    return {"acct_date": before(days_ago), "amt": amt, "is_refund": amt.startswith("-"), "payer_token": payer, **more}


def said(duck: duckdb.DuckDBPyConnection, model: str, *names: str) -> tuple:
    """Some tags of merchant m; amounts and ratios as text."""
    found = tags_of(duck, model)["m"]
    return tuple(str(value) if isinstance(value, Decimal) else value for value in (found[name] for name in names))
