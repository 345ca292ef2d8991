"""Tags of merchants, drawn: a few facts, and the values that a person works out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.merchant_nights import PROJECT, TAGS, build, merchant_night, merchant_warehouse, tags_of

D = date(2026, 6, 30)  # a Tuesday; 19 to 21 June 2026 are a holiday
M = [{"customer_id": "m"}]


@pytest.fixture(scope="module")
def duck():
    with merchant_warehouse() as connection:
        yield connection


def before(days: int) -> str:
    """The day so many days before D."""
    return str(D - timedelta(days=days))


def sale(days_ago: int, amt: str, **more: object) -> dict:
    """A sale, or a refund where the amount is negative."""
    return {"acct_date": before(days_ago), "amt": amt, "is_refund": amt.startswith("-"), **more}


def said(duck, model: str, *names: str, merchant: str = "m") -> tuple:
    """Some tags of one merchant; amounts and ratios as text."""
    found = tags_of(duck, model)[merchant]
    return tuple(str(value) if isinstance(value, Decimal) else value for value in (found[name] for name in names))


def test_a_sale_costs_by_its_kind_and_a_refund_costs_nothing(duck) -> None:
    duck.execute("begin")
    duck.execute("insert into ops.run_context values ('2026-06-30', 'demo')")
    duck.execute("""
        create table stg_mer_txn as
        select *, 's1' as term_sn, timestamp '2026-06-29 23:10:00' as txn_time, date '2026-06-30' as acct_date,
            '' as payer_token, '1' as mer_no, null as orig_txn_no, 0.38 as fee, 'f' as src_file, 1 as src_line
        from (values
            ('debit', 'debit', 100.00, 'ok'), ('capped', 'debit', 20000.00, 'ok'), ('credit', 'credit', 1000.00, 'ok'),
            ('wallet', 'wallet', 1000.00, 'ok'), ('strange', 'shells', 1000.00, 'ok'), ('none', null, 1000.00, 'ok'),
            ('refund', 'debit', -100.00, 'ok'), ('failed', 'debit', 100.00, 'failed')
        ) as drawn (txn_no, pay_kind, amt, status_code)
    """)
    duck.execute("create table dwd_party_xref as select 'merchant' as source_system, '1' as source_id, '' as entity, 'm' as customer_id")
    duck.execute("drop table dwd_merchant_transaction")
    build(duck, "dwd_merchant_transaction")
    rows = duck.execute("""
        select txn_no, pay, interchange_amt::varchar, network_amt::varchar, subsidy_amt::varchar, txn_hour, payer_token
        from dwd_merchant_transaction
    """).fetchall()
    duck.execute("rollback")
    assert {row[0]: row[1:5] for row in rows} == {
        "debit": ("debit", "0.18", "0.03", "0.00"),
        "capped": ("debit", "13.00", "3.25", "0.00"),
        "credit": ("credit", "2.60", "0.33", "0.00"),
        "wallet": ("wallet", "2.00", "0.00", "0.20"),
        "strange": ("other", "2.00", "0.00", "0.00"),
        "none": ("other", "2.00", "0.00", "0.00"),
        "refund": ("debit", "0.00", "0.00", "0.00"),
        "failed": ("debit", "0.00", "0.00", "0.00"),
    }
    assert {row[5:] for row in rows} == {(23, None)}


def test_a_settlement_goes_where_its_posting_is(duck) -> None:
    duck.execute("begin")
    duck.execute("insert into dwd_merchant (customer_id, mer_no, settle_bank) values ('m', '1', 'OWN'), ('e', '2', 'OB01')")
    duck.execute("""
        create table stg_mer_settle as
        select *, date '2026-06-30' as settle_date, 10.00 as gross_amt, 0.00 as refund_amt, 0.04 as fee_amt, 9.96 as net_amt,
            'f' as src_file, 1 as src_line
        from (values ('here', '1', 'T1', 'settled'), ('back', '1', null, 'returned'), ('there', '2', null, 'settled'),
            ('moved', '1', null, 'settled'), ('nobody', '9', null, 'settled')) as drawn (settle_no, mer_no, core_txn_no, status_code)
    """)
    duck.execute("""
        create table dwd_transaction as
        select * from (values ('T1', 'a1', 'o', 'in'), ('T1', 'bank', null, 'out')) as drawn (txn_no, acct_no, customer_id, direction),
            (values (date '2026-06-30')) as days (acct_date)
    """)
    duck.execute("drop table dwd_merchant_settlement")
    build(duck, "dwd_merchant_settlement")
    rows = duck.execute("select settle_no, customer_id, dest, leg_acct_no, is_returned from dwd_merchant_settlement").fetchall()
    duck.execute("rollback")
    assert sorted(rows) == [
        ("back", "m", "own", None, True),
        ("here", "m", "own", "a1", False),
        ("moved", "m", "other", None, False),
        ("there", "e", "other", None, False),
    ]


def test_the_daily_partial_tells_hours_and_days_apart(duck) -> None:
    rows = [
        sale(0, "10.00", txn_hour=22, fee_amt="0.10", interchange_amt="0.04", network_amt="0.01", subsidy_amt="0.02"),
        sale(0, "20.00", txn_hour=23),
        sale(0, "40.00", txn_hour=5),
        sale(0, "80.00", txn_hour=6),
        sale(0, "-15.00", txn_hour=12),
        sale(0, "999.00", txn_hour=12, is_ok=False, fee_amt="9.99"),
        {"acct_date": "2026-06-19", "amt": "1.00"},  # holiday on a Friday
        {"acct_date": "2026-06-27", "amt": "2.00"},  # Saturday
        {"acct_date": "2026-05-09", "amt": "4.00"},  # a Saturday that is worked
    ]
    with merchant_night(duck, dwd_merchant=M, dwd_merchant_transaction=rows):
        build(duck, "dws_merchant_transaction_daily")
        found = duck.execute("""
            select strftime(acct_date, '%m%d'), band, daytype, amt_sum::varchar, amt_max::varchar, cnt, refund_amt::varchar,
                refund_cnt, fail_cnt, fee_amt::varchar, cost_amt::varchar, fee_net_amt::varchar
            from dws_merchant_transaction_daily order by 1, 2
        """).fetchall()
    assert found == [
        ("0509", "daytime", "workday", "4.00", "4.00", 1, "0.00", 0, 0, "0.00", "0.00", "0.00"),
        ("0619", "daytime", "holiday", "1.00", "1.00", 1, "0.00", 0, 0, "0.00", "0.00", "0.00"),
        ("0627", "daytime", "weekend", "2.00", "2.00", 1, "0.00", 0, 0, "0.00", "0.00", "0.00"),
        ("0630", "daytime", "workday", "75.00", "80.00", 2, "15.00", 1, 1, "0.10", "0.07", "0.03"),
        ("0630", "night", "workday", "60.00", "40.00", 2, "0.00", 0, 0, "0.00", "0.00", "0.00"),
    ]


def test_changes_need_a_base_and_stop_at_their_days(duck) -> None:
    names = ("mer_amt_chg_ratio_28d", "mer_amt_chg_ratio_7d", "mer_idle_days")
    rows = [
        sale(27, "3000.00"), sale(28, "5000.00"), sale(55, "1000.00"), sale(56, "9999.00"),
        sale(3, "-500.00"),
    ]  # fmt: skip
    with merchant_night(duck, dwd_merchant=M, dwd_merchant_transaction=rows):
        # 2500 on 6000; 7 days: -500 on a mean week of (3000 + 5000) / 4 = 2000, too small a base
        assert said(duck, "ratio", *names) == ("-0.5833", None, 27)
    with merchant_night(duck, dwd_merchant=M, dwd_merchant_transaction=[sale(0, "100.00"), sale(28, "4999.99")]):
        assert said(duck, "ratio", *names) == (None, None, 0)
    with merchant_night(duck, dwd_merchant=M, dwd_merchant_transaction=[sale(6, "600.00"), sale(7, "7000.00"), sale(34, "5000.00")]):
        assert said(duck, "ratio", names[1]) == ("-0.8000",)
    with merchant_night(duck, dwd_merchant=M):
        assert said(duck, "ratio", *names, "mer_month_cnt_l12m", "mer_night_ratio_30d") == (None, None, None, 0, None)


def test_a_year_before_counts_only_if_it_was_delivered_whole(duck) -> None:
    may = [{"acct_date": "2026-05-31", "amt": "9000.00"}, {"acct_date": "2025-05-31", "amt": "6000.00"}]
    for first, start, wanted in (
        ("2025-05-01", "2025-05-01", "0.5000"),
        ("2025-05-02", "2025-05-01", None),  # the first day of May is not there
        ("2025-05-01", "2025-05-02", None),  # signed in the month
    ):
        others = [{"customer_id": "e", "acct_date": first, "amt": "1.00"}]
        merchants = [{"customer_id": "m", "start_date": start}, {"customer_id": "e"}]
        with merchant_night(duck, dwd_merchant=merchants, dwd_merchant_transaction=may + others):
            assert said(duck, "ratio", "mer_amt_yoy_lm", "mer_amt_chg_ratio_lm") == (wanted, None)


def test_silence_counts_the_days_on_which_the_shop_is_open(duck) -> None:
    # Every day but Sundays until Monday 15 June; the 56 days begin on Tuesday 21 April.
    rows = [sale(days, "10.00") for days in range(15, 80) if (D - timedelta(days=days)).isoweekday() != 7]
    names = ("mer_silent_bizdays", "mer_usual_weekdays_code", "mer_usual_weekday_cnt", "mer_is_weekend_trader", "mer_has_rest_day")
    with merchant_night(duck, dwd_merchant=M, dwd_merchant_transaction=rows):
        # 16-18 June (3), 19-21 holiday, 22-27 (6), Sunday 28, 29-30 (2)
        assert said(duck, "rhythm", *names) == (11, "123456", 6, False, True)
    for age, wanted in ((28, 11), (27, None)):
        merchants = [{"customer_id": "m", "start_date": before(age)}]
        with merchant_night(duck, dwd_merchant=merchants, dwd_merchant_transaction=rows):
            assert said(duck, "rhythm", "mer_silent_bizdays") == (wanted,)
    with merchant_night(duck, dwd_merchant=M, dwd_merchant_transaction=[sale(3, "-1.00")]):
        assert said(duck, "rhythm", *names) == (None,) * 5


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sold=st.sets(st.integers(0, 90), min_size=1), age=st.integers(20, 120))
def test_silence_is_what_counting_day_by_day_says(duck, sold: set[int], age: int) -> None:
    rows = [sale(days, "10.00") for days in sold]
    holidays = {date(2026, 6, 19), date(2026, 6, 20), date(2026, 6, 21), *(date(2026, 5, day) for day in range(1, 6)),
                date(2026, 4, 4), date(2026, 4, 5), date(2026, 4, 6)}  # fmt: skip
    days, last = {D - timedelta(days=number) for number in sold}, D - timedelta(days=min(sold))
    first = max(D - timedelta(days=age), min(days))
    profile = [day for day in (last - timedelta(days=n) for n in range(56)) if day not in holidays and day >= first]
    usual = {
        weekday
        for weekday in range(1, 8)
        if (same := [day for day in profile if day.isoweekday() == weekday])
        and 2 * sum(day in days for day in same) >= len(same)
    }
    missed = [last + timedelta(days=n) for n in range(1, min(sold) + 1)]
    wanted = sum(day.isoweekday() in usual and day not in holidays for day in missed) if age >= 28 else None
    merchants = [{"customer_id": "m", "start_date": before(age)}]
    with merchant_night(duck, dwd_merchant=merchants, dwd_merchant_transaction=rows):
        assert said(duck, "rhythm", "mer_silent_bizdays") == (wanted,)


def test_stable_months_have_days_and_half_of_the_median(duck) -> None:
    def month(first: str, days: int, amt: str) -> list[dict]:
        return [{"acct_date": str(date.fromisoformat(first) + timedelta(days=n)), "amt": amt} for n in range(days)]

    rows = [
        *month("2025-06-01", 15, "100.00"),  # the first of the twelve: 1500
        *month("2025-05-01", 20, "100.00"),  # the month before them
        *month("2025-12-01", 14, "200.00"),  # a day too few
        *month("2026-01-01", 20, "100.00"),  # 2000
        *month("2026-02-01", 15, "49.99"),  # 749.85, under half of the median
        *month("2026-03-01", 15, "100.00"),
        *month("2026-04-01", 15, "100.00"),
        *month("2026-05-01", 15, "50.00"),  # 750, exactly half
        *month("2026-06-01", 29, "100.00"),  # the running month
    ]
    names = ("mer_stable_months_l12m", "mer_month_amt_median_l12m", "mer_month_amt_max_l12m", "mer_month_amt_min_l12m", "mer_run_months_l12m")
    with merchant_night(duck, dwd_merchant=M, dwd_merchant_transaction=rows):
        # 0 ×5, 749.85, 750, 1500 ×3, 2000, 2800: the sixth of twelve
        assert said(duck, "rhythm", *names) == (6, "749.85", "2800.00", "0.00", 6)
    extra = [*month("2025-07-01", 15, "100.00"), *month("2025-08-01", 15, "100.00"), *month("2025-09-01", 15, "100.00")]
    with merchant_night(duck, dwd_merchant=M, dwd_merchant_transaction=rows + extra):
        # median 1500: February falls out, May (exactly half) stays
        assert said(duck, "rhythm", *names) == (8, "1500.00", "2800.00", "0.00", 6)


def test_payers_tickets_round_and_near_limits(duck) -> None:
    rows = [
        sale(0, "1000.00", payer_token="ann"),
        sale(29, "4750.00", payer_token="ann"),  # 95 % of 5,000
        sale(30, "4749.00", payer_token="bob"),  # exactly 30 days before: out of 30d; not near
        sale(89, "1200.00", payer_token="bob"),  # round, and the first day of 90d
        sale(90, "7777.00", payer_token="eve"),  # out of 90d
        sale(0, "950.50"),  # near 1,000, no token
        sale(0, "-500.00", payer_token="joe"),
        sale(0, "500.00", payer_token="joe", is_ok=False),
    ]
    with merchant_night(duck, dwd_merchant=M, dwd_merchant_transaction=rows):
        assert said(
            duck, "payer", "mer_payer_cnt_30d", "mer_payer_cnt_90d", "mer_payer_repeat_cnt_90d", "mer_payer_repeat_ratio_90d",
            "mer_payer_new_cnt_30d", "mer_token_null_ratio_90d", "mer_payer_top_ratio_90d",
        ) == (1, 2, 2, "1.0000", 1, "0.2000", "0.5085")  # fmt: skip
    with merchant_night(duck, dwd_merchant=M, dwd_merchant_transaction=rows):
        assert said(
            duck, "payer", "mer_ticket_amt_median_30d", "mer_ticket_amt_p90_90d", "mer_ticket_amt_median_90d", "mer_round_ratio_90d",
            "mer_near_limit_ratio_30d",
        ) == ("1000.00", "4750.00", "1200.00", "0.1739", "1.0000")  # fmt: skip
    with merchant_night(duck, dwd_merchant=M, dwd_merchant_transaction=[sale(0, "1.00", payer_token="ann"), *[sale(0, "1.00")] * 2]):
        assert said(duck, "payer", "mer_payer_repeat_ratio_90d", "mer_payer_cnt_90d") == (None, 1)


def test_what_a_settlement_leaves_is_its_lowest_rise(duck) -> None:
    def balances(first: int, *values: int, account: str = "a1") -> list[dict]:
        return [{"acct_no": account, "bal_date": before(first - n), "bal": str(value)} for n, value in enumerate(values)]

    def settled(days_ago: int, net: str = "100.00", **more: object) -> dict:
        return {"settle_no": f"s{days_ago}", "settle_date": before(days_ago), "net_amt": net, **more}

    rows = balances(21, 50, 150, 150, 150, 110, 150, 150, 150, 180) + balances(8, 200, 300, 300, 300, 300, 300, 300, 300, 250)
    named = ("mer_settle_stay_ratio_7d", "mer_settle_is_own", "mer_settle_acct_bal", "mer_settle_acct_davg_30d")
    for settlements, wanted in (
        ([settled(20)], "0.6000"),  # 110 - 50
        ([settled(7)], "0.5000"),  # the seventh day is D: 250 - 200
        ([settled(20), settled(7)], "0.5500"),
        ([settled(20), settled(6)], "0.6000"),  # its seven days are not over
        ([settled(20, is_returned=True)], None),
        ([settled(30)], None),  # no balances
    ):
        with merchant_night(duck, dwd_merchant=M, dwd_merchant_settlement=settlements, dwd_account_balance_daily=rows):
            assert said(duck, "settle", *named) == (wanted, True, "250.00", "126.33")
    elsewhere = [{"customer_id": "m", "settle_bank": "OB01"}]
    with merchant_night(duck, dwd_merchant=elsewhere, dwd_merchant_settlement=[settled(20)], dwd_account_balance_daily=rows):
        assert said(duck, "settle", *named) == (None, False, None, None)


def test_sales_are_due_on_the_next_settle_day(duck) -> None:
    rows = [
        sale(0, "100.00", fee_amt="0.40"),  # Tuesday: due on Wednesday, after D
        sale(1, "50.00"),  # Monday: due on D
        {"acct_date": "2026-06-18", "amt": "70.00"},  # before the holiday and its weekend: due on Monday 22
        {"acct_date": "2026-06-20", "amt": "5.00"},
    ]
    names = ("mer_settle_pending_amt", "mer_settle_ontime_ratio_90d", "mer_settle_idle_days", "mer_settle_returned_cnt_90d")
    paid = [{"settle_no": "1", "settle_date": "2026-06-22"}, {"settle_no": "2", "settle_date": "2026-06-30", "is_returned": True}]
    with merchant_night(duck, dwd_merchant=M, dwd_merchant_transaction=rows, dwd_merchant_settlement=paid):
        assert said(duck, "settle", *names) == ("99.60", "0.5000", 8, 1)
    with merchant_night(duck, dwd_merchant=[{"customer_id": "m", "cycle_code": "D0"}], dwd_merchant_transaction=rows):
        assert said(duck, "settle", *names) == ("0.00", "0.0000", None, 0)


def test_owners_are_links_and_need_to_be_known(duck) -> None:
    merchants = [
        {"customer_id": "m"},
        {"customer_id": "twin"},
        {"customer_id": "lost", "owner_customer_id": None, "owner_entity_code": None},
    ]
    notes = [
        {"principal_amt": "100.00", "due_date": before(-30), "dpd": 3, "overdue_amt": "7.00"},
        {"note_no": "n2", "kind_code": "mtg", "principal_amt": "900.00", "due_date": before(-31)},
        {"note_no": "n3", "principal_amt": "0.00", "due_date": before(-1), "dpd": 99},
        {"note_no": "n1", "bal_date": "2025-12-31", "principal_amt": "40.00"},
        {"note_no": "n1", "bal_date": "2025-06-01", "principal_amt": "40.00", "dpd": 12},
        {"note_no": "n1", "bal_date": "2025-05-31", "principal_amt": "40.00", "dpd": 60},
    ]
    classes = [{"class_code": 3}, {"class_code": 2, "class_date": "2026-06-20"}, {"note_no": "n2", "class_code": 1}]
    settled = [{"settle_date": before(29), "net_amt": "30.00"}, {"settle_date": before(30), "net_amt": "99.00"},
               {"customer_id": "twin", "net_amt": "20.00"}]  # fmt: skip
    balances = [{"bal": "5.00"}, {"prod": "margin", "bal": "77.00"}, {"prod": "term", "bal": "8.00"}, {"bal_date": "2026-05-31", "bal": "3.00"}]
    names = (
        "owner_loan_bal", "owner_loan_biz_bal", "owner_loan_due_amt_next30d", "owner_loan_due_amt_next90d", "owner_loan_dpd_max",
        "owner_loan_dpd_max_l12m", "owner_loan_class_worst_code", "owner_loan_chg_boy", "owner_loan_due_cover_ratio_30d",
        "owner_dep_bal", "owner_dep_chg_bom", "owner_dep_davg_lm",
    )  # fmt: skip
    with merchant_night(
        duck, dwd_merchant=merchants, dwd_loan_note=notes, dwd_loan_class=classes, dwd_merchant_settlement=settled,
        dwd_account_balance_daily=balances,
    ):  # fmt: skip
        found = tags_of(duck, "owner_debt")
        twins = {merchant: [str(found[merchant][name]) for name in names] for merchant in ("m", "twin")}
        assert twins["m"] == twins["twin"]
        assert twins["m"] == [
            "1000.00", "100.00", "100.00", "1000.00", "3", "12", "2", "960.00", "0.5000", "13.00", "10.00", "0.10",
        ]  # fmt: skip
        assert {found["lost"][name] for name in names} == {None}


def test_terminals_sleep_after_ninety_days(duck) -> None:
    terminals = [
        {"sn": "s1"},  # sold 89 days ago
        {"sn": "s2", "kind_code": "pos"},  # sold exactly 90 days ago
        {"sn": "s3", "bind_date": before(90)},  # never sold, bound 90 days ago
        {"sn": "s4", "bind_date": before(89), "region_code": "990200"},  # never sold
        {"sn": "s5", "unbind_date": before(10)},  # unbound
    ]
    sales = [sale(89, "1.00"), sale(90, "1.00", term_sn="s2"), sale(11, "1.00", term_sn="s5"), sale(10, "1.00", term_sn="s5"),
             sale(5, "1.00", term_sn="other")]  # fmt: skip
    with merchant_night(duck, dwd_merchant=M, dwd_merchant_terminal=terminals, dwd_merchant_transaction=sales):
        assert said(
            duck, "terminal", "prod_term_cnt", "prod_term_cnt_ltd", "prod_term_dormant_cnt", "prod_term_never_cnt",
            "prod_term_new_cnt_90d", "prod_term_away_cnt", "prod_term_stray_cnt_90d", "prod_term_active_cnt_30d",
            "prod_has_pos", "prod_term_region_cnt",
        ) == (4, 5, 2, 2, 1, 1, 2, 0, True, 2)  # fmt: skip


def test_life_cycle_and_yield(duck) -> None:
    merchants = [
        {"customer_id": "closed", "status_code": "closed"}, {"customer_id": "never"}, {"customer_id": "lost"},
        {"customer_id": "sleeping"}, {"customer_id": "new", "start_date": before(90)}, {"customer_id": "declining"},
        {"customer_id": "growing"}, {"customer_id": "mature"},
    ]  # fmt: skip
    sales = [
        sale(90, "1.00", customer_id="lost"), sale(30, "1.00", customer_id="sleeping"),
        sale(27, "7000.00", customer_id="declining"), sale(28, "10000.00", customer_id="declining"),
        sale(27, "13000.00", customer_id="growing"), sale(28, "10000.00", customer_id="growing"),
        sale(29, "1000.00", customer_id="mature"),
        {"customer_id": "mature", "acct_date": "2026-05-31", "amt": "1000.00", "fee_amt": "3.80", "interchange_amt": "2.00"},
        {"customer_id": "mature", "acct_date": "2025-05-31", "amt": "1000.00", "fee_amt": "100.00"},
    ]  # fmt: skip
    with merchant_night(duck, dwd_merchant=merchants, dwd_merchant_transaction=sales):
        found = tags_of(duck, "value")
    assert {merchant: values["val_life_code"] for merchant, values in found.items()} == {
        name: "mature" if name == "new" else name for name in found
    } | {"new": "new"}
    mature = found["mature"]
    assert [str(mature[name]) for name in ("val_fee_bp_l12m", "val_fee_net_bp_l12m", "val_contrib_code", "val_rfm_code")] == [
        "38.00", "18.00", "2", "311",
    ]  # fmt: skip
    assert found["never"]["val_rfm_r_code"] == 1


def test_the_reason_of_a_flag_stands_in_the_restricted_file_only(duck) -> None:
    merchants = [
        {"customer_id": "cash", "owner_customer_id": "p1", "settle_acct_no": "x1"},
        {"customer_id": "held", "owner_customer_id": "p2", "settle_acct_no": "x2"},
        {"customer_id": "lost_card", "owner_customer_id": "p3", "settle_acct_no": "x3"},
        {"customer_id": "away", "owner_customer_id": "p4", "settle_acct_no": "x5", "settle_bank": "OB01"},
    ]
    # credit 1, round 1, near a limit 1, night 1, largest payer 0.25: a fifth root of 0.25 is 0.758
    sales = [sale(n, "5000.00", customer_id="cash", pay="credit", txn_hour=2, payer_token=f"p{n}") for n in range(4)]
    controls = [
        {"customer_id": "p2", "acct_no": "x2", "by_code": "police"},
        {"customer_id": "p2", "acct_no": "x9", "ctrl_no": "c2", "by_code": "aml"},
        {"customer_id": "p2", "acct_no": "x9", "ctrl_no": "c3", "by_code": "court", "to_date": before(0)},  # over on D
        {"customer_id": "p3", "acct_no": "x3", "ctrl_no": "c4"},  # the bank's own stop of payment is no reason
        {"customer_id": "p9", "acct_no": "x5", "ctrl_no": "c5", "by_code": "court"},  # not the account of anybody here
    ]
    facts = {"dwd_merchant": merchants, "dwd_merchant_transaction": sales, "dwd_account_control": controls}
    names = ("mer_cashout_score", "risk_is_marketing_blocked", "mer_is_watch", "risk_block_reason_code", "risk_ctrl_owner_cnt")
    with merchant_night(duck, **facts):
        found = tags_of(duck)
    assert {merchant: tuple(values[name] for name in names) for merchant, values in found.items()} == {
        "cash": (76, True, True, "cashout", 0),
        "held": (None, True, True, "aml+police", 2),
        "lost_card": (None, False, False, None, 0),
        "away": (None, False, False, None, 0),
    }
    with merchant_night(duck, absent=("core_ctrl",), **facts):
        cash = tags_of(duck)["cash"]
    assert [cash[name] for name in names] == [76, None, None, None, None]


def test_signals_follow_their_thresholds(duck) -> None:
    sales = [sale(0, "70.00", pay="wallet", txn_hour=12), sale(0, "30.00", txn_hour=0), sale(1, "-10.00")]
    with merchant_night(duck, dwd_merchant=M, dwd_merchant_transaction=sales, dwd_merchant_terminal=[{"sn": "s1"}]):
        found = tags_of(duck, "risk")["m"]
    raised = {name for name, value in found.items() if name.startswith(("risk_is_", "risk_has_")) and value}
    assert raised == {"risk_is_night_high", "risk_is_refund_high"}  # 0.30 and 0.10, both just reached
    assert found["risk_signal_cnt"] == 2
    assert found["mer_is_watch"] is False


def test_without_sales_delivered_nothing_is_said_of_them(duck) -> None:
    facts = {"dwd_merchant": M, "dwd_merchant_transaction": [sale(0, "10.00", payer_token="ann")]}
    with merchant_night(duck, absent=("mer_txn",), **facts):
        found = tags_of(duck)["m"]
    assert found["mer_mcc_class_code"] == "catering"
    sold = [name for name in found if name.startswith(("mer_amt", "mer_night", "mer_payer", "mer_ticket", "mer_month", "val_rfm"))]
    assert len(sold) > 20
    assert {found[name] for name in sold} == {None}
    assert found["mer_silent_bizdays"] is None
    assert found["mer_stable_months_l12m"] is None
    assert found["risk_is_drop"] is None


def test_every_model_of_merchants_was_drawn() -> None:
    written = {path.stem.removeprefix("tag_merchant_") for path in (PROJECT / "models" / "tags" / "merchant").glob("*.sql")}
    assert written - set(TAGS) == {"owner"}  # facts of the customer file and counts of shops, compared on the demo bank
