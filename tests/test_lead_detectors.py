"""The twenty triggers of DOMAIN.md 5 as drawn rows: the event, the day before, and one step beyond each border."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lead_nights import LeadNight, lead_night

D, BEFORE, AFTER = "2026-06-30", "2026-06-29", "2026-07-01"


@pytest.fixture
def drawn() -> Iterator[LeadNight]:
    with lead_night() as found:
        yield found


def leg(drawn: LeadNight, customer: str, amt: float, day: str = D, direction: str = "in", cp: str = "other_bank_other", **more: object) -> None:
    """A movement on a retail customer's account; by the customer's own act unless it says otherwise."""
    number = drawn.duck.execute(f"select count(*) from {drawn.table('dwd_transaction')}").fetchone()[0]
    row = {"txn_no": f"T{number}", "leg": 1, "acct_no": f"A-{customer}", "customer_id": customer, "entity": "retail", "acct_date": day,
           "direction": direction, "amt": amt, "cp_class": cp, "purpose": "transfer", "init_code": "C", "is_self": True,
           "is_reversal": False, "is_void": False, "cp_bank_code": "B1"}  # fmt: skip
    drawn.draw("dwd_transaction", row | more)


def test_big_in_is_of_the_day_above_the_line_of_the_tier_and_still_there(drawn: LeadNight) -> None:
    for customer in ("enough", "short", "gone", "own", "loan", "bank", "before", "unknown"):
        if customer != "unknown":
            drawn.before(customer, tier_code="growth")
    leg(drawn, "enough", 60_000)
    leg(drawn, "enough", 40_000, init_code="P", is_self=False)
    leg(drawn, "enough", 50_000, direction="out")
    leg(drawn, "short", 99_999.99)
    leg(drawn, "gone", 100_000)
    leg(drawn, "gone", 50_000.01, direction="out")
    leg(drawn, "own", 100_000, cp="own")
    leg(drawn, "loan", 100_000, purpose="loan")
    leg(drawn, "bank", 100_000, init_code="B")
    leg(drawn, "before", 100_000, day=BEFORE)
    leg(drawn, "unknown", 100_000)
    assert drawn.who("big_in") == "enough"
    drawn.turn_to(BEFORE)
    assert drawn.who("big_in") == "before"


@pytest.mark.parametrize(("movements", "found"), [(9, "a"), (10, "")])
def test_big_in_is_unusual_where_enough_is_known_of_the_customer(drawn: LeadNight, movements: int, found: str) -> None:
    drawn.before("a", tier_code="mass")
    for _ in range(movements):
        leg(drawn, "a", 17_000, day="2026-05-01")
    leg(drawn, "a", 50_000)
    assert drawn.who("big_in") == found
    leg(drawn, "a", 1_000)
    assert drawn.who("big_in") == "a"


def test_big_out_leaves_and_the_assets_fall_by_it(drawn: LeadNight) -> None:
    for customer, left in (("gone", 80_000), ("rich", 80_000.01), ("house", 1), ("friend", 1)):
        drawn.before(customer, tier_code="mass", aum_davg_lm=100_000)
        drawn.now("retail", customer, aum_bal=left)
    leg(drawn, "gone", 50_000, direction="out", cp="securities")
    leg(drawn, "rich", 50_000, direction="out")
    leg(drawn, "house", 50_000, direction="out", purpose="loan")
    leg(drawn, "friend", 50_000, direction="out", cp="same_bank_other")
    assert drawn.who("big_out") == "gone"
    leg(drawn, "gone", -0.01, direction="out", cp="third_pay", is_reversal=True)
    assert drawn.who("big_out") == "", "what is taken back of an earlier day is booked on its own day with a negative amount"
    drawn.turn_to(AFTER)
    assert drawn.who("big_out") == ""


def test_td_due_comes_on_three_days_and_rolled_deposits_only_if_large_or_worse_paid(drawn: LeadNight) -> None:
    def deposit(customer: str, due: str, amt: float = 50_000, roll: bool = False, rate: float = 2.0, start: str = "2025-07-01", **more: object) -> None:
        drawn.draw("dwd_term_deposit", {"acct_no": customer, "customer_id": customer, "entity": "retail", "seq": 1, "kind_code": "term",
                   "principal_amt": amt, "rate": rate, "start_date": start, "due_date": due, "term_code": "1y", "is_auto_roll": roll,
                   "status_code": "live"} | more)  # fmt: skip

    deposit("new", "2027-06-20", rate=1.5, start="2026-06-20")
    deposit("week", "2026-07-07")
    deposit("three", "2026-07-03")
    deposit("today", "2026-06-30", status_code="matured")
    deposit("between", "2026-07-06")
    deposit("small", "2026-07-07", amt=49_999.99)
    deposit("rolls", "2026-07-07", roll=True, rate=1.99)
    deposit("rolls_worse", "2026-07-07", roll=True)
    deposit("rolls_large", "2026-07-07", roll=True, rate=1.5, amt=300_000)
    assert drawn.who("td_due") == "rolls_large rolls_worse three today week"
    assert ("week", "main", "2026-W28") in drawn.raised("td_due")
    drawn.turn_to(AFTER)
    assert drawn.who("td_due") == ""


def test_wm_due_a_week_and_a_day_before_the_workday_on_which_it_is_paid(drawn: LeadNight) -> None:
    drawn.draw("dwd_product", {"prod_id": "C", "line_code": "wm", "kind_code": "closed"}, {"prod_id": "H", "line_code": "wm", "kind_code": "min_hold"},
               {"prod_id": "O", "line_code": "wm", "kind_code": "open"})  # fmt: skip
    for customer, prod, due, amt in (
        ("tomorrow", "C", "2026-07-01", 10_000), ("small", "C", "2026-07-01", 9_999.99), ("week", "H", "2026-07-07", 10_000),
        ("weekend", "C", "2026-07-04", 10_000), ("open", "O", "2026-07-01", 10_000),
    ):  # fmt: skip
        for day in (D, "2026-07-05"):
            drawn.draw("dwd_holding", customer_id=customer, prod_id=prod, line_code="wm", hold_date=day, market_amt=amt,
                       due_date=due if prod != "H" else None, redeem_from_date=due if prod == "H" else None)  # fmt: skip
    assert drawn.raised("wm_due") == {("tomorrow", "main", "C"), ("week", "main", "H")}
    drawn.turn_to("2026-07-05")
    assert drawn.who("wm_due") == "weekend"


def test_wm_parked_on_the_third_workday_with_the_money_still_in_demand_and_nothing_ordered(drawn: LeadNight) -> None:
    def redeemed(customer: str, amt: float = 50_000, settled: str = "2026-06-25", bal: float = 40_000) -> None:
        drawn.draw("dwd_order", customer_id=customer, order_no=customer, line_code="wm", order_type="red", amt=amt, order_date="2026-06-22",
                   settle_date=settled, status_code="settled")  # fmt: skip
        drawn.draw("dwd_account_balance_daily", customer_id=customer, entity="retail", bal_date=D, prod="demand", bal=bal)

    redeemed("parked")
    redeemed("early", settled="2026-06-26")
    redeemed("small", amt=49_999.99)
    redeemed("used", bal=39_999.99)
    redeemed("again")
    for customer, kind in (("again", "sub"), ("sells", "red"), ("turns", "conv"), ("saves", "sip"), ("earns", "div")):
        if customer != "again":
            redeemed(customer)
        drawn.draw("dwd_order", customer_id=customer, order_no=f"x-{customer}", order_type=kind, order_date="2026-06-25", status_code="accepted")
    assert drawn.who("wm_parked") == "earns parked saves", "any order is one, but for those that come of themselves"


def paid(drawn: LeadNight, customer: str, day: str, amt: float = 8_000, payer: str = "P", kind: str = "wage", result: str = "ok") -> None:
    """A pay detail of a customer by an employer that banks here."""
    drawn.draw("dwd_pay_detail", party_id=f"p-{customer}", customer_id=customer, batch_no=f"{payer}{day}", seq=1, payer_id=payer,
               payer_customer_id=f"C-{payer}", pay_date=day, amt=amt, pay_type=kind, result_code=result)  # fmt: skip


def test_pay_new_is_the_second_month_of_three_after_none_for_six(drawn: LeadNight) -> None:
    paid(drawn, "old", "2025-01-15")
    for customer, first in (("first", None), ("second", "2026-05-15"), ("gap", "2026-04-15"), ("far", "2026-03-15"), ("small", "2026-05-15")):
        if first:
            paid(drawn, customer, first)
        paid(drawn, customer, D, amt=1_999.99 if customer == "small" else 2_000)
    paid(drawn, "third", "2026-04-15")
    paid(drawn, "third", "2026-05-15")
    paid(drawn, "third", D)
    paid(drawn, "back", "2025-10-15")
    paid(drawn, "back", "2026-05-15")
    paid(drawn, "back", D)
    paid(drawn, "pause", "2025-11-15")
    paid(drawn, "pause", "2026-05-15")
    paid(drawn, "pause", D)
    assert drawn.raised("pay_new") == {("second", "main", "C-P"), ("gap", "main", "C-P"), ("back", "main", "C-P")}


def test_pay_stop_when_the_employer_goes_on_and_one_lead_of_the_company_when_it_stopped(drawn: LeadNight) -> None:
    others = [f"o{number}" for number in range(9)]
    for customer in ["stopped", *others]:
        paid(drawn, customer, "2026-04-16")
    for customer in others[:7]:
        paid(drawn, customer, "2026-05-16")
    for customer in others:
        paid(drawn, customer, "2026-04-16", payer="Q")
    drawn.before("stopped", pay_stop_days=44)
    drawn.now("retail", "stopped", pay_stop_days=45)
    assert drawn.raised("pay_stop") == {("stopped", "main", "C-P"), ("C-Q", "employer", "C-Q")}
    drawn.duck.execute("update ops.prior_tag_retail set pay_stop_days = 45")
    assert drawn.raised("pay_stop") == {("C-Q", "employer", "C-Q")}
    drawn.duck.execute("update ops.prior_tag_retail set pay_stop_days = 44")
    drawn.duck.execute("delete from dwd_pay_detail where customer_id = 'o6' and pay_date = '2026-05-16'")
    assert drawn.raised("pay_stop") == {("C-Q", "employer", "C-Q")}, "fewer than 70 % of the heads: that is another story"
    drawn.turn_to(BEFORE)
    assert drawn.raised("pay_stop") == set()


def test_pay_jump_is_a_bonus_or_a_wage_of_one_and_a_half(drawn: LeadNight) -> None:
    for customer, kind, amt in (("bonus", "bonus", 10_000), ("small", "bonus", 9_999.99), ("jump", "wage", 15_000), ("usual", "wage", 14_999.99)):
        drawn.before(customer, pay_amt_median_l3m=10_000)
        paid(drawn, customer, D, amt=amt, kind=kind)
    paid(drawn, "failed", D, amt=90_000, kind="bonus", result="failed")
    assert drawn.raised("pay_jump") == {("bonus", "main", "2026-06"), ("jump", "main", "2026-06")}


def test_same_name_out_is_net_of_what_came_back_from_the_same_bank(drawn: LeadNight) -> None:
    same = "other_bank_same_name"
    for customer in ("week", "net", "old", "rich", "short"):
        drawn.before(customer, tier_code="growth", aum_davg_lm=250_000.05 if customer == "rich" else 100_000)
    leg(drawn, "week", 20_000, day="2026-06-24", direction="out", cp=same)
    leg(drawn, "week", 30_000, direction="out", cp=same)
    leg(drawn, "net", 50_000, direction="out", cp=same)
    leg(drawn, "net", 0.01, cp=same)
    leg(drawn, "old", 20_000, day="2026-06-23", direction="out", cp=same)
    leg(drawn, "old", 30_000, direction="out", cp=same)
    leg(drawn, "rich", 50_000, direction="out", cp=same)
    leg(drawn, "short", 49_999.99, direction="out", cp=same)
    drawn.before("back", tier_code="growth", aum_davg_lm=100_000)
    leg(drawn, "back", 60_000, day=BEFORE, direction="out", cp=same)
    leg(drawn, "back", -1, direction="out", cp=same, is_reversal=True)
    assert drawn.raised("same_name_out") == {("week", "main", "B1")}, "nothing of the others went out on the day, or too little"
    drawn.turn_to(AFTER)
    assert drawn.raised("same_name_out") == set(), "nothing went out on the day"


def test_sec_out_is_twice_the_own_week(drawn: LeadNight) -> None:
    for customer, before in (("new", 0), ("twice", 300_000), ("usual", 300_000.12)):
        drawn.before(customer, tier_code="mass")
        if before:
            leg(drawn, customer, before, day="2026-05-01", direction="out", cp="securities")
        leg(drawn, customer, 50_000, direction="out", cp="securities")
    drawn.before("back", tier_code="mass")
    leg(drawn, "back", 60_000, day=BEFORE, direction="out", cp="securities")
    leg(drawn, "back", -1, direction="out", cp="securities", is_reversal=True)
    assert drawn.who("sec_out") == "new twice"


@pytest.mark.parametrize(("day", "is_due"), [("2026-06-20", True), ("2026-06-19", False), ("2026-06-24", True), ("2026-06-23", False), ("2026-06-27", False)])
def test_tier_near_on_day_twenty_and_the_last_five_workdays(day: str, is_due: bool) -> None:
    with lead_night(biz_date=day) as drawn:
        drawn.before("near", tier_code="growth", tier_next_amt=500_000, tier_forecast_amt=450_000, tier_watch_months=0)
        drawn.before("far", tier_code="growth", tier_next_amt=500_000, tier_forecast_amt=449_999, tier_watch_months=0)
        drawn.before("there", tier_code="growth", tier_next_amt=500_000, tier_forecast_amt=500_000, tier_watch_months=0)
        drawn.before("falls", tier_code="wealth", tier_next_amt=3_000_000, tier_forecast_amt=499_999, tier_watch_months=1)
        drawn.before("first", tier_code="wealth", tier_next_amt=3_000_000, tier_forecast_amt=499_999, tier_watch_months=0)
        expected = {("near", "main", "2026-06"), ("falls", "fall", "2026-06")} if is_due else set()
        assert drawn.raised("tier_near") == expected


def test_mtg_prepay_is_of_mortgages_and_told_twice(drawn: LeadNight) -> None:
    for note, kind, amt in (("M1", "mtg", 50_000), ("M2", "mtg", 49_999.99), ("C1", "cons", 90_000)):
        drawn.draw("dwd_loan_note", customer_id=note, entity="retail", note_no=note, kind_code=kind, bal_date=BEFORE)
        drawn.draw("dwd_loan_repayment", repay_no=note, note_no=note, acct_date=D, prin_amt=amt, kind_code="early_part")
    drawn.draw("dwd_loan_repayment", repay_no="n", note_no="M2", acct_date=D, prin_amt=90_000, kind_code="normal")
    assert {(customer, variant) for customer, variant, _ in drawn.raised("mtg_prepay")} == {("M1", "main"), ("M1", "head")}
    drawn.turn_to(BEFORE)
    assert drawn.who("mtg_prepay") == ""


def test_cc_big_spend_before_the_statement_and_not_for_houses(drawn: LeadNight) -> None:
    def spent(customer: str, amt: float, mcc: str = "5411", day: str = D, stmt: int = 5, instal: bool = False) -> None:
        if day == D:
            drawn.draw("dwd_credit_card", customer_id=customer, cc_acct_no=customer, bal_date=D, stmt_day=stmt)
        drawn.draw("dwd_credit_card_transaction", customer_id=customer, cc_acct_no=customer, txn_no=f"{customer}{day}", acct_date=day, amt=amt,
                   kind_code="spend", mcc=mcc, is_instal=instal)  # fmt: skip

    spent("new", 3_000)
    spent("small", 2_999.99)
    spent("house", 9_000, mcc="6513")
    spent("games", 9_000, mcc="7995")
    spent("instal", 9_000, instal=True)
    spent("today", 9_000, stmt=30)
    spent("usual", 1_000.01, day="2026-06-01")
    spent("usual", 3_000)
    spent("far", 1_000, day="2026-06-01")
    spent("far", 3_000)
    assert drawn.who("cc_big_spend") == "far new"
    assert {row[0] for row in drawn.duck.execute(f"select cast(expiry_date as varchar) from ({drawn.sql('lead_cc_big_spend')})").fetchall()} == {"2026-07-05"}


def test_limit_undrawn_after_thirty_days_and_before_it_expires(drawn: LeadNight) -> None:
    for customer, start, end, used, status in (
        ("month", "2026-05-31", "2027-05-31", 0, "live"), ("younger", "2026-06-01", "2027-05-31", 0, "live"),
        ("used", "2026-05-31", "2027-05-31", 1, "live"), ("ends", "2025-07-15", "2026-07-15", 0, "live"),
        ("ended", "2025-07-15", "2026-07-15", 0, "expired"),
    ):  # fmt: skip
        drawn.draw("dwd_credit_limit", customer_id=customer, entity="retail", limit_no=customer, kind_code="single", amt=1, used_amt=used,
                   from_date=start, to_date=end, status_code=status)  # fmt: skip
    assert drawn.who("limit_undrawn") == "ends month"


def test_wake_is_the_own_act_of_a_sleeper_whose_controls_did_not_change(drawn: LeadNight) -> None:
    for customer, idle in (("woke", 180), ("awake", 179), ("small", 180), ("paid", 180), ("checked", 180), ("never", None)):
        drawn.before(customer, txn_self_idle_days=idle)
        leg(drawn, customer, 999.99 if customer == "small" else 1_000, is_self=customer != "paid")
    drawn.draw("dwd_account_control", customer_id="checked", from_date="2025-01-01", to_date="2026-06-01")
    drawn.draw("dwd_account_control", customer_id="woke", from_date="2025-01-01", to_date="2026-05-31")
    assert drawn.who("wake") == "woke"


def test_doc_due_thirty_and_seven_days_before_and_on_the_day(drawn: LeadNight) -> None:
    for customer, end in (("month", "2026-07-30"), ("week", "2026-07-07"), ("today", D), ("other", "2026-07-29")):
        drawn.draw("dwd_party", customer_id=customer, entity="retail", id_expiry_date=end)
    drawn.draw("dwd_risk_test", {"customer_id": "tested", "test_date": "2025-07-07", "is_revoked": False},
               {"customer_id": "again", "test_date": "2025-07-07", "is_revoked": False}, {"customer_id": "again", "test_date": "2026-01-01", "is_revoked": False})  # fmt: skip
    assert drawn.raised("doc_due") == {
        ("month", "main", "document"), ("week", "main", "document"), ("today", "main", "document"), ("tested", "risk_test", "risk_test"),
    }  # fmt: skip


def test_corp_new_cp_is_a_first_large_receipt_of_a_third_party(drawn: LeadNight) -> None:
    def received(customer: str, key: str, amt: float, day: str = D, cp: str = "other_bank_other", third: bool = True, known: bool = False) -> None:
        drawn.draw("dwd_corporate_flow", txn_no=f"{customer}{key}{day}", leg=1, customer_id=customer, acct_date=day, direction="in", amt=amt, cp=cp,
                   is_third=third, cp_key=key, is_cp_customer=known, is_reversal=False, is_void=False)  # fmt: skip

    received("new", "x", 500_000)
    received("here", "x", 500_000, known=True)
    received("small", "x", 499_999.99)
    received("known", "x", 1, day="2025-06-30")
    received("known", "x", 500_000)
    received("forgot", "x", 1, day="2025-06-29")
    received("forgot", "x", 500_000)
    received("state", "x", 500_000, cp="government")
    received("group", "x", 500_000, cp="group", third=False)
    received("large", "y", 60_000_000.12, day="2026-05-01")
    received("large", "x", 500_000)
    assert drawn.raised("corp_new_cp") == {("new", "main", "x"), ("here", "customer", "x"), ("forgot", "main", "x")}


def test_accept_gap_when_a_horizon_is_reached_or_the_money_went_away(drawn: LeadNight) -> None:
    def bill(customer: str, due: str, free: float, before: float | None = None) -> None:
        drawn.draw("dwd_off_balance", customer_id=customer, entity="corporate", biz_no=customer, kind_code="accept", face_amt=100, margin_amt=30,
                   start_date="2026-01-01", due_date=due, status_code="live")  # fmt: skip
        for day, amt in ((D, free), (BEFORE, free if before is None else before)):
            drawn.draw("dwd_account_balance_daily", customer_id=customer, entity="corporate", bal_date=day, prod="demand", bal=amt, frozen_amt=0)

    bill("fortnight", "2026-07-15", 69.99)
    bill("covered", "2026-07-15", 70)
    bill("later", "2026-07-16", 0)
    bill("between", "2026-07-10", 0)
    bill("spent", "2026-07-10", 69.99, before=70)
    bill("three", "2026-07-03", 0)
    drawn.draw("dwd_loan_note", customer_id="note", entity="corporate", note_no="N", bal_date=D)
    drawn.draw("dwd_loan_schedule", note_no="N", term_no=1, due_date="2026-07-07", prin_amt=10, paid_prin_amt=0)
    found = {(customer, variant) for customer, variant, _ in drawn.raised("accept_gap")}
    assert found == {("fortnight", "main"), ("spent", "main"), ("three", "main"), ("note", "loan")}


def test_corp_change_of_whom_the_bank_has_something_at_stake(drawn: LeadNight) -> None:
    def row(customer: str, day: str, rep: str = "A", capital: float = 100, abnormal: bool = False) -> None:
        drawn.draw("dwd_company_registry", customer_id=customer, change_date=day, legal_rep_key=rep, capital_amt=capital, is_abnormal=abnormal)

    for customer in ("rep", "capital", "nearly", "abnormal", "old", "sued", "small", "enforced", "plaintiff", "first"):
        drawn.before(customer, "corporate", crd_used_amt=1, crd_exposure_amt=0, dep_bal=0)
        row(customer, "2020-01-01")
    drawn.before("poor", "corporate", crd_used_amt=0, crd_exposure_amt=0, dep_bal=999_999.99)
    row("poor", "2020-01-01")
    for customer, more in (("rep", {"rep": "B"}), ("capital", {"capital": 80}), ("nearly", {"capital": 80.01}), ("abnormal", {"abnormal": True}), ("poor", {"rep": "B"})):
        row(customer, "2026-06-21", **more)
    row("old", "2026-06-20", rep="B")
    for customer, kind, amt, role in (("sued", "civil", 500_000, "defendant"), ("small", "civil", 499_999, "defendant"),
                                      ("enforced", "enforce", 1, "defendant"), ("plaintiff", "civil", 900_000, "plaintiff")):  # fmt: skip
        drawn.draw("dwd_court_case", case_no=customer, customer_id=customer, role_code=role, kind_code=kind, amt=amt, filed_date="2026-06-25")
    assert drawn.who("corp_change") == "abnormal capital enforced rep sued"


def test_mer_silent_on_the_third_missed_day_and_when_a_week_collapses(drawn: LeadNight) -> None:
    for customer, before, now, season in (("silent", 2, 3, False), ("still", 3, 4, False), ("rests", 1, 2, False), ("school", 2, 3, True)):
        drawn.before(customer, "merchant", mer_silent_bizdays=before)
        drawn.now("merchant", customer, mer_silent_bizdays=now, mer_is_seasonal=season, mer_status_code="normal")
    for customer, week in (("drop", 1_400), ("less", 1_400.01), ("base", 0)):
        drawn.now("merchant", customer, mer_silent_bizdays=0, mer_is_seasonal=False, mer_status_code="normal")
        usual = 428 if customer == "base" else 500
        for back in range(28):
            drawn.duck.execute(f"insert into {drawn.table('dwd_merchant_transaction')} (customer_id, acct_date, amt, is_ok)"
                               f" values ('{customer}', date '{D}' - 7 - {back}, {usual}, true)")  # fmt: skip
        drawn.draw("dwd_merchant_transaction", customer_id=customer, acct_date=D, amt=week, is_ok=True)
    found = {(customer, variant) for customer, variant, _ in drawn.raised("mer_silent")}
    assert found == {("silent", "main"), ("drop", "drop")}
