"""Families of tags over random partials, against a computation from their sentences in plain Python."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tag_nights import night, tags_of, txn

MEASURES = """
family: {family}
from: {table}
{more}
windows: [7d, 30d, mtd, qtd, lm, lq, l3m]
missing: zero
"""
BIZ_DATES = st.dates(date(2024, 1, 1), date(2026, 12, 31))
AMOUNTS = st.decimals(Decimal("0.01"), Decimal("99999.99"), places=2)
RELAXED = settings(max_examples=25, deadline=None)


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
def test_flows_match_their_sentences(data: tuple[date, dict[tuple, Decimal]]) -> None:
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
    with night(biz_date.isoformat(), "ann bob eve", {"dws_retail_transaction_daily": rows}) as drawn:
        found = tags_of(drawn, spec)
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
def test_balances_match_their_sentences(data: tuple[date, dict[tuple, Decimal]]) -> None:
    biz_date, amounts = data
    more = "combos: [[]]\nmeasures: [bal, davg, bal_max, bal_min]\nbases: [bom]\nchanges: [chg_bom, chg_30d]"
    spec = MEASURES.format(family="aum", table="dws_retail_asset_daily", more=more)
    rows = [(customer, day.isoformat(), prod, str(amount)) for (customer, day, prod), amount in amounts.items()]
    with night(biz_date.isoformat(), "ann bob", {"dws_retail_asset_daily": rows}) as drawn:
        found = tags_of(drawn, spec)
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
