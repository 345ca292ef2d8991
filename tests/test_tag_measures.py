"""Measures that are more than one sum, drawn: shares, growth, averages and spread per day, months, and what falls due."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tagmart.core.errors import TagmartError
from tests.tag_nights import model_of, night, pick, tags_of, txn

FLOWS = """
family: txn
from: dws_retail_transaction_daily
slices: {{channel: all, direction: all}}
combos: [[{combo}]]
measures: [{measures}]
windows: [{windows}]
missing: zero
"""
DUES = """
{family: loan, from: dws_retail_due, slices: {prod: all}, combos: [[prod]], measures: [amt_sum, cnt, month_cnt],
 windows: [next7d, next30d, next90d], missing: zero}
"""


def test_a_share_is_of_what_moved_in_the_same_direction() -> None:
    spec = FLOWS.format(combo="channel, direction", measures="amt_ratio", windows="30d")
    rows = [
        txn("ann", "2026-06-30", "out", "10.00", channel="qpay"),
        txn("ann", "2026-06-01", "out", "20.00", channel="atm"),
        txn("ann", "2026-05-31", "out", "999.00", channel="atm"),  # exactly 30 days before: out
        txn("ann", "2026-06-30", "in", "5.00", channel="qpay"),
        txn("bob", "2026-06-30", "out", "5.00", channel="qpay"),
        txn("bob", "2026-06-29", "out", "-5.00", channel="atm", count=0),  # nothing is left to divide by
    ]
    with night("2026-06-30", "ann bob eve", {"dws_retail_transaction_daily": rows}) as drawn:
        found = tags_of(drawn, spec)
    names = ("txn_qpay_out_amt_ratio_30d", "txn_atm_out_amt_ratio_30d", "txn_pos_out_amt_ratio_30d", "txn_qpay_in_amt_ratio_30d")
    assert pick(found, *names) == {
        "ann": (Decimal("0.3333"), Decimal("0.6667"), Decimal(0), Decimal(1)),
        "bob": (None,) * 4,
        "eve": (None,) * 4,
    }


def test_the_share_of_a_product_in_a_balance() -> None:
    spec = """
        {family: dep, from: dws_retail_asset_daily, where: {prod: [demand, term, cd]}, slices: {prod: all},
         combos: [[prod]], measures: [ratio], missing: zero}
    """
    rows = [("ann", "2026-06-30", "demand", "1.00"), ("ann", "2026-06-30", "cd", "7.00"), ("ann", "2026-06-30", "wm", "9.00")]
    with night("2026-06-30", "ann bob", {"dws_retail_asset_daily": rows}) as drawn:
        found = tags_of(drawn, spec)
    assert pick(found, "dep_demand_ratio", "dep_term_ratio", "dep_cd_ratio") == {
        "ann": (Decimal("0.125"), Decimal(0), Decimal("0.875")),
        "bob": (None,) * 3,
    }


def test_growth_compares_with_the_same_complete_periods_a_year_before() -> None:
    spec = FLOWS.format(combo="direction", measures="amt_yoy, amt_sum", windows="lm, ly, l12m")
    rows = [
        txn("ann", "2024-02-29", "out", "30.00"),  # leap day: in the year before last year, in no month that is compared
        txn("ann", "2024-03-01", "out", "50.00"),  # first day of the twelve months before the twelve months
        txn("ann", "2025-01-31", "out", "1.00"),  # the day before last month's month of last year
        txn("ann", "2025-02-01", "out", "8.00"),
        txn("ann", "2025-02-28", "out", "2.00"),
        txn("ann", "2025-03-01", "out", "90.00"),  # first day of the twelve months, after last year's month
        txn("ann", "2026-02-28", "out", "15.00"),  # last day of last month
        txn("ann", "2026-03-01", "out", "999.00"),  # D's own month
        txn("bob", "2026-02-28", "out", "15.00"),  # nothing a year before
        txn("eve", "2025-02-28", "out", "15.00"),  # nothing any more
    ]
    with night("2026-03-15", "ann bob eve", {"dws_retail_transaction_daily": rows}) as drawn:
        found = tags_of(drawn, spec)
    # lm: 15 / 10 - 1 · ly: 101 / 80 - 1 · l12m: 105 / 61 - 1 = 0.72131
    assert pick(found, *(f"txn_out_amt_yoy_{window}" for window in ("lm", "ly", "l12m"))) == {
        "ann": (Decimal("0.5"), Decimal("0.2625"), Decimal("0.7213")),
        "bob": (None, None, None),
        "eve": (Decimal(-1), None, Decimal(-1)),
    }
    assert pick(found, "txn_out_amt_sum_ly")["ann"] == (Decimal("101"),)


def test_average_spread_and_months() -> None:
    spec = FLOWS.format(combo="direction", measures="amt_davg, amt_std, month_cnt", windows="7d, mtd, l3m")
    rows = [
        txn("ann", "2026-06-10", "out", "4.00"),
        txn("ann", "2026-06-10", "out", "6.00", channel="atm"),  # one day, two channels: 10 on that day
        txn("ann", "2026-06-04", "out", "10.00"),  # the first day of 7d
        txn("ann", "2026-06-03", "out", "80.00"),  # exactly 7 days before
        txn("ann", "2026-05-31", "out", "9.20"), txn("ann", "2026-05-01", "out", "-9.20", count=0),
        txn("ann", "2026-04-30", "out", "-3.00", count=0),  # a reversal is no activity: April does not count
        txn("ann", "2026-03-01", "out", "1.00"),
        txn("ann", "2026-02-28", "out", "500.00"),
    ]  # fmt: skip
    with night("2026-06-10", "ann bob", {"dws_retail_transaction_daily": rows}) as drawn:
        found = tags_of(drawn, spec)
    # 7d: 20 / 7; squares 200 / 7 - (20 / 7)² = 20.408, root 4.5175 · mtd: 100 / 10 elapsed days · l3m: -2 / 92
    assert pick(found, "txn_out_amt_davg_7d", "txn_out_amt_std_7d", "txn_out_amt_davg_mtd", "txn_out_amt_davg_l3m") == {
        "ann": (Decimal("2.86"), Decimal("4.52"), Decimal("10"), Decimal("-0.02")),
        "bob": (Decimal(0),) * 4,
    }
    assert pick(found, "txn_out_month_cnt_7d", "txn_out_month_cnt_mtd", "txn_out_month_cnt_l3m") == {
        "ann": (1, 1, 2), "bob": (0, 0, 0),
    }  # fmt: skip


def test_what_falls_due_after_the_business_date() -> None:
    rows = [
        ("ann", "2026-06-30", "mtg", "1.00", 1),  # D itself is no longer ahead
        ("ann", "2026-07-01", "mtg", "2.00", 1),
        ("ann", "2026-07-07", "mtg", "4.00", 1),  # exactly 7 days after
        ("ann", "2026-07-08", "mtg", "8.00", 1),
        ("ann", "2026-07-30", "mtg", "16.00", 1),  # exactly 30 days after
        ("ann", "2026-07-31", "mtg", "32.00", 1),
        ("ann", "2026-09-28", "mtg", "64.00", 1),  # exactly 90 days after
        ("ann", "2026-09-29", "mtg", "999.00", 1),
    ]
    with night("2026-06-30", "ann bob", {"dws_retail_due": rows}) as drawn:
        found = tags_of(drawn, DUES)
    names = [f"loan_mtg_{measure}_next{days}d" for measure in ("amt_sum", "cnt", "month_cnt") for days in (7, 30, 90)]
    assert pick(found, *names) == {"ann": (*map(Decimal, (6, 30, 126)), 2, 4, 6, 1, 1, 2), "bob": (Decimal(0),) * 3 + (0,) * 6}
    labels = {tag.name: tag.label.zh for tag in model_of(DUES).tags}
    assert labels["loan_mtg_amt_sum_next30d"] == "未来30天住房按揭贷款金额合计(元)"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (FLOWS.format(combo="direction", measures="amt_ratio", windows="30d"), "is always 1"),
        (FLOWS.format(combo="direction", measures="amt_yoy", windows="30d"), "compare complete periods"),
        (FLOWS.format(combo="direction", measures="month_cnt", windows="ltd"), "has a first day"),
        (FLOWS.format(combo="direction", measures="cnt", windows="next7d"), "look forward only"),
        (DUES.replace("month_cnt", "amt_yoy"), "has form due"),
    ],
)
def test_what_has_no_meaning_is_refused(spec: str, said: str) -> None:
    with pytest.raises(TagmartError, match=said):
        model_of(spec)
