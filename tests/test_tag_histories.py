"""Balances from histories: a state counts for each of its days, and a day without one counts as nothing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tag_nights import night, pick, tags_of
from tests.test_tag_families_random import BIZ_DATES, days_of

OPEN = "9999-12-31"
SPEC = """
family: dep
from: dws_retail_asset_history
where: {{prod: [demand, term, cd]}}
slices: {{prod: all}}
combos: [[{combo}]]
measures: [bal, davg, bal_max, bal_min]
bases: [bom]
changes: [chg_bom, chg_30d]
windows: [7d, 30d, mtd, lm, l3m]
missing: zero
"""


def test_states_last_until_the_day_before_their_end() -> None:
    rows = [
        ("ann", "demand", "2026-05-01", "2026-05-31", "31.00"),  # over on the last day of last month
        ("ann", "demand", "2026-05-31", "2026-06-10", "62.00"),  # holds on it; its last day is exactly the day before D
        ("ann", "demand", "2026-06-10", OPEN, "10.00"),
        ("ann", "term", "2026-06-04", "2026-06-06", "1000.00"),  # the first two days of 7d
        ("bob", "demand", "2026-06-03", "2026-06-04", "70.00"),  # exactly 7 days before: out of 7d
        ("eve", "demand", "2026-06-11", OPEN, "999.00"),  # after D: not known yet
        ("joe", "cd", "2020-01-01", OPEN, "-5.00"),
    ]
    with night("2026-06-10", "ann bob eve joe", {"dws_retail_asset_history": rows}) as drawn:
        found = tags_of(drawn, SPEC.format(combo=""))
    names = ("dep_bal", "dep_bal_bom", "dep_chg_bom", "dep_bal_max_7d", "dep_bal_min_7d", "dep_davg_7d", "dep_davg_lm")
    # ann, 7d: 1062, 1062, 62, 62, 62, 62, 10 · lm: (30 × 31 + 62) / 31
    assert pick(found, *names) == {
        "ann": tuple(map(Decimal, ("10", "62", "-52", "1062", "10", "340.29", "32"))),
        "bob": (Decimal(0),) * 7,
        "eve": (Decimal(0),) * 7,
        "joe": tuple(map(Decimal, ("-5", "-5", "0", "-5", "-5", "-5", "-5"))),
    }
    # bob is on record on one day of thirty: that day alone has a balance that could be the lowest.
    assert pick(found, "dep_bal_max_30d", "dep_bal_min_30d")["bob"] == (Decimal(70), Decimal(70))


@st.composite
def histories(draw) -> tuple[date, dict[str, list[tuple[date, date | None, Decimal]]]]:
    """A business date, and for each product states that do not overlap, ending or open."""
    biz_date = draw(BIZ_DATES)
    made: dict[str, list[tuple[date, date | None, Decimal]]] = {}
    for prod in ("demand", "term", "wm"):
        edges = sorted(draw(st.sets(st.one_of(st.sampled_from([-1, 0, 1, 6, 7, 29, 30, 31]), st.integers(-3, 130)), max_size=6)), reverse=True)
        days = [biz_date - timedelta(days=back) for back in edges]
        made[prod] = [
            (first, after, draw(st.decimals(Decimal("-99.99"), Decimal("999.99"), places=2)))
            for first, after in zip(days, [*days[1:], None][: len(days)], strict=True)
            if draw(st.booleans())
        ]
    return biz_date, made


@given(data=histories())
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("combo", ["", "prod"])
def test_histories_match_their_sentences(combo: str, data) -> None:
    biz_date, made = data
    rows = [
        ("ann", prod, first.isoformat(), after.isoformat() if after else OPEN, str(bal))
        for prod, states in made.items()
        for first, after, bal in states
    ]
    with night(biz_date.isoformat(), "ann bob", {"dws_retail_asset_history": rows}) as drawn:
        found = tags_of(drawn, SPEC.format(combo=combo))
    assert set(found["bob"].values()) == {Decimal(0)}
    for name, prods in (("dep_demand", ("demand",)), ("dep_cd", ())) if combo else (("dep", ("demand", "term")),):

        def held(day: date, prods: tuple[str, ...] = prods) -> list[Decimal]:
            return [bal for prod in prods for first, after, bal in made[prod] if first <= day and (after is None or day < after)]

        def at(day: date) -> Decimal:
            return sum(held(day), Decimal(0))

        ann, last_of_month = found["ann"], biz_date.replace(day=1) - timedelta(days=1)
        assert ann[f"{name}_bal"] == at(biz_date)
        assert ann[f"{name}_bal_bom"] == at(last_of_month)
        assert ann[f"{name}_chg_bom"] == at(biz_date) - at(last_of_month)
        assert ann[f"{name}_chg_30d"] == at(biz_date) - at(biz_date - timedelta(days=30))
        for window in ("7d", "30d", "mtd", "lm", "l3m"):
            days = [at(day) for day in days_of(window, biz_date)]
            average = (sum(days, Decimal(0)) / len(days)).quantize(Decimal("0.01"), ROUND_HALF_UP)
            assert ann[f"{name}_davg_{window}"] == average
            on_record = [at(day) for day in days_of(window, biz_date) if held(day)]
            assert ann[f"{name}_bal_max_{window}"] == max(on_record, default=Decimal(0))
            assert ann[f"{name}_bal_min_{window}"] == min(on_record, default=Decimal(0))


def test_a_peak_where_one_product_moves_and_another_stands_still() -> None:
    rows = [
        ("ann", "cd", "2026-01-01", OPEN, "100.00"),  # stands still through every piece of the windows
        ("ann", "demand", "2026-05-01", "2026-06-08", "5.00"),
        ("ann", "demand", "2026-06-08", "2026-06-09", "30.00"),
        ("ann", "demand", "2026-06-09", OPEN, "1.00"),
        ("bob", "cd", "2026-01-01", OPEN, "100.00"),
        ("bob", "demand", "2026-06-05", "2026-06-06", "-7.00"),  # the other days have the large CD alone
    ]
    with night("2026-06-10", "ann bob", {"dws_retail_asset_history": rows}) as drawn:
        found = tags_of(drawn, SPEC.format(combo=""))
    assert pick(found, "dep_bal_max_7d", "dep_bal_min_7d", "dep_davg_7d") == {
        "ann": (Decimal(130), Decimal(101), Decimal("107.43")),  # (4 × 105 + 130 + 2 × 101) ÷ 7
        "bob": (Decimal(100), Decimal(93), Decimal(99)),
    }
