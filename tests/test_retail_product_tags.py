"""Tags of what a retail customer has, drawn: holdings, policies, deposits, cards, agreements, readiness, depth."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.drawn import said, values


def test_investment_lines_held_and_given_up() -> None:
    def hold(customer: str, line: str, prod: str, day: str, amount: str = "10", start: str | None = None) -> dict:
        return {"customer_id": customer, "line_code": line, "prod_id": prod, "hold_date": day, "market_amt": amount, "start_date": start}

    found = said("tag_retail_holding", "ann bob cat", {
        "dwd_holding": [
            hold("ann", "wm", "W1", "2026-06-30", start="2025-07-01"),  # 364 days ago
            hold("ann", "wm", "W2", "2026-06-29", start="2025-06-30"),  # exactly 365 days ago; gone on D
            hold("ann", "fund", "F1", "2026-06-30", amount="0"),
            hold("bob", "trust", "T1", "2026-06-01"),
            hold("bob", "trust", "T2", "2026-07-01"),  # after D: not known yet
        ],
        "dwd_order": [
            {"customer_id": "ann", "order_no": "1", "line_code": "wm", "order_type": "sub", "status_code": "failed", "order_date": "2020-01-01"},
            {"customer_id": "ann", "order_no": "2", "line_code": "wm", "order_type": "sub", "status_code": "settled", "order_date": "2025-07-01"},
            {"customer_id": "ann", "order_no": "3", "line_code": "fund", "prod_id": "F1", "order_type": "sip", "status_code": "failed", "order_date": "2026-04-02"},
            {"customer_id": "ann", "order_no": "4", "line_code": "fund", "prod_id": "F2", "order_type": "sip", "status_code": "settled", "order_date": "2026-04-01"},
        ],
    })  # fmt: skip
    names = "prod_wm_first_date prod_wm_last_date prod_wm_idle_days prod_wm_cnt_ltd prod_wm_new_cnt_365d prod_wm_is_lapsed"
    assert values(found["ann"], names) == (date(2025, 6, 30), date(2026, 6, 30), None, 2, 1, False)
    assert values(found["ann"], "prod_fund_cnt_ltd prod_fund_is_lapsed prod_order_first_date prod_order_last_line_code") == (
        0, False, date(2025, 7, 1), "wm",
    )  # fmt: skip
    assert values(found["ann"], "prod_sip_cnt_90d prod_sip_first_date") == (1, date(2026, 4, 1))  # exactly 90 days ago is out
    names = "prod_has_trust_hold prod_trust_idle_days prod_trust_first_date prod_trust_is_lapsed prod_trust_cnt_ltd"
    assert values(found["bob"], names) == (False, 29, date(2026, 6, 1), True, 1)
    assert values(found["cat"], names) == (False, None, None, False, 0)


def test_policies() -> None:
    def policy(customer: str, kind: str, effect: str, end: str, **facts: object) -> dict:
        held = {"status_code": "live", "pay_mode": "single", "premium_amt": "100", "paid_amt": "300", "cash_value": "50"}
        return {"customer_id": customer, "policy_no": effect, "kind_code": kind, "effect_date": effect, "end_date": end} | held | facts

    found = said("tag_retail_insurance", "ann bob", {"dwd_insurance_policy": [
        policy("ann", "protect", "2025-07-01", "2026-09-28", pay_mode="monthly", next_pay_date="2026-07-30"),  # 90 and 30 days ahead
        policy("ann", "annuity", "2025-06-30", "2026-06-30", pay_mode="annual", next_pay_date="2026-06-30"),  # ends on D: in force
        policy("ann", "protect", "2020-01-01", "2026-06-29"),  # over since yesterday
        policy("ann", "protect", "2026-07-01", "2036-07-01"),  # not yet
        policy("bob", "unit_linked", "2021-01-01", "2031-01-01", status_code="lapsed", lapse_date="2025-06-30"),
        policy("bob", "endow", "2021-01-02", "2031-01-01", status_code="lapsed", lapse_date="2025-07-01"),
    ]})  # fmt: skip
    names = "ins_policy_cnt ins_protect_policy_cnt ins_policy_cnt_ltd ins_new_cnt_365d ins_ended_cnt ins_end_cnt_next90d ins_next_end_days"
    assert values(found["ann"], names) == (2, 1, 3, 1, 1, 1, 0)
    names = "ins_premium_year_amt ins_paid_amt_ltd ins_next_pay_date ins_next_pay_amt_next30d"
    assert values(found["ann"], names) == (Decimal(1300), Decimal(600), date(2026, 6, 30), Decimal(100))
    names = "prod_has_ins_policy ins_lapsed_cnt ins_lapsed_cnt_365d ins_lapse_date ins_last_date"
    assert values(found["bob"], names) == (False, 2, 1, date(2025, 7, 1), date(2021, 1, 2))


def test_deposits_as_products() -> None:
    def account(customer: str, number: str, **facts: object) -> dict:
        held = {"entity": "retail", "kind_code": "demand", "class_code": "1", "status_code": "open", "open_date": "2020-01-01"}
        return {"customer_id": customer, "acct_no": number} | held | facts

    def term(customer: str, kind: str, start: str, due: str, status: str = "live") -> dict:
        return {
            "customer_id": customer, "entity": "retail", "acct_no": start, "kind_code": kind, "start_date": start, "due_date": due,
            "status_code": status,
        }  # fmt: skip

    found = said("tag_retail_deposit_product", "ann bob", {
        "dwd_account": [
            account("ann", "1", open_org="B1"),
            account("ann", "2", status_code="closed", close_date="2025-07-01", class_code="2"),
            account("ann", "3", status_code="closed", close_date="2025-06-30"),
            account("ann", "4", close_date="2026-07-01", open_date="2026-06-30"),  # closed tomorrow
        ],
        "dwd_party": [{"customer_id": "ann", "mng_org": "B1"}],
        "dwd_term_deposit": [
            term("ann", "term", "2024-06-30", "2025-06-30", "matured"),
            term("ann", "structured", "2024-07-01", "2025-07-01", "matured"),
            term("ann", "cd", "2025-07-01", "2028-07-01"),
        ],
        "dwd_account_control": [
            {"customer_id": "ann", "ctrl_kind": "non_counter", "by_code": "bank", "amt": "5000", "from_date": "2026-06-30"},
            {"customer_id": "ann", "ctrl_kind": "non_counter", "by_code": "police", "amt": "1", "from_date": "2026-06-30"},
            {"customer_id": "ann", "ctrl_kind": "non_counter", "by_code": "bank", "amt": "10", "from_date": "2026-01-01", "to_date": "2026-06-30"},
        ],
    })  # fmt: skip
    names = "acct_closed_cnt_365d acct_last_close_date acct_has_class1 acct_oldest_days acct_newest_days acct_is_mng_org acct_nonface_limit_amt"
    assert values(found["ann"], names) == (1, date(2025, 7, 1), True, 2372, 0, True, Decimal(5000))
    names = "prod_has_term prod_term_is_lapsed prod_term_cnt_ltd prod_term_matured_cnt_365d prod_has_cd prod_cd_opened_cnt_365d"
    assert values(found["ann"], names) == (False, True, 2, 1, True, 1)
    assert values(found["bob"], names) == (False, False, 0, 0, False, 0)
    assert values(found["bob"], "acct_nonface_limit_amt prod_demand_first_date") == (Decimal(0), None)


def test_cards() -> None:
    def card(number: str, level: str, renew: str | None, status: str = "active", acct: str = "1", opened: str = "2020-01-01") -> dict:
        return {
            "customer_id": "ann", "card_ref": number, "acct_no": acct, "level_code": level, "open_date": opened, "status_code": status,
            "renew_due_month": renew,
        }  # fmt: skip

    held = {"entity": "retail", "kind_code": "demand", "class_code": "1", "status_code": "open", "open_date": "2020-01-01"}
    found = said("tag_retail_card", "ann bob", {
        "dwd_account": [{"acct_no": "1", "customer_id": "ann"} | held, {"acct_no": "2", "customer_id": "bob"} | held],
        "dwd_card_debit": [
            card("a", "std", "2026-08"), card("b", "gold", "2026-09", acct="2"), card("c", "platinum", "2026-07", status="lost"),
            card("d", "junior", "2026-05", opened="2025-07-01"), card("e", "std", None, opened="2026-07-01"),
        ],
        "dwd_credit_card": [
            {"customer_id": "ann", "cc_acct_no": "1", "bal_date": "2026-06-30", "status_code": "inactive", "open_date": "2025-06-30", "is_autopay": True},
            {"customer_id": "ann", "cc_acct_no": "1", "bal_date": "2026-06-29", "status_code": "active", "open_date": "2025-06-30"},
        ],
        "dwd_card_instalment": [
            {"customer_id": "ann", "plan_no": "1", "terms": 12, "billed_terms": 5, "start_date": "2025-07-01", "status_code": "live"},
            {"customer_id": "ann", "plan_no": "2", "terms": 6, "billed_terms": 6, "start_date": "2025-06-30", "status_code": "done"},
        ],
    })  # fmt: skip
    names = "card_level_max_code card_renew_month card_renew_months card_renew_cnt_next3m card_renew_overdue_cnt card_other_acct_cnt"
    assert values(found["ann"], names) == ("gold", "2026-08", 2, 1, 1, 1)
    assert values(found["ann"], "card_debit_cnt_ltd card_debit_opened_cnt_365d card_premium_cnt acct_nocard_cnt") == (4, 1, 1, 0)
    assert values(found["ann"], "cc_has_autopay cc_is_all_inactive cc_opened_cnt_365d") == (True, True, 0)
    assert values(found["ann"], "cc_instal_plan_cnt cc_instal_cnt_ltd cc_instal_new_cnt_365d cc_instal_left_term_cnt") == (1, 2, 1, 7)
    assert values(found["bob"], "card_level_max_code acct_nocard_cnt cc_has_autopay") == (None, 0, False)


def test_agreements() -> None:
    def agreed(kind: str, start: str, status: str = "live", **facts: object) -> dict:
        return {"customer_id": "ann", "entity": "retail", "agr_type": kind, "seq": 1, "from_date": start, "status_code": status} | facts

    found = said("tag_retail_agreement", "ann bob", {"dwd_agreement": [
        agreed("wm", "2025-07-01", channel_code="mbank"),
        agreed("etc", "2024-01-01", to_date="2026-06-30", channel_code="counter"),  # ends on D: over
        agreed("ebank", "2024-01-01", "ended", to_date="2025-06-30", channel_code="counter"),
        agreed("fund", "2026-07-01"),  # tomorrow's
    ]})  # fmt: skip
    names = "agr_wm_date agr_wm_days agr_etc_date agr_etc_is_lapsed agr_ebank_is_lapsed agr_mbank_is_lapsed agr_fund_date"
    assert values(found["ann"], names) == (date(2025, 7, 1), 364, None, True, True, False, None)
    names = "agr_cnt_ltd agr_ended_cnt agr_ended_cnt_365d agr_signed_cnt_365d agr_first_code agr_last_code agr_mbank_channel_cnt"
    assert values(found["ann"], names) == (3, 2, 1, 1, "ebank", "wm", 1)
    assert values(found["bob"], names) == (0, 0, 0, 0, None, None, 0)


def test_what_is_missing_before_a_purchase() -> None:
    everyone = "ann bob cat dan eve fay"
    account = {"entity": "retail", "class_code": "1", "status_code": "open", "open_date": "2020-01-01"}
    signed = {"entity": "retail", "agr_type": "ins", "seq": 1, "from_date": "2020-01-01", "status_code": "live"}
    test = {"is_revoked": False}
    found = said("tag_retail_readiness", everyone, {
        "dwd_account": [{"customer_id": name, "acct_no": name} | account for name in everyone.split()],
        "dwd_card_debit": [
            {"customer_id": name, "card_ref": name, "open_date": "2020-01-01", "status_code": "lost" if name == "ann" else "active"}
            for name in everyone.split()
        ],
        "dwd_agreement": [{"customer_id": name} | signed for name in everyone.split() if name != "bob"],
        "dwd_risk_test": [
            {"customer_id": "dan", "test_date": "2025-06-29", "result_level": 5} | test,  # 366 days ago
            {"customer_id": "eve", "test_date": "2025-06-30", "result_level": 2} | test,  # 365 days ago: the last day
            {"customer_id": "fay", "test_date": "2026-06-30", "result_level": 3} | test,
            {"customer_id": "fay", "test_date": "2026-06-30", "result_level": 5} | test,  # the more careful answer stands
            {"customer_id": "fay", "test_date": "2026-06-30", "result_level": 1, "is_revoked": True},
        ],
        "dwd_product": [
            {"prod_id": "I1", "line_code": "ins", "risk_level": 3, "shelf_from_date": "2020-01-01"},
            {"prod_id": "W1", "line_code": "wm", "risk_level": 2, "shelf_from_date": "2020-01-01", "shelf_to_date": "2026-06-30"},
            {"prod_id": "W2", "line_code": "wm", "risk_level": 2, "shelf_from_date": "2020-01-01", "shelf_to_date": "2026-06-29"},
            {"prod_id": "F1", "line_code": "fund", "risk_level": 4, "shelf_from_date": "2026-06-30"},
        ],
    })  # fmt: skip
    assert {name: tags["prod_ready_ins_code"] for name, tags in found.items()} == {
        "ann": 1, "bob": 2, "cat": 3, "dan": 4, "eve": 5, "fay": 0,
    }  # fmt: skip
    names = "prod_risk_is_expired prod_risk_expired_days prod_risk_is_expiring_30d prod_shelf_wm_cnt prod_shelf_fund_cnt prod_shelf_ratio"
    assert {name: values(found[name], names) for name in ("cat", "dan", "eve")} == {
        "cat": (None, None, None, 0, 0, Decimal(0)),
        "dan": (True, 1, False, 0, 0, Decimal(0)),
        "eve": (False, None, True, 1, 0, Decimal("0.5")),
    }
    assert values(found["fay"], "prod_risk_test_cnt_ltd prod_risk_prev_level_code prod_risk_level_chg") == (2, 5, -2)
    assert values(found["eve"], "prod_ready_wm_unmet_cnt prod_ready_fund_unmet_cnt") == (1, 2)


def test_what_is_not_on_sale_asks_for_no_tolerance() -> None:
    found = said("tag_retail_product", "ann", {
        "dwd_account": [{
            "customer_id": "ann", "acct_no": "1", "entity": "retail", "class_code": "1", "status_code": "open", "open_date": "2020-01-01",
        }],
        "dwd_card_debit": [{"customer_id": "ann", "card_ref": "1", "open_date": "2020-01-01", "status_code": "active"}],
        "dwd_agreement": [
            {"customer_id": "ann", "entity": "retail", "agr_type": kind, "seq": 1, "from_date": "2020-01-01", "status_code": "live"}
            for kind in ("wm", "fund")
        ],
        "dwd_risk_test": [{"customer_id": "ann", "test_date": "2026-06-30", "result_level": 2, "is_revoked": False}],
        "dwd_product": [
            {"prod_id": "W1", "line_code": "wm", "risk_level": 3, "shelf_from_date": "2020-01-01"},
            {"prod_id": "W2", "line_code": "wm", "risk_level": 2, "shelf_from_date": "2020-01-01", "shelf_to_date": "2026-06-29"},
            {"prod_id": "F1", "line_code": "fund", "risk_level": 2, "shelf_from_date": "2020-01-01", "shelf_to_date": "2026-06-30"},
            {"prod_id": "F2", "line_code": "fund", "risk_level": 1, "shelf_from_date": "2026-07-01"},
        ],
    })  # fmt: skip
    # The only wealth product that ann could bear went off the shelf yesterday; the fund's last day of sale is D.
    assert values(found["ann"], "prod_ready_wm_code prod_ready_fund_code") == (5, 0)


def test_depth_over_base_tags() -> None:
    common = {"prod_has_wm_hold": False, "prod_has_fund_hold": False, "prod_has_loan": False, "prod_has_etc": False, "prod_has_mbank": True,
              "prod_has_pension": False, "prod_ready_wm_code": 0, "prod_acct_cnt": 1, "card_debit_cnt": 1}  # fmt: skip
    tables = {
        "tag_retail_product": [
            {"customer_id": "ann", "prod_has_dep_acct": True, "prod_has_cc": False, "prod_has_payroll": True,
             "prod_first_open_date": "2025-06-30"} | common,
            {"customer_id": "bob", "prod_has_dep_acct": False, "prod_has_cc": True, "prod_has_payroll": False,
             "prod_first_open_date": "2020-01-01"} | common,
        ],
        "tag_retail_holding": [
            {"customer_id": name, "prod_has_pm_hold": False, "prod_has_tb_hold": False, "prod_has_trust_hold": False,
             "prod_wm_first_date": first, "prod_pm_cnt": 0, "prod_tb_cnt": 0, "prod_trust_cnt": 0}
            for name, first in (("ann", "2025-07-01"), ("bob", None))
        ],
        "tag_retail_insurance": [
            {"customer_id": name, "prod_has_ins_policy": False, "ins_protect_policy_cnt": 0, "ins_policy_cnt": 0} for name in ("ann", "bob")
        ],
        "tag_retail_liability": [
            {"customer_id": "ann", "loan_mtg_bal": "0", "loan_biz_bal": "0", "cc_acct_cnt": 0, "loan_note_cnt": 0},
            {"customer_id": "bob", "loan_mtg_bal": "0", "loan_biz_bal": "0", "cc_acct_cnt": 1, "loan_note_cnt": 0, "cc_first_date": "2020-01-01"},
        ],
        "tag_retail_asset": [{"customer_id": name, "wm_prod_cnt": 0, "fund_prod_cnt": 0} for name in ("ann", "bob")],
        "tag_retail_relation": [{"customer_id": name, "prof_is_biz_owner": name == "ann"} for name in ("ann", "bob")],
    }  # fmt: skip
    found = said("tag_retail_depth", "ann bob", tables)
    names = "prod_depth_cnt prod_is_dep_only prod_is_debt_only prod_first_line_code prod_last_line_code prod_new_line_cnt_365d prod_lapsed_line_cnt"
    assert values(found["ann"], names) == (1, True, False, "dep", "wm", 1, 1)
    assert values(found["bob"], names) == (1, False, True, "cc", "cc", 0, 1)  # of one day the lowest code
    names = "prod_gap_pay_cc prod_gap_ready_wm prod_gap_biz_loan prod_gap_pay_pension prod_gap_acct_mbank prod_item_cnt"
    assert values(found["ann"], names) == (True, True, True, True, False, 2)
    assert values(found["bob"], names) == (False, True, False, False, False, 3)
    without = said("tag_retail_depth", "ann", tables, absent=("cc_acct",))
    assert values(without["ann"], "prod_depth_cnt prod_gap_pay_cc prod_gap_ready_wm") == (None, None, True)
