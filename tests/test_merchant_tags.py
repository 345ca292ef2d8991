"""Tags of merchants, drawn: a few facts, and the values that a person works out by hand."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.drawn import night
from tests.merchant_nights import D, M, before, merchant_night, said, sale


def test_a_sale_costs_by_its_kind_and_a_refund_costs_nothing() -> None:
    posted = {"term_sn": "s1", "txn_time": "2026-06-29 23:10:00", "acct_date": "2026-06-30", "payer_token": "", "mer_no": "1", "fee": "0.38"}
    with night("m") as drawn:
        drawn.draw("dwd_party_xref", source_system="merchant", source_id="1", entity="", customer_id="m")
        for number, kind, amount, status in (
            ("debit", "debit", "100.00", "ok"), ("capped", "debit", "20000.00", "ok"), ("credit", "credit", "1000.00", "ok"),
            ("wallet", "wallet", "1000.00", "ok"), ("strange", "shells", "1000.00", "ok"), ("none", None, "1000.00", "ok"),
            ("refund", "debit", "-100.00", "ok"), ("failed", "debit", "100.00", "failed"),
        ):  # fmt: skip
            drawn.draw("stg_mer_txn", txn_no=number, pay_kind=kind, amt=amount, status_code=status, **posted)
        drawn.build("dwd_merchant_transaction")
        rows = drawn.duck.execute("""
            select txn_no, pay, interchange_amt::varchar, network_amt::varchar, subsidy_amt::varchar, txn_hour, payer_token
            from dwd_merchant_transaction
        """).fetchall()
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


def test_a_settlement_goes_where_its_posting_is() -> None:
    paid = {"settle_date": "2026-06-30", "gross_amt": "10.00", "refund_amt": "0.00", "fee_amt": "0.04", "net_amt": "9.96"}
    with night("m e") as drawn:
        drawn.draw("dwd_merchant", customer_id="m", mer_no="1", settle_bank="OWN")
        drawn.draw("dwd_merchant", customer_id="e", mer_no="2", settle_bank="OB01")
        for number, merchant, posting, status in (
            ("here", "1", "T1", "settled"), ("back", "1", None, "returned"), ("there", "2", None, "settled"),
            ("moved", "1", None, "settled"), ("early", "1", "T2", "settled"), ("nobody", "9", None, "settled"),
        ):  # fmt: skip
            drawn.draw("stg_mer_settle", settle_no=number, mer_no=merchant, core_txn_no=posting, status_code=status, **paid)
        for posting, account, side, day in (("T1", "a1", "C", "2026-06-30"), ("T1", "bank", "D", "2026-06-30"), ("T2", "a1", "C", "2026-06-29")):
            drawn.draw("stg_core_txn", txn_no=posting, acct_no=account, dc_flag=side, acct_date=day)
        drawn.draw("dwd_account", acct_no="a1", customer_id="o")
        drawn.build("dwd_merchant_settlement")
        rows = drawn.duck.execute("""
            select settle_no, customer_id, dest, leg_acct_no, leg_customer_id, is_returned from dwd_merchant_settlement
        """).fetchall()
    assert sorted(rows) == [
        ("back", "m", "own", None, None, True),
        ("early", "m", "other", None, None, False),  # a posting of another day is not this settlement's
        ("here", "m", "own", "a1", "o", False),
        ("moved", "m", "other", None, None, False),
        ("nobody", None, "other", None, None, False),  # kept until its merchant is delivered
        ("there", "e", "other", None, None, False),
    ]


def test_the_daily_partial_tells_hours_and_days_apart() -> None:
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
    with merchant_night(dwd_merchant=M, dwd_merchant_transaction=rows) as drawn:
        drawn.build("dws_merchant_transaction_daily")
        found = drawn.duck.execute("""
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


def test_changes_need_a_base_and_stop_at_their_days() -> None:
    names = ("mer_amt_chg_ratio_28d", "mer_amt_chg_ratio_7d", "mer_idle_days")
    rows = [
        sale(27, "3000.00"), sale(28, "5000.00"), sale(55, "1000.00"), sale(56, "9999.00"),
        sale(3, "-500.00"),
    ]  # fmt: skip
    with merchant_night(dwd_merchant=M, dwd_merchant_transaction=rows) as drawn:
        # 2500 on 6000; 7 days: -500 on a mean week of (3000 + 5000) / 4 = 2000, too small a base
        assert said(drawn, "ratio", *names) == ("-0.5833", None, 27)
    with merchant_night(dwd_merchant=M, dwd_merchant_transaction=[sale(0, "100.00"), sale(28, "4999.99")]) as drawn:
        assert said(drawn, "ratio", *names) == (None, None, 0)
    with merchant_night(dwd_merchant=M, dwd_merchant_transaction=[sale(6, "600.00"), sale(7, "7000.00"), sale(34, "5000.00")]) as drawn:
        assert said(drawn, "ratio", names[1]) == ("-0.8000",)
    with merchant_night(dwd_merchant=M) as drawn:
        assert said(drawn, "ratio", *names, "mer_month_cnt_l12m", "mer_night_ratio_30d") == (None, None, None, 0, None)


def test_a_half_of_the_last_digit_is_rounded_away_from_zero() -> None:
    rows = [sale(1, "3.00", txn_hour=23), sale(1, "19997.00"), sale(40, "20003.00"), sale(40, "-3.00")]
    names = ("mer_night_ratio_30d", "mer_refund_amt_ratio_90d", "mer_amt_chg_ratio_28d")
    with merchant_night(dwd_merchant=M, dwd_merchant_transaction=rows) as drawn:
        # 3 of 20,000 is 0.00015; 3 of 40,003 is no half
        assert said(drawn, "ratio", *names) == ("0.0002", "0.0001", "0.0000")
    for now, wanted in (("20003.00", "0.0002"), ("19997.00", "-0.0002")):
        with merchant_night(dwd_merchant=M, dwd_merchant_transaction=[sale(1, now), sale(40, "20000.00")]) as drawn:
            assert said(drawn, "ratio", names[2]) == (wanted,)


def test_a_year_before_counts_only_if_it_was_delivered_whole() -> None:
    may = [{"acct_date": "2026-05-31", "amt": "9000.00"}, {"acct_date": "2025-05-31", "amt": "6000.00"}]
    for first, start, wanted in (
        ("2025-05-01", "2025-05-01", "0.5000"),
        ("2025-05-02", "2025-05-01", None),  # the first day of May is not there
        ("2025-05-01", "2025-05-02", None),  # signed in the month
    ):
        others = [{"customer_id": "e", "acct_date": first, "amt": "1.00"}]
        merchants = [{"customer_id": "m", "start_date": start}, {"customer_id": "e"}]
        with merchant_night(dwd_merchant=merchants, dwd_merchant_transaction=may + others) as drawn:
            assert said(drawn, "ratio", "mer_amt_yoy_lm", "mer_amt_chg_ratio_lm") == (wanted, None)


def test_silence_counts_the_days_on_which_the_shop_is_open() -> None:
    # Every day but Sundays until Monday 15 June; the 56 days begin on Tuesday 21 April.
    rows = [sale(days, "10.00") for days in range(15, 80) if (D - timedelta(days=days)).isoweekday() != 7]
    names = ("mer_silent_bizdays", "mer_usual_weekdays_code", "mer_usual_weekday_cnt", "mer_is_weekend_trader", "mer_has_rest_day")
    with merchant_night(dwd_merchant=M, dwd_merchant_transaction=rows) as drawn:
        # 16-18 June (3), 19-21 holiday, 22-27 (6), Sunday 28, 29-30 (2)
        assert said(drawn, "rhythm", *names) == (11, "123456", 6, False, True)
    for age, wanted in ((28, 11), (27, None)):
        merchants = [{"customer_id": "m", "start_date": before(age)}]
        with merchant_night(dwd_merchant=merchants, dwd_merchant_transaction=rows) as drawn:
            assert said(drawn, "rhythm", "mer_silent_bizdays") == (wanted,)
    with merchant_night(dwd_merchant=M, dwd_merchant_transaction=[sale(3, "-1.00")]) as drawn:
        assert said(drawn, "rhythm", *names) == (None,) * 5


@settings(max_examples=25, deadline=None)
@given(sold=st.sets(st.integers(0, 90), min_size=1), age=st.integers(20, 120))
def test_silence_is_what_counting_day_by_day_says(sold: set[int], age: int) -> None:
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
    with merchant_night(dwd_merchant=merchants, dwd_merchant_transaction=rows) as drawn:
        assert said(drawn, "rhythm", "mer_silent_bizdays") == (wanted,)


def test_stable_months_have_days_and_half_of_the_median() -> None:
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
    with merchant_night(dwd_merchant=M, dwd_merchant_transaction=rows) as drawn:
        # 0 ×5, 749.85, 750, 1500 ×3, 2000, 2800: the sixth of twelve
        assert said(drawn, "rhythm", *names) == (6, "749.85", "2800.00", "0.00", 6)
    extra = [*month("2025-07-01", 15, "100.00"), *month("2025-08-01", 15, "100.00"), *month("2025-09-01", 15, "100.00")]
    with merchant_night(dwd_merchant=M, dwd_merchant_transaction=rows + extra) as drawn:
        # median 1500: February falls out, May (exactly half) stays
        assert said(drawn, "rhythm", *names) == (8, "1500.00", "2800.00", "0.00", 6)


def test_payers_tickets_round_and_near_limits() -> None:
    rows = [
        sale(0, "1000.00", payer="ann"),
        sale(29, "4750.00", payer="ann"),  # 95 % of 5,000
        sale(30, "4749.00", payer="bob"),  # exactly 30 days before: out of 30d; not near
        sale(89, "1200.00", payer="bob"),  # round, and the first day of 90d
        sale(90, "7777.00", payer="eve"),  # out of 90d
        sale(0, "950.50"),  # near 1,000, no token
        sale(0, "-500.00", payer="joe"),
        sale(0, "500.00", payer="joe", is_ok=False),
    ]
    with merchant_night(dwd_merchant=M, dwd_merchant_transaction=rows) as drawn:
        assert said(
            drawn, "payer", "mer_payer_cnt_30d", "mer_payer_cnt_90d", "mer_payer_repeat_cnt_90d", "mer_payer_repeat_ratio_90d",
            "mer_payer_new_cnt_30d", "mer_token_null_ratio_90d", "mer_payer_top_ratio_90d",
        ) == (1, 2, 2, "1.0000", 1, "0.2000", "0.5085")  # fmt: skip
    with merchant_night(dwd_merchant=M, dwd_merchant_transaction=rows) as drawn:
        assert said(
            drawn, "payer", "mer_ticket_amt_median_30d", "mer_ticket_amt_p90_90d", "mer_ticket_amt_median_90d", "mer_round_ratio_90d",
            "mer_near_limit_ratio_30d",
        ) == ("1000.00", "4750.00", "1200.00", "0.1739", "1.0000")  # fmt: skip
    with merchant_night(dwd_merchant=M, dwd_merchant_transaction=[sale(0, "1.00", payer="ann"), *[sale(0, "1.00")] * 2]) as drawn:
        assert said(drawn, "payer", "mer_payer_repeat_ratio_90d", "mer_payer_cnt_90d") == (None, 1)


def test_what_a_settlement_leaves_is_its_lowest_rise() -> None:
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
        with merchant_night(dwd_merchant=M, dwd_merchant_settlement=settlements, dwd_account_balance_daily=rows) as drawn:
            assert said(drawn, "settle", *named) == (wanted, True, "250.00", "126.33")
    elsewhere = [{"customer_id": "m", "settle_bank": "OB01"}]
    with merchant_night(dwd_merchant=elsewhere, dwd_merchant_settlement=[settled(20)], dwd_account_balance_daily=rows) as drawn:
        assert said(drawn, "settle", *named) == (None, False, None, None)


def test_sales_are_due_on_the_next_settle_day() -> None:
    rows = [
        sale(0, "100.00", fee_amt="0.40"),  # Tuesday: due on Wednesday, after D
        sale(1, "50.00"),  # Monday: due on D
        {"acct_date": "2026-06-18", "amt": "70.00"},  # before the holiday and its weekend: due on Monday 22
        {"acct_date": "2026-06-20", "amt": "5.00"},
    ]
    names = ("mer_settle_pending_amt", "mer_settle_ontime_ratio_90d", "mer_settle_idle_days", "mer_settle_returned_cnt_90d")
    paid = [{"settle_no": "1", "settle_date": "2026-06-22"}, {"settle_no": "2", "settle_date": "2026-06-30", "is_returned": True}]
    with merchant_night(dwd_merchant=M, dwd_merchant_transaction=rows, dwd_merchant_settlement=paid) as drawn:
        assert said(drawn, "settle", *names) == ("99.60", "0.5000", 8, 1)
    same_day = [{"customer_id": "m", "cycle_code": "D0"}]
    with merchant_night(dwd_merchant=same_day, dwd_merchant_transaction=rows) as drawn:
        assert said(drawn, "settle", *names) == ("0.00", "0.0000", None, 0)
    # Of the four days that are due, Saturday's sales are paid on Monday.
    paid = [{"settle_no": "1", "settle_date": "2026-06-22"}]
    with merchant_night(dwd_merchant=same_day, dwd_merchant_transaction=rows, dwd_merchant_settlement=paid) as drawn:
        assert said(drawn, "settle", *names) == ("0.00", "0.2500", 8, 0)
