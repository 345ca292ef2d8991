"""Families of tags, drawn: a tiny partial, a spec, and the values that a person works out by hand.

The generated SQL is run as dbt would run it: with the project's own macros; only `ref` and `source` are plain names.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2 import Environment

from tagmart.core.duck import connect
from tagmart.tagspec.expand import tag_models
from tagmart.tagspec.model import TagModel
from tagmart.tagspec.read import family_of
from tagmart.tagspec.sql import tag_model_sql
from tagmart.tagspec.vocabulary import read_vocabulary

PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"
VOCABULARY = read_vocabulary(PROJECT / "tag_specs")
FEEDS = ("core_txn", "core_bal", "inv_hold", "inv_order", "crd_note", "cc_acct", "chn_event", "pay_detail")
MONEY, COUNT = "decimal(18,2)", "integer"
TABLES = {
    "dws_retail_transaction_daily": {
        "customer_id": "varchar", "acct_date": "date", "channel": "varchar", "direction": "varchar", "mode": "varchar",
        "purpose": "varchar", "cp": "varchar", "amt_sum": MONEY, "amt_max": MONEY, "cnt": COUNT, "self_cnt": COUNT,
    },
    "dws_retail_asset_daily": {"customer_id": "varchar", "acct_date": "date", "prod": "varchar", "bal": MONEY},
    "dws_retail_channel_daily": {
        "customer_id": "varchar", "acct_date": "date", "event": "varchar", "page": "varchar", "cnt": COUNT,
        "stay_sec": COUNT,
    },
    "dws_retail_order_daily": {
        "customer_id": "varchar", "acct_date": "date", "prod": "varchar", "order": "varchar", "amt_sum": MONEY,
        "amt_max": MONEY, "cnt": COUNT, "fail_cnt": COUNT,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def duck() -> Iterator[object]:
    connection = connect()
    connection.execute("create schema ops")
    connection.execute("create table ops.run_context (biz_date date)")
    connection.execute(f"create table ops.feed_present ({', '.join(f'{feed} boolean' for feed in FEEDS)})")
    connection.execute("create table dws_retail_spine (customer_id varchar, biz_date date)")
    for name, columns in TABLES.items():
        listed = ", ".join(f'"{column}" {data_type}' for column, data_type in columns.items())
        connection.execute(f"create table {name} ({listed})")
    yield connection
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
    family = family_of(yaml.safe_load(text), "retail", "retail/drawn.yml", VOCABULARY)
    (model,) = tag_models((family,), VOCABULARY)
    return model


def sql_of(text: str) -> str:
    """The tag model of a spec as dbt would compile it."""
    model = model_of(text)
    return rendered(tag_model_sql(model, model.family, VOCABULARY))


def tags_of(duck, text: str) -> dict[str, dict[str, object]]:
    """What the tag model of a spec says: customer, then tag by tag."""
    result = duck.execute(sql_of(text))
    names = [column[0] for column in result.description]
    return {row[0]: dict(zip(names[1:], row[1:], strict=True)) for row in result.fetchall()}


def rendered(sql: str) -> str:
    """The SQL as dbt would compile it."""
    environment = Environment(extensions=["jinja2.ext.do"], autoescape=False)  # noqa: S701 - SQL, not a page
    names = {"ref": lambda name: name, "source": lambda schema, name: f"{schema}.{name}"}
    night_sql = (PROJECT / "macros" / "night.sql").read_text(encoding="utf-8")
    macros = environment.from_string(night_sql, globals=names).make_module(names)
    words = {**names, "biz_date": macros.biz_date, "has_feeds": macros.has_feeds}
    return environment.from_string(sql, globals=words).render()


def pick(found: dict[str, dict[str, object]], *names: str) -> dict[str, tuple]:
    return {customer: tuple(values[name] for name in names) for customer, values in found.items()}


def txn(customer: str, day: str, direction: str, amount: str, count: int = 1, **slices: str) -> tuple:
    """A row of the transaction partial; amt_max is empty where nothing is counted."""
    held = {"channel": "qpay", "mode": "transfer", "purpose": "consume", "cp": "merchant", **slices}
    largest = None if count == 0 else amount
    return (
        customer, day, held["channel"], direction, held["mode"], held["purpose"], held["cp"], amount, largest, count,
        count,
    )  # fmt: skip


FLOWS = """
family: txn
from: dws_retail_transaction_daily
slices: {direction: all}
combos: [[direction]]
measures: [amt_sum, amt_max, cnt, day_cnt]
windows: [7d, 30d, mtd, lm, l3m]
extra: {ltd: [amt_sum, cnt, first_date, last_date]}
missing: zero
"""


def test_flows_by_window(duck) -> None:
    rows = [
        txn("ann", "2026-06-30", "out", "10.00"),  # D itself
        txn("ann", "2026-06-30", "out", "5.50", channel="atm"),  # the same day by another channel
        txn("ann", "2026-06-24", "out", "1.00"),  # 6 days before: the first day of 7d
        txn("ann", "2026-06-23", "out", "2.00"),  # exactly 7 days before: out of 7d
        txn("ann", "2026-06-01", "out", "4.00"),  # 29 days before: the first day of 30d, and of the month
        txn("ann", "2026-05-31", "out", "8.00"),  # exactly 30 days before: out of 30d, last day of last month
        txn("ann", "2026-03-01", "out", "16.00"),  # first day of the three complete months
        txn("ann", "2026-02-28", "out", "32.00"),  # one day before them
        txn("ann", "2026-07-01", "out", "999.00"),  # after D: not known yet
    ]
    with night(duck, "2026-06-30", "ann bob", {"dws_retail_transaction_daily": rows}):
        found = tags_of(duck, FLOWS)
    assert pick(found, *(f"txn_out_amt_sum_{window}" for window in ("7d", "30d", "mtd", "lm", "l3m", "ltd"))) == {
        "ann": tuple(map(Decimal, ("16.50", "22.50", "22.50", "8.00", "24.00", "78.50"))),
        "bob": (Decimal(0),) * 6,
    }
    assert pick(found, "txn_out_amt_max_7d", "txn_out_cnt_7d", "txn_out_day_cnt_7d", "txn_out_day_cnt_30d") == {
        "ann": (Decimal("10.00"), 3, 2, 4),
        "bob": (Decimal(0), 0, 0, 0),
    }
    assert pick(found, "txn_out_first_date_ltd", "txn_out_last_date_ltd", "txn_in_cnt_ltd") == {
        "ann": (date(2026, 2, 28), date(2026, 6, 30), 0),
        "bob": (None, None, 0),
    }


def test_a_reversal_of_a_later_day_takes_its_amount_and_counts_nothing(duck) -> None:
    rows = [txn("ann", "2026-06-20", "out", "100.00"), txn("ann", "2026-06-25", "out", "-100.00", count=0)]
    with night(duck, "2026-06-30", "ann", {"dws_retail_transaction_daily": rows}):
        found = tags_of(duck, FLOWS)
    names = (
        "txn_out_amt_sum_30d",
        "txn_out_amt_sum_7d",
        "txn_out_cnt_30d",
        "txn_out_day_cnt_30d",
        "txn_out_amt_max_7d",
    )
    assert pick(found, *names, "txn_out_last_date_ltd") == {
        "ann": (Decimal(0), Decimal("-100.00"), 1, 1, Decimal(0), date(2026, 6, 20))
    }


def test_an_absent_feed_is_null_above_missing_zero(duck) -> None:
    rows = [txn("ann", "2026-06-30", "out", "10.00")]
    with night(duck, "2026-06-30", "ann bob", {"dws_retail_transaction_daily": rows}, absent=("core_txn",)):
        found = tags_of(duck, FLOWS)
    assert {value for values in found.values() for value in values.values()} == {None}
    assert found.keys() == {"ann", "bob"}


def test_total_wealth_needs_every_one_of_its_feeds(duck) -> None:
    spec = "{family: aum, from: dws_retail_asset_daily, combos: [[]], measures: [bal], missing: zero}"
    rows = [("ann", "2026-06-30", "demand", "7.00"), ("ann", "2026-06-30", "wm", "3.00")]
    deposits = spec.replace("aum", "dep").replace("combos", "where: {prod: [demand, term, cd]}, combos")
    for absent, aum, dep in (
        ((), Decimal(10), Decimal(7)),
        (("inv_hold",), None, Decimal(7)),
        (("core_bal",), None, None),
    ):
        with night(duck, "2026-06-30", "ann", {"dws_retail_asset_daily": rows}, absent=absent):
            assert tags_of(duck, spec)["ann"] == {"aum_bal": aum}
            assert tags_of(duck, deposits)["ann"] == {"dep_bal": dep}


def test_slices_add_up_to_the_total(duck) -> None:
    spec = """
        {family: txn, from: dws_retail_transaction_daily, slices: {direction: all, purpose: all},
         combos: [[direction, purpose]], measures: [amt_sum], windows: [30d], missing: zero}
    """
    rows = [
        txn("ann", "2026-06-30", "in", "1.00", purpose="interest"),
        txn("ann", "2026-06-30", "out", "2.00", purpose="interest"),  # no natural pair: other
        txn("ann", "2026-06-30", "out", "4.00", purpose="invest"),
        txn("ann", "2026-06-30", "out", "8.00", purpose="a code that nobody knows"),
        txn("ann", "2026-06-30", "out", "16.00", purpose="other"),
    ]
    with night(duck, "2026-06-30", "ann", {"dws_retail_transaction_daily": rows}):
        ann = tags_of(duck, spec)["ann"]
    drawn = {name: str(value) for name, value in ann.items() if value}
    assert drawn == {
        "txn_in_interest_amt_sum_30d": "1.00",
        "txn_out_invest_amt_sum_30d": "4.00",
        "txn_out_other_amt_sum_30d": "26.00",
    }


def test_states_base_points_changes_and_averages(duck) -> None:
    spec = """
        {family: dep, from: dws_retail_asset_daily, where: {prod: [demand, term, cd]}, slices: {prod: all},
         combos: [[prod]], measures: [bal, davg], bases: [bom, boq, boy], changes: [chg_bom, chg_boy, chg_30d],
         windows: [30d, mtd, lm, ytd], extra: {30d: [bal_max, bal_min]}, missing: zero}
    """
    rows = [
        ("ann", "2025-12-31", "demand", "100.00"),  # start of the year
        ("ann", "2026-03-31", "demand", "200.00"),  # end of last quarter
        ("ann", "2026-05-11", "demand", "50.00"),  # exactly 30 days before D; in last month
        ("ann", "2026-05-31", "demand", "310.00"),  # end of last month
        ("ann", "2026-06-09", "demand", "90.00"),
        ("ann", "2026-06-10", "demand", "60.50"),  # D
        ("ann", "2026-06-10", "wm", "5000.00"),  # not a deposit
        ("bob", "2026-05-31", "demand", "80.00"),  # closed since
    ]
    with night(duck, "2026-06-10", "ann bob eve", {"dws_retail_asset_daily": rows}):
        found = tags_of(duck, spec)
    states = ("bal", "bal_bom", "bal_boq", "bal_boy", "chg_bom", "chg_boy", "chg_30d")
    assert pick(found, *(f"dep_demand_{state}" for state in states)) == {
        "ann": tuple(map(Decimal, ("60.50", "310", "200", "100", "-249.50", "-39.50", "10.50"))),
        "bob": tuple(map(Decimal, ("0", "80", "0", "0", "-80", "0", "0"))),
        "eve": (Decimal(0),) * 7,
    }
    # 30d: (310 + 90 + 60.50) / 30 = 15.35 · mtd: 150.50 / 10 elapsed days · lm: 360 / 31 = 11.6129
    # ytd: 710.50 / 161 = 4.4130
    assert pick(found, *(f"dep_demand_davg_{window}" for window in ("30d", "mtd", "lm", "ytd"))) == {
        "ann": tuple(map(Decimal, ("15.35", "15.05", "11.61", "4.41"))),
        "bob": tuple(map(Decimal, ("2.67", "0", "2.58", "0.50"))),
        "eve": (Decimal(0),) * 4,
    }
    assert pick(found, "dep_demand_bal_max_30d", "dep_demand_bal_min_30d", "dep_cd_bal") == {
        "ann": (Decimal("310"), Decimal("60.50"), Decimal(0)),
        "bob": (Decimal("80"), Decimal("80"), Decimal(0)),
        "eve": (Decimal(0),) * 3,
    }


def test_a_peak_is_that_of_the_sum_of_products(duck) -> None:
    spec = (
        "{family: aum, from: dws_retail_asset_daily, combos: [[]], measures: [peak_amt], windows: [lm], missing: zero}"
    )
    rows = [
        ("ann", "2026-05-01", "demand", "60.00"), ("ann", "2026-05-01", "wm", "50.00"),
        ("ann", "2026-05-02", "demand", "100.00"),
        ("ann", "2026-06-01", "demand", "500.00"),
    ]  # fmt: skip
    with night(duck, "2026-06-30", "ann", {"dws_retail_asset_daily": rows}):
        assert tags_of(duck, spec)["ann"] == {"aum_peak_amt_lm": Decimal("110.00")}


def test_an_average_is_rounded_at_exact_halves(duck) -> None:
    spec = "{family: aum, from: dws_retail_asset_daily, combos: [[]], measures: [davg], windows: [mtd], missing: zero}"
    rows = [("ann", "2026-06-02", "demand", "2.01"), ("bob", "2026-06-02", "demand", "-2.01")]
    with night(duck, "2026-06-02", "ann bob", {"dws_retail_asset_daily": rows}):
        assert pick(tags_of(duck, spec), "aum_davg_mtd") == {"ann": (Decimal("1.01"),), "bob": (Decimal("-1.01"),)}


def test_not_applicable_is_null_and_a_row_without_a_failure_is_zero(duck) -> None:
    spec = """
        {family: fund, from: dws_retail_order_daily, where: {prod: fund, order: sip}, slices: {order: all},
         combos: [[order]], measures: [fail_cnt], windows: [l3m], missing: not_applicable}
    """
    rows = [
        ("ann", "2026-05-05", "fund", "sip", "0.00", None, 0, 2),
        ("ann", "2026-04-05", "fund", "sip", "100.00", "100.00", 1, 0),
        ("bob", "2026-05-05", "fund", "sip", "100.00", "100.00", 1, 0),  # a plan that works
        ("eve", "2026-05-05", "fund", "sub", "0.00", None, 0, 1),  # another kind of order
        ("joe", "2026-06-05", "fund", "sip", "0.00", None, 0, 1),  # after the complete months
    ]  # fmt: skip
    with night(duck, "2026-06-30", "ann bob eve joe", {"dws_retail_order_daily": rows}):
        found = tags_of(duck, spec)
    assert pick(found, "fund_sip_fail_cnt_l3m") == {"ann": (2,), "bob": (0,), "eve": (None,), "joe": (None,)}


def test_days_of_viewing_a_page(duck) -> None:
    spec = """
        {family: chn, from: dws_retail_channel_daily, where: {event: view}, slices: {event: all, page: all},
         combos: [[event, page]], measures: [cnt, day_cnt], windows: [30d], missing: zero}
    """
    rows = [
        ("ann", "2026-06-30", "view", "wm", 5, 60), ("ann", "2026-06-29", "view", "wm", 1, 3),
        ("ann", "2026-06-30", "login", "wm", 9, 0), ("ann", "2026-06-30", "view", "news", 2, 9),
    ]  # fmt: skip
    with night(duck, "2026-06-30", "ann", {"dws_retail_channel_daily": rows}):
        found = tags_of(duck, spec)
    names = ("chn_view_wm_cnt_30d", "chn_view_wm_day_cnt_30d", "chn_view_other_cnt_30d", "chn_view_fund_cnt_30d")
    assert pick(found, *names) == {"ann": (6, 2, 2, 0)}


def test_types_are_exact_in_every_generated_model(duck) -> None:
    spec = FLOWS.replace("amt_sum, amt_max", "amt_sum, amt_max, self_cnt")
    with night(duck, "2026-06-30", "ann", {}):
        described = duck.execute(f"describe {sql_of(spec)}").fetchall()
    published = {row[0]: row[1].lower() for row in described[1:]}
    assert published == {tag.name: tag.data_type for tag in model_of(spec).tags}


# --- random partials against a computation from the sentences, in plain Python --------------------------------------

MEASURES = """
family: {family}
from: {table}
{more}
windows: [7d, 30d, mtd, qtd, lm, lq, l3m]
missing: zero
"""
BIZ_DATES = st.dates(date(2024, 1, 1), date(2026, 12, 31))
AMOUNTS = st.decimals(Decimal("0.01"), Decimal("99999.99"), places=2)
RELAXED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def days_of(window: str, biz_date: date) -> set[date]:
    """The days of a window, found one by one from what its label says."""
    days = [biz_date - timedelta(days=back) for back in range(500)]

    def month(day: date) -> int:
        return day.year * 12 + day.month

    def quarter(day: date) -> int:
        return day.year * 4 + (day.month + 2) // 3

    if window.endswith("d") and window[0].isdigit():
        return set(days[: int(window[:-1])])
    holds = {
        "mtd": lambda day: month(day) == month(biz_date),
        "qtd": lambda day: quarter(day) == quarter(biz_date),
        "lm": lambda day: month(day) == month(biz_date) - 1,
        "lq": lambda day: quarter(day) == quarter(biz_date) - 1,
        "l3m": lambda day: month(biz_date) - 3 <= month(day) < month(biz_date),
    }[window]
    return {day for day in days if holds(day)}


@st.composite
def partials(draw, slices: dict[str, tuple[str, ...]]) -> tuple[date, dict[tuple, Decimal]]:
    """A business date, and amounts by (customer, day, slice values…), many of them near the edges of windows."""
    biz_date = draw(BIZ_DATES)
    near = st.sampled_from([0, 1, 6, 7, 28, 29, 30, 31, 59, 60, 61, 89, 90, 91, 92])
    back = st.one_of(near, st.integers(-2, 200))
    keys = st.tuples(st.sampled_from(["ann", "bob"]), back, *(st.sampled_from(values) for values in slices.values()))
    drawn = draw(st.dictionaries(keys, AMOUNTS, max_size=12))
    return biz_date, {(key[0], biz_date - timedelta(days=key[1]), *key[2:]): value for key, value in drawn.items()}


@given(data=partials({"direction": ("in", "out"), "channel": ("qpay", "atm", "unheard of")}))
@RELAXED
def test_flows_match_their_sentences(duck, data: tuple[date, dict[tuple, Decimal]]) -> None:
    biz_date, amounts = data
    more = "slices: {channel: all, direction: all}\ncombos: [[channel, direction]]"
    more += "\nmeasures: [amt_sum, amt_max, cnt, day_cnt]"
    spec = MEASURES.format(family="txn", table="dws_retail_transaction_daily", more=more)
    # Two counterparties a day: what a combination leaves out must be folded.
    rows = [
        txn(customer, day.isoformat(), direction, str(amount), channel=channel, cp=cp)
        for (customer, day, direction, channel), amount in amounts.items()
        for cp in ("merchant", "third_pay")
    ]
    with night(duck, biz_date.isoformat(), "ann bob eve", {"dws_retail_transaction_daily": rows}):
        found = tags_of(duck, spec)
    for customer in ("ann", "bob", "eve"):
        for shown, channels in (("qpay", ("qpay",)), ("atm", ("atm",)), ("other", ("unheard of",)), ("pos", ("pos",))):
            for direction in ("in", "out"):
                for window in ("7d", "30d", "mtd", "qtd", "lm", "lq", "l3m"):
                    days = days_of(window, biz_date)
                    hits = {
                        key[1]: value
                        for key, value in amounts.items()
                        if key[0] == customer and key[1] in days and key[2] == direction and key[3] in channels
                    }
                    name = f"txn_{shown}_{direction}"
                    assert found[customer][f"{name}_amt_sum_{window}"] == 2 * sum(hits.values(), Decimal(0))
                    assert found[customer][f"{name}_amt_max_{window}"] == max(hits.values(), default=Decimal(0))
                    assert found[customer][f"{name}_cnt_{window}"] == 2 * len(hits)
                    assert found[customer][f"{name}_day_cnt_{window}"] == len(hits)


@given(data=partials({"prod": ("demand", "wm")}))
@RELAXED
def test_balances_match_their_sentences(duck, data: tuple[date, dict[tuple, Decimal]]) -> None:
    biz_date, amounts = data
    more = "combos: [[]]\nmeasures: [bal, davg, bal_max, bal_min]\nbases: [bom]\nchanges: [chg_bom, chg_30d]"
    spec = MEASURES.format(family="aum", table="dws_retail_asset_daily", more=more)
    rows = [(customer, day.isoformat(), prod, str(amount)) for (customer, day, prod), amount in amounts.items()]
    with night(duck, biz_date.isoformat(), "ann bob", {"dws_retail_asset_daily": rows}):
        found = tags_of(duck, spec)
    last_of_month = biz_date.replace(day=1) - timedelta(days=1)
    for customer in ("ann", "bob"):
        by_day: dict[date, Decimal] = {}
        for (owner, day, _), amount in amounts.items():
            if owner == customer:
                by_day[day] = by_day.get(day, Decimal(0)) + amount

        def at(day: date, by_day: dict[date, Decimal] = by_day) -> Decimal:
            return by_day.get(day, Decimal(0))

        values = found[customer]
        assert values["aum_bal"] == at(biz_date)
        assert values["aum_bal_bom"] == at(last_of_month)
        assert values["aum_chg_bom"] == at(biz_date) - at(last_of_month)
        assert values["aum_chg_30d"] == at(biz_date) - at(biz_date - timedelta(days=30))
        for window in ("7d", "30d", "mtd", "qtd", "lm", "lq", "l3m"):
            days = days_of(window, biz_date)
            held = [amount for day, amount in by_day.items() if day in days]
            average = (sum(held, Decimal(0)) / len(days)).quantize(Decimal("0.01"), ROUND_HALF_UP)
            assert values[f"aum_davg_{window}"] == average
            assert values[f"aum_bal_max_{window}"] == max(held, default=Decimal(0))
            assert values[f"aum_bal_min_{window}"] == min(held, default=Decimal(0))
