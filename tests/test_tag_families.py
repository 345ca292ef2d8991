"""Families of tags, drawn: a tiny partial, a spec, and the values that a person works out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.tag_nights import model_of, night, pick, sql_of, tags_of, txn

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


def test_flows_by_window() -> None:
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
    with night("2026-06-30", "ann bob", {"dws_retail_transaction_daily": rows}) as drawn:
        found = tags_of(drawn, FLOWS)
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


def test_a_reversal_of_a_later_day_takes_its_amount_and_counts_nothing() -> None:
    rows = [txn("ann", "2026-06-20", "out", "100.00"), txn("ann", "2026-06-25", "out", "-100.00", count=0)]
    with night("2026-06-30", "ann", {"dws_retail_transaction_daily": rows}) as drawn:
        found = tags_of(drawn, FLOWS)
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


def test_an_absent_feed_is_null_above_missing_zero() -> None:
    rows = [txn("ann", "2026-06-30", "out", "10.00")]
    with night("2026-06-30", "ann bob", {"dws_retail_transaction_daily": rows}, absent=("core_txn",)) as drawn:
        found = tags_of(drawn, FLOWS)
    assert {value for values in found.values() for value in values.values()} == {None}
    assert found.keys() == {"ann", "bob"}


def test_total_wealth_needs_every_one_of_its_feeds() -> None:
    spec = "{family: aum, from: dws_retail_asset_daily, combos: [[]], measures: [bal], missing: zero}"
    rows = [("ann", "2026-06-30", "demand", "7.00"), ("ann", "2026-06-30", "wm", "3.00")]
    deposits = spec.replace("aum", "dep").replace("combos", "where: {prod: [demand, term, cd]}, combos")
    for absent, aum, dep in (
        ((), Decimal(10), Decimal(7)),
        (("inv_hold",), None, Decimal(7)),
        (("core_bal",), None, None),
        (("core_acct_person",), None, None),  # balances of accounts that nobody is known to own
    ):
        with night("2026-06-30", "ann", {"dws_retail_asset_daily": rows}, absent=absent) as drawn:
            assert tags_of(drawn, spec)["ann"] == {"aum_bal": aum}
            assert tags_of(drawn, deposits)["ann"] == {"dep_bal": dep}


def test_slices_add_up_to_the_total() -> None:
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
    with night("2026-06-30", "ann", {"dws_retail_transaction_daily": rows}) as drawn:
        ann = tags_of(drawn, spec)["ann"]
    drawn = {name: str(value) for name, value in ann.items() if value}
    assert drawn == {
        "txn_in_interest_amt_sum_30d": "1.00",
        "txn_out_invest_amt_sum_30d": "4.00",
        "txn_out_other_amt_sum_30d": "26.00",
    }


def test_states_base_points_changes_and_averages() -> None:
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
    with night("2026-06-10", "ann bob eve", {"dws_retail_asset_daily": rows}) as drawn:
        found = tags_of(drawn, spec)
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


def test_a_peak_is_that_of_the_sum_of_products() -> None:
    spec = (
        "{family: aum, from: dws_retail_asset_daily, combos: [[]], measures: [peak_amt], windows: [lm], missing: zero}"
    )
    rows = [
        ("ann", "2026-05-01", "demand", "60.00"), ("ann", "2026-05-01", "wm", "50.00"),
        ("ann", "2026-05-02", "demand", "100.00"),
        ("ann", "2026-06-01", "demand", "500.00"),
    ]  # fmt: skip
    with night("2026-06-30", "ann", {"dws_retail_asset_daily": rows}) as drawn:
        assert tags_of(drawn, spec)["ann"] == {"aum_peak_amt_lm": Decimal("110.00")}


def test_an_average_is_rounded_at_exact_halves() -> None:
    spec = "{family: aum, from: dws_retail_asset_daily, combos: [[]], measures: [davg], windows: [mtd], missing: zero}"
    rows = [("ann", "2026-06-02", "demand", "2.01"), ("bob", "2026-06-02", "demand", "-2.01")]
    with night("2026-06-02", "ann bob", {"dws_retail_asset_daily": rows}) as drawn:
        assert pick(tags_of(drawn, spec), "aum_davg_mtd") == {"ann": (Decimal("1.01"),), "bob": (Decimal("-1.01"),)}


def test_not_applicable_is_null_and_a_row_without_a_failure_is_zero() -> None:
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
    with night("2026-06-30", "ann bob eve joe", {"dws_retail_order_daily": rows}) as drawn:
        found = tags_of(drawn, spec)
    assert pick(found, "fund_sip_fail_cnt_l3m") == {"ann": (2,), "bob": (0,), "eve": (None,), "joe": (None,)}


def test_days_of_viewing_a_page() -> None:
    spec = """
        {family: chn, from: dws_retail_channel_daily, where: {event: view}, slices: {event: all, page: all},
         combos: [[event, page]], measures: [cnt, day_cnt], windows: [30d], missing: zero}
    """
    rows = [
        ("ann", "2026-06-30", "view", "wm", 5, 60), ("ann", "2026-06-29", "view", "wm", 1, 3),
        ("ann", "2026-06-30", "login", "wm", 9, 0), ("ann", "2026-06-30", "view", "news", 2, 9),
        ("ann", "2026-06-30", "view", "games", 1, 9), ("ann", "2026-06-29", "view", "other", 1, 9),
    ]  # fmt: skip
    with night("2026-06-30", "ann", {"dws_retail_channel_daily": rows}) as drawn:
        found = tags_of(drawn, spec)
    names = ("chn_view_wm_cnt_30d", "chn_view_wm_day_cnt_30d", "chn_view_other_cnt_30d", "chn_view_fund_cnt_30d")
    assert pick(found, *names) == {"ann": (6, 2, 4, 0)}
    assert pick(found, "chn_view_other_day_cnt_30d") == {"ann": (2,)}, "two kinds of other pages on a day make one day"


def test_types_are_exact_in_every_generated_model() -> None:
    spec = FLOWS.replace("amt_sum, amt_max", "amt_sum, amt_max, self_cnt")
    with night("2026-06-30", "ann", {}) as drawn:
        described = drawn.duck.execute(f"describe {sql_of(drawn, spec)}").fetchall()
    published = {row[0]: row[1].lower() for row in described[1:]}
    assert published == {tag.name: tag.data_type for tag in model_of(spec).tags}


def test_a_peak_of_some_products_is_that_of_their_sum() -> None:
    spec = """
        {family: dep, from: dws_retail_asset_daily, where: {prod: [demand, term]}, slices: {prod: all}, combos: [[]],
         measures: [bal_max], windows: [7d], missing: zero}
    """
    rows = [("ann", "2026-06-30", prod, "10.00") for prod in ("demand", "term", "wm")]
    with night("2026-06-30", "ann", {"dws_retail_asset_daily": rows}) as drawn:
        assert tags_of(drawn, spec)["ann"] == {"dep_bal_max_7d": Decimal(20)}
