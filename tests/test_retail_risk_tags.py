"""Tags of what a retail customer may lose the bank, drawn: arrears, exposure, suitability, early warnings."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tests.drawn import said, values


def debt(customer: str, prod: str, day: str, dpd: int, overdue: str | None = "0", bal: str = "100", last: str = "") -> dict:
    """A debt that stays as it is from a day to the last one, or for that day alone."""
    run = {"valid_from": day, "valid_to": date.fromisoformat(last or day) + timedelta(days=1)}
    return {"customer_id": customer, "prod": prod, "bal": bal, "overdue_amt": overdue, "dpd": dpd} | run


def note(customer: str, number: str, **facts: object) -> dict:
    held = {"entity": "retail", "contract_no": number, "kind_code": "mtg", "bal_date": "2026-06-30", "principal_amt": "100", "dpd": 0}
    return {"customer_id": customer, "note_no": number} | held | facts


def test_days_past_due_by_window() -> None:
    found = said("tag_retail_arrears", "ann bob cat dan", {"dws_retail_liability_history": [
        debt("ann", "mtg", "2026-06-30", 3, "25.00"),
        debt("ann", "cons", "2024-01-01", 0, bal="300", last="2026-08-31"),  # and the night does not know what comes
        debt("ann", "mtg", "2026-05-31", 9),  # exactly 30 days ago; the last day of last month
        debt("ann", "mtg", "2026-05-29", 7, "80.00"),
        debt("ann", "cc", "2026-05-29", 2, None),  # no card system says how much
        debt("ann", "mtg", "2026-04-01", 95),  # exactly 90 days ago
        debt("ann", "mtg", "2025-06-01", 50),  # the first day of the 12 months
        debt("ann", "mtg", "2025-05-31", 400),  # one day before them
        debt("bob", "cc", "2026-06-30", 0),
        debt("bob", "cc", "2026-06-27", 12, None, last="2026-06-28"),
        debt("dan", "other", "2026-06-30", 1),  # not one of the four kinds of debt
        debt("dan", "cc", "2026-06-30", 1, None),
    ]})  # fmt: skip
    names = "loan_mtg_dpd loan_dpd_max_30d loan_dpd_max_90d loan_dpd_max_ltd loan_mtg_dpd_max_l12m cc_dpd_max_90d"
    assert {customer: values(tags, names) for customer, tags in found.items()} == {
        "ann": (3, 3, 9, 400, 95, 2),
        "bob": (0, 0, 0, 0, 0, 12),
        "cat": (0, 0, 0, 0, 0, 0),
        "dan": (0, 1, 1, 1, 0, 1),
    }
    names = "risk_dpd_max risk_dpd_chg_30d risk_dpd_band_code risk_overdue_amt risk_overdue_ratio risk_overdue_amt_max_l12m"
    assert values(found["ann"], names) == (3, -6, 1, Decimal(25), Decimal("0.0625"), Decimal(80))
    names = "risk_overdue_since_date risk_overdue_first_date risk_cured_days risk_overdue_episode_cnt_l12m risk_overdue_month_cnt_l12m"
    assert values(found["ann"], names) == (date(2026, 6, 27), date(2025, 5, 31), None, 3, 3)  # 1 June goes on from 31 May
    assert values(found["bob"], names) == (None, date(2026, 6, 27), 2, 0, 0)  # June is no complete month
    assert values(found["bob"], "risk_overdue_day_cnt_90d risk_overdue_ratio") == (2, Decimal(0))
    assert values(found["dan"], "risk_overdue_prod_cnt risk_dpd_max") == (1, 1)
    assert values(found["cat"], "risk_overdue_ratio risk_overdue_amt risk_cured_days") == (None, Decimal(0), None)


def test_instalments_and_collection() -> None:
    def term(number: int, due: str, paid: str | None, note_no: str = "N1") -> dict:
        return {
            "note_no": note_no, "term_no": number, "due_date": due, "paid_date": paid, "prin_amt": "80", "int_amt": "20",
            "paid_prin_amt": "80" if paid else "0", "paid_int_amt": "20" if paid else "5",
        }  # fmt: skip

    found = said("tag_retail_arrears", "ann bob", {
        "dwd_loan_note": [note("ann", "N1", overdue_int_amt="3.50"), note("ann", "N2", bal_date="2026-01-01"), note("bob", "N3")],
        "dwd_loan_schedule": [
            term(1, "2025-06-01", "2025-06-01"), term(2, "2026-05-31", "2026-06-01"), term(3, "2026-06-29", None),
            term(4, "2026-06-30", None), term(5, "2026-07-30", None), term(6, "2026-07-31", None),
            term(1, "2025-12-31", None, "N2"),  # the note is off the books
        ],
        "dwd_loan_repayment": [
            {"repay_no": "1", "note_no": "N1", "acct_date": "2026-05-31", "kind_code": "collect", "penalty_amt": "2"},
            {"repay_no": "2", "note_no": "N1", "acct_date": "2026-06-01", "kind_code": "collect", "penalty_amt": "4"},
        ],
    })  # fmt: skip
    names = "risk_overdue_term_cnt risk_overdue_term_amt risk_due_amt_next30d risk_term_cnt_l12m risk_late_term_cnt_l12m"
    assert values(found["ann"], names) == (1, Decimal(95), Decimal(285), 3, 2)
    names = "risk_ontime_ratio_l12m risk_collect_cnt_l12m risk_collect_last_date risk_penalty_amt_sum_l12m risk_overdue_int_amt"
    assert values(found["ann"], names) == (Decimal("0.3333"), 1, date(2026, 6, 1), Decimal(2), Decimal("3.50"))
    assert values(found["bob"], "risk_term_cnt_l12m risk_ontime_ratio_l12m") == (0, None)


def test_exposure_classes_and_guarantees() -> None:
    def contract(customer: str, number: str, guar_mode: str, start: str = "2020-01-01", entity: str = "retail") -> dict:
        return {"customer_id": customer, "entity": entity, "contract_no": number, "guar_mode": guar_mode, "from_date": start}

    def security(customer: str, number: str, kind: str, value: str, **facts: object) -> dict:
        held = {"entity": "retail", "status_code": "live", "from_date": "2020-01-01", "to_date": "2026-06-30", "amt": "70"}
        return {"customer_id": customer, "guar_no": number + kind, "contract_no": number, "kind_code": kind, "value_amt": value} | held | facts

    def classed(number: str, day: str, code: int, before: int | None = None) -> dict:
        return {"note_no": number, "class_date": day, "class_code": code, "prev_class": before, "is_restructured": False}

    found = said("tag_retail_exposure", "ann bob", {
        "dwd_loan_note": [
            note("ann", "N1"), note("ann", "N2", kind_code="cons", ext_cnt=1, principal_amt="50"),
            note("firm", "N3", entity="corporate", dpd=12), note("ann", "N4", bal_date="2025-12-31", write_off_date="2025-12-31"),
        ],
        "dwd_loan_contract": [
            contract("ann", "N1", "mortgage", "2026-04-02"), contract("ann", "N2", "credit", "2026-04-01"),
            contract("firm", "N3", "guarantee", entity="corporate"),
        ],
        "dwd_loan_class": [
            classed("N1", "2025-06-01", 2, 1), classed("N1", "2026-05-31", 1, 2), classed("N1", "2026-06-30", 3, 1),
            classed("N2", "2025-05-31", 4, 3), classed("N2", "2026-07-01", 5, 4),
        ],
        "dwd_credit_card": [
            {"customer_id": "ann", "cc_acct_no": "1", "bal_date": "2026-06-30", "bal": "-20", "status_code": "active", "class_code": 1},
            {"customer_id": "ann", "cc_acct_no": "2", "bal_date": "2026-06-30", "bal": "50", "status_code": "active", "class_code": 1},
        ],
        "dwd_collateral": [
            security("ann", "N1", "house", "300", appraise_date="2024-06-30"), security("bob", "N1", "machinery", "100"),
            security("bob", "N3", "person", "0"), security("bob", "N2", "receivable", "90", to_date="2026-06-29"),
        ],
    })  # fmt: skip
    names = "loan_class_worst_code risk_class_worst_code_l12m risk_class_down_cnt_l12m risk_class_up_cnt_l12m risk_class_chg_date"
    assert values(found["ann"], names) == (4, 2, 1, 1, date(2026, 6, 30))
    names = "risk_exposure_amt risk_npl_amt risk_npl_ratio risk_unsecured_amt risk_extended_note_cnt risk_is_written_off"
    assert values(found["ann"], names) == (Decimal(200), Decimal(150), Decimal("0.75"), Decimal(100), 1, True)
    names = "risk_collateral_amt risk_collateral_ratio risk_ltv_ratio risk_appraise_days risk_guar_received_cnt"
    assert values(found["ann"], names) == (Decimal(400), Decimal(4), Decimal("0.3333"), 730, 1)
    names = "risk_guar_given_cnt risk_guar_given_amt risk_guar_debtor_cnt risk_guar_debtor_dpd_max"
    assert values(found["bob"], names) == (2, Decimal(140), 2, 12)
    assert values(found["ann"], "risk_debt_kind_cnt risk_new_contract_cnt_90d risk_new_contract_cnt_365d") == (3, 1, 2)
    assert values(found["bob"], "risk_exposure_amt risk_npl_ratio risk_ltv_ratio loan_class_worst_code") == (Decimal(0), None, None, 0)


def test_suitability() -> None:
    def hold(customer: str, prod: str, amount: str, cost: str) -> dict:
        return {"customer_id": customer, "prod_id": prod, "hold_date": "2026-06-30", "market_amt": amount, "cost_amt": cost}

    found = said("tag_retail_suitability", "ann bob cat", {
        "dwd_party": [
            {"customer_id": "ann", "birth_date": "1961-06-30", "id_expiry_date": "2026-06-29"},  # 65 today
            {"customer_id": "bob", "birth_date": "1961-07-01", "id_expiry_date": "2026-06-30"},
            {"customer_id": "cat", "id_expiry_date": "2020-01-01"},
        ],
        "dwd_holding": [hold("ann", "P4", "60", "100"), hold("ann", "P1", "40", "30"), hold("bob", "P4", "80", "80")],
        "dwd_product": [{"prod_id": "P4", "risk_level": 4}, {"prod_id": "P1", "risk_level": 1}],
        "dwd_risk_test": [
            {"customer_id": "ann", "test_date": "2025-06-30", "result_level": 3, "is_revoked": False},  # valid for the last day
            {"customer_id": "bob", "test_date": "2025-06-29", "result_level": 5, "is_revoked": False},
        ],
        "dwd_pay_detail": [
            {"customer_id": "ann", "payer_id": "E", "pay_date": "2026-03-10", "pay_type": "wage", "result_code": "ok"},
            {"customer_id": "bob", "payer_id": "E", "pay_date": "2026-06-10", "pay_type": "bonus", "result_code": "ok"},
            {"payer_id": "E", "pay_date": "2026-04-29", "pay_type": "wage", "result_code": "ok"},
        ],
        "dwd_marketing_contact": [
            {"customer_id": "ann", "contact_no": "1", "contact_date": "2026-04-02", "result_code": "unreachable", "log_status": "done"},
            {"customer_id": "ann", "contact_no": "2", "contact_date": "2026-04-01", "result_code": "unreachable", "log_status": "done"},
            {"customer_id": "ann", "contact_no": "3", "contact_date": "2026-06-30", "result_code": "reached", "log_status": "void"},
        ],
    })  # fmt: skip
    names = "risk_over_tolerance_cnt risk_over_tolerance_ratio risk_untested_hold_amt risk_elder_high_risk_amt risk_is_elder_high_risk"
    assert {customer: values(tags, names) for customer, tags in found.items()} == {
        "ann": (1, Decimal("0.6"), Decimal(0), Decimal(60), True),
        "bob": (0, Decimal(0), Decimal(80), Decimal(0), False),
        "cat": (0, None, Decimal(0), Decimal(0), False),
    }
    names = "risk_hold_top_ratio risk_hold_hhi_ratio risk_loss_amt risk_loss_prod_cnt risk_is_doc_expired_hold risk_employer_idle_days"
    assert values(found["ann"], names) == (Decimal("0.6"), Decimal("0.52"), Decimal(40), 1, True, 62)
    assert values(found["bob"], "risk_is_doc_expired_hold risk_employer_idle_days") == (False, None)
    assert values(found["cat"], "risk_is_doc_expired_hold") == (False,)
    assert values(found["ann"], "risk_unreachable_cnt_90d risk_reached_cnt_90d") == (1, 0)


def test_warnings_against_their_thresholds() -> None:
    tables = {
        "tag_retail_arrears": {"risk_dpd_max": (1, 0), "risk_due_amt_next30d": (550, 549)},
        "tag_retail_exposure": {
            "risk_exposure_amt": (10, 10), "risk_debt_kind_cnt": (3, 2), "risk_new_contract_cnt_90d": (2, 1),
            "risk_guar_debtor_dpd_max": (1, 0), "risk_class_down_cnt_l12m": (1, 0),
        },
        "tag_retail_suitability": {
            "risk_employer_idle_days": (62, 61), "risk_unreachable_cnt_90d": (2, 2), "risk_reached_cnt_90d": (0, 1),
            "risk_cc_util_before_ratio": ("0.1", "0.1"),
        },
        "tag_retail_payroll": {"pay_stop_days": (45, 44), "pay_amt_median_l3m": (1000, 1000)},
        "tag_retail_liability": {"cc_util_ratio": ("0.4", "0.39")},
        "tag_retail_aum": {"aum_bal": (50, 51), "aum_chg_30d": (-50, -49)},
        "tag_retail_dep_prod": {"dep_demand_bal": (549, 549)},
        "tag_retail_document": {
            "prof_is_id_checkdigit_right": (None, True), "prof_is_id_birth_same": (True, None), "prof_is_id_gender_same": (False, True),
            "prof_is_id_name_conflict": (False, False),
        },
        "tag_retail_contact": {"prof_mobile_update_days": (89, 90)},
    }  # fmt: skip
    drawn = {
        table: [{"customer_id": name} | {tag: pair[place] for tag, pair in tags.items()} for place, name in enumerate(("ann", "bob"))]
        for table, tags in tables.items()
    }
    found = said("tag_retail_warning", "ann bob", drawn)
    warnings = [name for name in found["ann"] if name.startswith("risk_is_")]
    assert len(warnings) == 13
    assert {found["ann"][name] for name in warnings} == {True}
    assert {found["bob"][name] for name in warnings} == {False}
    assert values(found["ann"], "risk_warning_cnt risk_warning_code") == (14, 3)
    assert values(found["bob"], "risk_warning_cnt risk_warning_code") == (0, 0)
    names = "risk_debt_income_ratio risk_due_gap_amt_next30d risk_aum_chg_ratio_30d risk_cc_util_chg_90d risk_debt_aum_ratio"
    assert values(found["ann"], names) == (Decimal("0.55"), Decimal(1), Decimal("-0.5"), Decimal("0.3"), Decimal("0.2"))
    without = said("tag_retail_warning", "ann", drawn, absent=("pay_detail",))
    assert values(without["ann"], "risk_is_pay_stopped risk_warning_cnt risk_is_multi_debt") == (None, None, True)
