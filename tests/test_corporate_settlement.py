"""What moves on companies' accounts, drawn: whose the other side is, settlement, counterparties, daily partials."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.corporate_nights import Night, night


def money(*amounts: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, amounts))


def companies(drawn: Night, **groups: str) -> None:
    """Companies with one account each; empty text is no group."""
    for name, group in groups.items():
        drawn.draw("dwd_company", customer_id=name, group_id=group)
        drawn.draw("dwd_account", acct_no=f"A-{name}", customer_id=name, entity="corporate")


def test_whose_the_other_side_is() -> None:
    with night("ann") as drawn:
        companies(drawn, ann="G", sis="G", bob="", eve="")
        here = {"cp_bank_code": "OWN", "cp_class": "same_bank_other"}
        drawn.post("ann", "2026-06-01", "1", "A-sis", **here)  # of the own group
        drawn.post("ann", "2026-06-02", "1", "A-bob", **here)
        drawn.post("bob", "2026-06-03", "1", "A-eve", **here)  # neither has a group: two empty groups are not one
        drawn.post("ann", "2026-06-04", "1", "A-ann", cp_bank_code="OWN", cp_class="own")
        drawn.post("ann", "2026-06-05", "1", "X1", cp_class="other_bank_same_name")
        drawn.post("ann", "2026-06-06", "1", "X2", cp_class="securities")
        drawn.post("ann", "2026-06-07", "1", cp_class="cash", cp_bank_code=None)
        drawn.post("ann", "2026-06-08", "1", "A-bob")  # another bank's account that has the same number
        drawn.flows()
        rows = drawn.duck.execute(
            "select day(acct_date), cp, is_third, is_cp_customer, cp_key is null from dwd_corporate_flow order by 1"
        ).fetchall()
        keys = dict(drawn.duck.execute("select day(acct_date), cp_key from dwd_corporate_flow").fetchall())
    assert rows == [
        (1, "group", False, True, False), (2, "same_bank_other", True, True, False), (3, "same_bank_other", True, True, False),
        (4, "own", False, True, False), (5, "other_bank_same_name", False, False, False), (6, "other", True, False, False),
        (7, "cash", True, False, True), (8, "other_bank_other", True, False, False),
    ]  # fmt: skip
    assert keys[2] != keys[8]


def test_partial_of_a_day() -> None:
    with night("ann") as drawn:
        companies(drawn, ann="")
        drawn.post("ann", "2026-06-01", "100", "X")
        drawn.post("ann", "2026-06-01", "50", "Y")
        drawn.post("ann", "2026-06-01", "-100", "X", is_reversal=True)  # undoes one of an earlier day
        drawn.post("ann", "2026-06-01", "7", "Z", is_void=True)
        drawn.post("ann", "2026-06-01", "9", "A-ann", cp_class="own", cp_bank_code="OWN")
        drawn.post("ann", "2026-06-01", "30", "X", direction="out", is_self=True, channel="ebank", purpose="tax")
        drawn.flows()
        rows = drawn.duck.execute(
            "select direction, channel, purpose, amt_sum, amt_max, cnt, self_cnt from dws_corporate_transaction_daily order by 1"
        ).fetchall()
    assert rows == [("in", "batch", "transfer", *money("50", "100"), 2, 0), ("out", "ebank", "tax", *money("30", "30"), 1, 1)]


def test_payroll_partial_is_the_payers() -> None:
    with night("ann") as drawn:
        for person, amount, result in (("R1", "10", "ok"), ("R2", "20", "ok"), ("R3", "40", "failed")):
            drawn.draw("dwd_pay_detail", customer_id=person, payer_customer_id="ann", pay_date="2026-06-05", amt=amount,
                       pay_type="wage", result_code=result)  # fmt: skip
        drawn.draw("dwd_pay_detail", customer_id="R1", pay_date="2026-06-05", amt="5", pay_type="pension", result_code="ok")
        rows = drawn.rows("dws_corporate_pay_daily")
    assert rows == [("ann", date(2026, 6, 5), "wage", *money("30", "20"), 2)]


def test_settlement_windows_habits_and_share() -> None:
    with night("ann bob") as drawn:
        companies(drawn, ann="", bob="")
        out = {"direction": "out", "is_self": True}
        drawn.post("ann", "2026-06-30", "100", "X")
        drawn.post("ann", "2026-06-01", "20", "X")  # 29 days before: the first of 30
        drawn.post("ann", "2026-05-31", "40", "X")  # exactly 30 days before
        drawn.post("ann", "2026-04-02", "800", "X")  # 89 days before
        drawn.post("ann", "2026-04-01", "1600", "X")  # exactly 90 days before
        drawn.post("ann", "2026-05-02", "60", **out, channel="ebank", txn_time="2026-05-02 22:00:00")
        drawn.post("ann", "2026-05-04", "1000000", **out, channel="counter", txn_time="2026-05-04 06:00:00")
        drawn.post("ann", "2026-05-05", "40", "G", **out, channel="ebank", txn_time="2026-05-05 05:59:59", purpose="tax")
        drawn.post("ann", "2026-06-30", "5000", cp_class="bank_gl", purpose="loan")  # a loan is no settlement
        drawn.draw("dwd_calendar", cal_date="2026-05-02", is_workday=False)
        for day in ("2026-05-04", "2026-05-05"):
            drawn.draw("dwd_calendar", cal_date=day, is_workday=True)
        for period, sales, right in (("2026-05-31", "160", True), ("2026-04-30", "2400", True), ("2026-03-31", "900", False)):
            drawn.draw("dwd_company_tax", customer_id="ann", period=period, vat_sales_amt=sales, is_authorised=right)
        drawn.draw("dwd_company_tax", customer_id="bob", period="2026-05-31", vat_sales_amt="10", is_authorised=True)
        drawn.flows()
        found = drawn.tags(
            "tag_corporate_settlement", "stl_net_amt_sum_30d", "stl_net_amt_sum_lm", "stl_in_amt_median_90d", "stl_idle_days",
            "stl_out_large_ratio_90d", "stl_out_night_ratio_90d", "stl_out_holiday_ratio_90d", "stl_out_main_channel_code_90d",
            "stl_in_month_cnt_l12m", "stl_tax_month_cnt_l12m", "stl_tax_amt_sum_l12m", "stl_share_ratio_l12m",
        )  # fmt: skip
    assert found["ann"] == (
        *money("120", "-1000060", "40"), 0, *money("0.9999", "0.6667", "0.3333"), "ebank", 2, 1, *money("40", "0.9531"),
    )  # fmt: skip
    assert found["bob"] == (*money("0", "0"), *(None,) * 6, 0, 0, *money("0", "0"))


def test_a_month_is_active_from_five_receipts_on() -> None:
    with night("ann") as drawn:
        companies(drawn, ann="")
        for month, count in (("2026-05", 5), ("2026-04", 4), ("2025-06", 6), ("2025-05", 6), ("2026-06", 9)):
            for at in range(count):
                drawn.post("ann", f"{month}-{at + 10}", "1", "X")
        drawn.post("ann", "2026-04-20", "-1", "X", is_reversal=True)  # a reversal is no receipt
        drawn.flows()
        found = drawn.tags("tag_corporate_settlement", "stl_active_month_cnt_l12m", "stl_in_month_cnt_l12m")
    assert found["ann"] == (2, 3)


def test_receipts_that_stopped_are_a_fall_of_all_of_them() -> None:
    with night("ann bob") as drawn:
        companies(drawn, ann="", bob="")
        drawn.post("ann", "2025-05-10", "100", "X")  # the month of a year before, and nothing in this one
        drawn.post("ann", "2026-01-10", "80", "X")
        drawn.post("bob", "2026-05-10", "5", "X", direction="out")
        drawn.draw("dwd_company_tax", customer_id="ann", period="2026-01-31", vat_sales_amt="0", is_authorised=True)
        drawn.flows()
        found = drawn.tags(
            "tag_corporate_settlement", "stl_in_yoy_lm", "stl_in_chg_ratio_l3m", "stl_in_month_max_amt_l12m", "stl_out_yoy_lm",
            "stl_share_ratio_l12m",
        )  # fmt: skip
    assert found["ann"] == (*money("-1", "-1", "80"), None, None), "a share of no sales is nothing, and not the cap"
    assert found["bob"] == (None,) * 5


def test_a_half_of_the_last_digit_is_rounded_up() -> None:
    with night("ann") as drawn:
        companies(drawn, ann="")
        drawn.post("ann", "2026-05-10", "3", cp_class="cash", cp_bank_code=None)
        drawn.post("ann", "2026-05-10", "19997", "X")
        drawn.post("ann", "2025-05-10", "20003", "X")
        drawn.draw("dwd_company_tax", customer_id="ann", period="2026-05-31", vat_sales_amt="32000", is_authorised=True)
        drawn.flows()
        # 3 of 20,000 is 0.00015, less by 3 than 20,003 is no half, and 20,000 of 32,000 is none either.
        found = drawn.tags("tag_corporate_settlement", "stl_in_cash_ratio_90d", "stl_in_yoy_lm", "stl_share_ratio_l12m")
    assert found["ann"] == money("0.0002", "-0.0001", "0.625")


@pytest.mark.parametrize(("ratio", "seen"), [("2", "1.5"), ("1.4", "1.4")])
def test_the_share_is_capped(ratio: str, seen: str) -> None:
    with night("ann") as drawn:
        companies(drawn, ann="")
        drawn.post("ann", "2026-05-10", str(Decimal(ratio) * 1000), "X")
        drawn.draw("dwd_company_tax", customer_id="ann", period="2026-05-31", vat_sales_amt="1000", is_authorised=True)
        drawn.flows()
        assert drawn.tags("tag_corporate_settlement", "stl_share_ratio_l12m") == {"ann": (Decimal(seen),)}


def test_counterparties_and_their_concentration() -> None:
    with night("ann bob") as drawn:
        companies(drawn, ann="", bob="")
        drawn.post("ann", "2026-06-30", "60", "X")
        drawn.post("ann", "2026-06-30", "20", "A-bob", cp_bank_code="OWN", cp_class="same_bank_other")
        drawn.post("ann", "2026-04-02", "20", "Y")  # 89 days before
        drawn.post("ann", "2026-04-01", "900", "Z")  # exactly 90 days before: lost
        drawn.post("ann", "2026-06-30", "500", cp_class="cash", cp_bank_code=None)  # nobody knows who brought it
        drawn.post("ann", "2026-06-30", "30", "W")
        drawn.post("ann", "2026-06-30", "-30", "W", is_reversal=True)
        drawn.post("ann", "2026-06-30", "7", "X", direction="out")
        drawn.flows()
        found = drawn.tags(
            "tag_corporate_counterparty", "stl_in_cp_cnt_90d", "stl_in_cp_cnt_365d", "stl_in_cp_lost_cnt_90d",
            "stl_in_cp_here_cnt_90d", "stl_in_cp_here_ratio_90d", "stl_cp_top1_ratio_90d", "stl_cp_top10_ratio_90d",
            "stl_cp_hhi_90d", "stl_cp_both_cnt_90d", "stl_out_cp_top1_ratio_365d",
        )  # fmt: skip
    assert found["ann"] == (4, 5, 1, 1, *money("0.2", "0.6", "1", "0.44"), 1, Decimal(1))
    assert found["bob"] == (0, 0, 0, 0, None, None, None, None, 0, None)


def test_new_large_payers() -> None:
    with night("ann bob") as drawn:
        companies(drawn, ann="", bob="")
        drawn.post("ann", "2026-06-01", "300000", "X")  # together 500,000 within 30 days
        drawn.post("ann", "2026-06-30", "200000", "X")
        drawn.post("ann", "2026-06-30", "499999.99", "Y")
        drawn.post("ann", "2026-06-30", "900000", "Z")
        drawn.post("ann", "2025-07-01", "1", "Z")  # 364 days before: known
        drawn.post("ann", "2026-06-30", "900000", "W")
        drawn.post("ann", "2025-06-30", "1", "W")  # exactly 365 days before: forgotten
        drawn.post("bob", "2026-06-30", "900000", "X")
        drawn.post("bob", "2026-05-01", "120000000", "Y")  # a tenth of the mean month is a million
        drawn.flows()
        found = drawn.tags("tag_corporate_counterparty", "stl_cp_newlarge_cnt_30d", "stl_cp_newlarge_amt_sum_30d")
    assert found == {"ann": (2, Decimal(1400000)), "bob": (0, Decimal(0))}
