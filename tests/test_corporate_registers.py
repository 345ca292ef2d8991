"""Hand-written tags of companies, drawn: registers, lists, tax, customs, ties, accounts, agreements, products, payroll."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.corporate_nights import night


def money(*amounts: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, amounts))


def test_profile_bands_industry_and_review() -> None:
    with night("ann bob") as drawn:
        drawn.draw("dwd_company", customer_id="ann", corp_type_code="enterprise", size_code="micro", industry_code="C3982",
                   uscc="91990102000000000X", found_date="2023-07-01", staff_cnt=10, reg_capital="5000000", mng_org="B1",
                   open_org="B2", open_date="2026-04-01", kyc_next_date="2026-09-28")  # fmt: skip
        drawn.draw("dwd_company", customer_id="bob", uscc="short", kyc_next_date="2026-09-29")
        drawn.draw("dwd_branch", org_id="B1", region_code="990100")
        drawn.draw("dwd_manager_assignment", customer_id="ann", manager_id="M1", role_code="main", from_date="2026-06-01",
                   to_date="2026-07-01")  # fmt: skip
        drawn.draw("dwd_manager_assignment", customer_id="bob", manager_id="M2", role_code="main", from_date="2026-06-01",
                   to_date="2026-06-30")  # fmt: skip
        found = drawn.tags(
            "tag_corporate_profile", "corp_age_years", "corp_age_band_code", "corp_staff_band_code", "corp_capital_band_code",
            "corp_section_code", "corp_division_code", "corp_is_hightech_mfg", "corp_is_green", "corp_region_code", "corp_is_local",
            "prof_is_kyc_due_90d", "prof_has_manager", "prof_is_org_moved", "prof_tenure_band_code",
        )  # fmt: skip
    # Founded on 1 July: two full years on 30 June. The review is exactly 90 days off, that of bob one day more.
    assert found["ann"] == (2, 2, 2, 3, "C", "39", True, False, "990102", True, True, True, True, 1)
    # Without an industry nothing is said of it; an assignment that ends on D is over.
    assert found["bob"] == (None,) * 10 + (False, False, None, None)


def test_registry_changes_are_not_the_first_entry() -> None:
    with night("ann bob eve") as drawn:
        for company, rep in (("ann", "李 四"), ("bob", "王五"), ("eve", None)):
            drawn.draw("dwd_company", customer_id=company, legal_rep_name=rep, reg_capital="100")
        for day, rep, capital, bad in (
            ("2020-01-01", "张三", "200", False), ("2025-06-30", "李四", "200", True), ("2025-07-01", "李四", "150", False),
            ("2026-06-30", "李四", "100", True), ("2026-07-01", "赵六", "100", False),
        ):  # fmt: skip
            drawn.draw("dwd_company_registry", customer_id="ann", change_date=day, status_code="open", legal_rep_key=rep,
                       capital_amt=capital, is_abnormal=bad, abnormal_date=day if bad else None, pledge_ratio="0.3")  # fmt: skip
        drawn.draw("dwd_company_registry", customer_id="bob", change_date="2026-06-01", status_code="cancelled",
                   legal_rep_key="张三", capital_amt="100", is_abnormal=False, pledge_ratio="0")  # fmt: skip
        found = drawn.tags(
            "tag_corporate_registry", "reg_chg_cnt_ltd", "reg_chg_cnt_365d", "reg_legalrep_chg_date", "reg_is_legalrep_same",
            "reg_capital_chg_ratio_365d", "reg_is_abnormal", "reg_abnormal_days", "reg_abnormal_cnt_ltd", "reg_abnormal_end_date",
            "reg_is_ended", "reg_has_entry",
        )  # fmt: skip
    # Exactly 365 days ago lies outside; the largest fall inside is 150 to 100. The entry after D is not known yet.
    assert found["ann"] == (
        3, 2, date(2025, 6, 30), True, Decimal("-0.3333"), True, 0, 2, date(2025, 7, 1), False, True,
    )  # fmt: skip
    assert found["bob"] == (0, 0, None, False, None, False, None, 0, None, True, True)
    assert found["eve"] == (0, 0, None, None, None, False, None, 0, None, False, False)


def test_a_list_ends_on_its_last_day() -> None:
    with night("ann bob eve joe") as drawn:
        for company, code, batch, level, since, until in (
            ("ann", "srdi", "2023", "city", "2023-07-01", "2026-06-30"),  # ends on D: out
            ("ann", "innovative", "2024", "city", "2024-01-01", "2027-01-01"),
            ("ann", "innovative", "2025", "province", "2025-01-01", "2028-01-01"),  # the newer batch counts
            ("bob", "little_giant", "2024", "nation", "2024-01-01", "2026-07-01"),
            ("bob", "srdi", "2024", "city", "2024-01-01", None),
            ("bob", "listed", "2026", "city", "2026-07-01", None),  # not begun
            ("eve", "high_tech", "2022", "city", "2022-01-01", "2025-06-30"),  # ended exactly 365 days ago
            ("joe", "high_tech", "2019", "city", "2019-01-01", "2022-01-01"),  # long over, which is not the end of it
            ("joe", "high_tech", "2023", "city", "2023-01-01", "2026-01-01"),
        ):  # fmt: skip
            drawn.draw("dwd_company_list", customer_id=company, list_code=code, batch=batch, level_code=level, from_date=since,
                       to_date=until)  # fmt: skip
        found = drawn.tags(
            "tag_corporate_list", "corp_is_srdi", "corp_is_littlegiant", "corp_is_innovative", "corp_is_listed",
            "list_innovative_batch", "list_next_expiry_days", "list_cnt", "list_ladder_code", "list_has_nation",
            "list_lapsed_cnt_365d", "list_first_date",
        )  # fmt: skip
    assert found["ann"] == (False, False, True, False, "2025", 550, 1, 1, False, 1, date(2023, 7, 1))
    assert found["bob"] == (True, True, False, False, None, 1, 2, 3, True, 0, date(2024, 1, 1))
    assert found["eve"] == (False, False, False, False, None, None, 0, 0, False, 0, date(2022, 1, 1))
    assert found["joe"] == (False, False, False, False, None, None, 0, 0, False, 1, date(2019, 1, 1))


def months(first: str, count: int) -> list[str]:
    """Month ends from the month of `first` on."""
    year, month = int(first[:4]), int(first[5:7])
    days = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return [f"{year + (month + at - 1) // 12}-{(month + at - 1) % 12 + 1:02d}-{days[(month + at - 1) % 12]}" for at in range(count)]


def declare(drawn, company: str, table: str, periods: list[str], authorised: bool = True, **amounts: object) -> None:
    for period in periods:
        drawn.draw(table, customer_id=company, period=period, is_authorised=authorised, auth_from="2023-01-01",
                   auth_to="2026-06-30" if authorised else "2026-06-29", **amounts)  # fmt: skip


def test_tax_without_an_authorisation_in_force_is_empty() -> None:
    with night("ann bob eve joe") as drawn:
        declare(drawn, "ann", "dwd_company_tax", months("2024-06", 12), vat_sales_amt="100", tax_paid_amt="3")
        declare(drawn, "ann", "dwd_company_tax", months("2025-06", 12), vat_sales_amt="125", tax_paid_amt="5", credit_grade="B",
                grade_year=2025)  # fmt: skip
        declare(drawn, "ann", "dwd_company_tax", ["2026-06-30"], vat_sales_amt="999", tax_paid_amt="9")  # the month of D
        declare(drawn, "bob", "dwd_company_tax", months("2024-06", 24), False, vat_sales_amt="100", tax_paid_amt="3",
                credit_grade="A", grade_year=2025)  # fmt: skip
        declare(drawn, "joe", "dwd_company_tax", months("2024-07", 23), vat_sales_amt="100", tax_paid_amt="3")  # one month short
        names = (
            "tax_is_authorised", "tax_auth_expiry_days", "tax_credit_code", "tax_sales_amt_sum_lm", "tax_sales_amt_sum_l12m",
            "tax_sales_amt_sum_ytd", "tax_sales_yoy_l12m", "tax_paid_yoy_l12m", "tax_burden_ratio_l12m", "tax_month_cnt_l12m",
        )  # fmt: skip
        found = drawn.tags("tag_corporate_tax", *names)
    assert found["ann"] == (
        True, 0, "B", *money("125", "1500", "625", "0.25", "0.6667", "0.04"), 12,
    )  # fmt: skip
    assert found["bob"] == (False, -1) + (None,) * 8
    assert found["eve"] == (False,) + (None,) * 9
    assert found["joe"] == (True, 0, None, *money("100", "1200", "500"), None, None, Decimal("0.03"), 12)
    with night("ann", absent=("ext_tax",)) as drawn:
        assert set(drawn.tags("tag_corporate_tax", *names)["ann"]) == {None}


def test_customs_growth_and_share() -> None:
    with night("ann bob") as drawn:
        declare(drawn, "ann", "dwd_company_customs", months("2024-06", 12), export_amt="100", import_amt="0", credit_level="general")
        declare(drawn, "ann", "dwd_company_customs", months("2025-06", 12), export_amt="150", import_amt="50", credit_level="aeo")
        declare(drawn, "ann", "dwd_company_tax", months("2025-06", 12), vat_sales_amt="300")
        declare(drawn, "bob", "dwd_company_customs", months("2025-06", 12), False, export_amt="150", import_amt="50")
        found = drawn.tags(
            "tag_corporate_customs", "cus_export_amt_l12m", "cus_export_yoy_l12m", "cus_import_yoy_l12m", "cus_export_ratio_l12m",
            "cus_export_sales_ratio_l12m", "cus_credit_code", "cus_import_month_cnt_l12m", "cus_export_amt_lm",
        )  # fmt: skip
    assert found["ann"] == (*money("1800", "0.5"), None, *money("0.75", "0.5"), "aeo", 12, Decimal(150))
    assert found["bob"] == (None,) * 8


def test_ties_in_force_at_d() -> None:
    with night("C1 C2 C3") as drawn:
        for company, group in (("C1", "G"), ("C2", "G"), ("C3", "")):
            drawn.draw("dwd_company", customer_id=company, group_id=group)
        drawn.draw("dwd_party", customer_id="R1", entity="retail", open_date="2026-06-01")
        for source, target, kind, share, since, until in (
            ("R1", "C1", "legal_rep", None, "2020-01-01", "2026-06-30"),  # ended on D
            (None, "C1", "legal_rep", None, "2026-06-30", None),  # a stranger follows
            ("R1", "C2", "legal_rep", None, "2020-01-01", None),
            ("R1", "C3", "legal_rep", None, "2020-01-01", None),
            ("R1", "C3", "operator", "1", "2020-01-01", None),
            ("C1", "C2", "group", None, "2020-01-01", None),
            ("C1", "C2", "shareholder", "0.6", "2020-01-01", None),
            (None, "C2", "shareholder", "0.4", "2020-01-01", None),
            ("C2", "C3", "guarantor", None, "2026-07-01", None),  # not yet
        ):  # fmt: skip
            drawn.draw("dwd_relation", from_customer_id=source, to_customer_id=target, rel_code=kind, share_ratio=share,
                       from_entity=None if source is None else "retail" if source[0] == "R" else "corporate",
                       to_entity="corporate", from_date=since, to_date=until)  # fmt: skip
        drawn.draw("dws_retail_asset_history", customer_id="R1", valid_from="2026-06-30", valid_to="9999-12-31", prod="demand", bal="6000")
        drawn.draw("dws_retail_asset_history", customer_id="R1", valid_from="2026-06-30", valid_to="9999-12-31", prod="wm", bal="4000")
        drawn.draw("dws_retail_asset_history", customer_id="R1", valid_from="2026-01-01", valid_to="2026-06-30", prod="wm", bal="900000")
        drawn.draw("tag_retail_tier", customer_id="R1", tier_code="wealth")
        found = drawn.tags(
            "tag_corporate_relation", "rep_is_customer", "rep_customer_id", "rep_aum_band_code", "rep_has_loan", "rep_corp_cnt",
            "owner_customer_id", "corp_shareholder_cnt", "corp_shareholder_top_ratio", "corp_guarantor_cnt", "group_role_code",
            "group_member_cnt", "corp_linked_retail_cnt", "corp_linked_corporate_cnt", "corp_invest_cnt", "rep_tier_code",
            "owner_tier_code",
        )  # fmt: skip
    assert found["C1"] == (False, None, None, None, None, None, 0, None, 0, "head", 2, 0, 1, 1, None, None)
    assert found["C2"] == (True, "R1", 3, False, 2, None, 2, Decimal("0.6"), 0, "member", 2, 1, 1, 0, "wealth", None)
    assert found["C3"] == (True, "R1", 3, False, 2, "R1", 0, None, 0, "none", None, 1, 0, 0, "wealth", "wealth")


def test_accounts_by_nature_and_those_that_lie_still() -> None:
    with night("ann bob") as drawn:
        account = {"entity": "corporate", "kind_code": "demand", "status_code": "open"}
        for customer, number, nature, opened, closed in (
            ("ann", "A-ann", "basic", "2020-01-01", None), ("ann", "A2", "general", "2025-06-30", None),  # opened 365 days ago
            ("ann", "A3", "general", "2025-07-01", None), ("ann", "A4", "special", "2020-01-01", "2026-06-30"),
            ("ann", "A5", "special", "2026-07-01", None), ("bob", "A-bob", "basic", "2020-01-01", None),
        ):  # fmt: skip
            drawn.draw("dwd_account", acct_no=number, customer_id=customer, nature_code=nature, open_date=opened, close_date=closed,
                       **account)  # fmt: skip
        drawn.post("ann", "2026-06-20", "1.00")
        drawn.post("ann", "2026-06-30", "1.00", init_code="B", cp_class="bank_gl", purpose="interest")  # interest wakes nobody
        drawn.post("bob", "2025-06-30", "1.00")
        drawn.draw("dwd_loan_note", customer_id="bob", entity="corporate", bal_date="2026-06-30", principal_amt="5")
        drawn.flows()
        found = drawn.tags(
            "tag_corporate_account", "acct_has_basic", "acct_general_cnt", "acct_has_special", "acct_cnt", "acct_closed_cnt_365d",
            "acct_opened_cnt_365d", "acct_idle_days", "acct_idle_max_days", "acct_dormant_cnt", "acct_is_dormant_notice",
            "acct_active_cnt_90d",
        )  # fmt: skip
    assert found["ann"] == (True, 2, False, 3, 1, 1, 10, 365, 1, True, 1)
    # The borrower's account lies still for a year too, but who owes the bank gets no notice.
    assert found["bob"] == (True, 0, False, 1, 0, 0, 365, 365, 1, False, 0)


def test_a_statement_without_a_reply_is_late_from_the_day_after_it_was_due() -> None:
    with night("ann bob cat") as drawn:
        for number, closed in (("A1", None), ("A2", None), ("A3", None), ("A4", "2026-06-30"), ("A5", None), ("A6", None)):
            drawn.draw("dwd_account", acct_no=number, customer_id="ann", entity="corporate", kind_code="demand", nature_code="general",
                       open_date="2020-01-01", close_date=closed)  # fmt: skip
        drawn.draw("dwd_account", acct_no="B1", customer_id="bob", entity="corporate", kind_code="demand", open_date="2020-01-01")
        for number, sent, due, reply in (
            ("A1", "2025-12-31", "2026-02-14", None), ("A1", "2026-03-31", "2026-05-15", None),  # one account, late twice
            ("A2", "2026-03-31", "2026-06-30", None),  # today is the last day
            ("A3", "2026-03-31", "2026-06-29", "2026-07-01"),  # tomorrow's reply is not known today
            ("A4", "2026-03-31", "2026-05-15", None),  # closed
            ("A5", "2026-03-31", "2026-05-15", "2026-06-30"),  # replied, if late
            ("B1", "2026-03-31", "2026-05-15", "2026-04-20"),
        ):  # fmt: skip
            drawn.draw("dwd_reconciliation", acct_no=number, customer_id="ann" if number[0] == "A" else "bob", entity="corporate",
                       stmt_date=sent, due_date=due, reply_date=reply)  # fmt: skip
        found = drawn.tags("tag_corporate_account", "acct_recon_overdue_cnt")
    assert found == {"ann": (2,), "bob": (0,), "cat": (0,)}
    with night("ann", ("core_recon",)) as drawn:
        assert drawn.tags("tag_corporate_account", "acct_recon_overdue_cnt", "acct_cnt") == {"ann": (None, 0)}


@pytest.mark.parametrize(("last_pay", "used"), [("2025-07-01", True), ("2025-06-30", False), ("2026-07-01", False)])
def test_an_agreement_counts_when_in_force_and_used(last_pay: str, used: bool) -> None:
    with night("ann bob") as drawn:
        for customer, kind, since, until in (
            ("ann", "payroll", "2020-01-01", None), ("ann", "ebank", "2025-07-01", None), ("ann", "sms", "2020-01-01", "2026-06-30"),
            ("ann", "fx", "2020-01-01", None), ("ann", "pos", "2026-07-01", None), ("bob", "payroll", "2020-01-01", "2026-06-01"),
        ):  # fmt: skip
            drawn.draw("dwd_agreement", customer_id=customer, entity="corporate", agr_type=kind, from_date=since, to_date=until)
        for customer in ("ann", "bob"):
            drawn.draw("dwd_pay_detail", payer_customer_id=customer, pay_date=last_pay, result_code="ok")
        drawn.post("ann", "2026-04-02", "1.00", direction="out", is_self=True, channel="ebank")  # 89 days before
        drawn.post("ann", "2026-04-01", "1.00", direction="out", is_self=True, channel="mbank")  # exactly 90 days before
        drawn.flows()
        found = drawn.tags(
            "tag_corporate_agreement", "prod_has_payroll", "prod_payroll_is_signed", "prod_has_fx", "prod_fx_is_signed",
            "prod_has_sms", "prod_has_pos", "prod_agr_cnt", "prod_agr_new_cnt_365d", "prod_agr_ended_cnt_365d",
            "prod_ebank_is_active_90d", "prod_mbank_is_active_90d", "prod_ebank_days",
        )  # fmt: skip
    assert found["ann"] == (used, True, False, True, False, False, 3, 1, 1, True, False, 364)
    assert found["bob"][:2] == (False, False)


def test_lines_held_won_and_lost() -> None:
    with night("ann") as drawn:
        account = {"customer_id": "ann", "entity": "corporate", "kind_code": "demand"}
        drawn.draw("dwd_account", acct_no="A1", open_date="2020-01-01", **account)
        for day in ("2025-06-30", "2025-07-01"):
            drawn.draw("dwd_loan_note", customer_id="ann", entity="corporate", note_no="N1", kind_code="wcap", bal_date=day,
                       start_date="2024-01-01", principal_amt="5")  # fmt: skip
        drawn.draw("dwd_agreement", customer_id="ann", entity="corporate", agr_type="ebank", from_date="2025-06-30")
        drawn.draw("dwd_agreement", customer_id="ann", entity="corporate", agr_type="payroll", from_date="2025-07-01")
        drawn.draw("dwd_off_balance", customer_id="ann", entity="corporate", kind_code="lc", status_code="advanced",
                   start_date="2026-01-01", due_date="2026-03-01")  # fmt: skip
        drawn.draw("dwd_merchant", mer_no="M1", owner_customer_id="ann", owner_entity_code="corporate", status_code="normal",
                   start_date="2026-02-01")  # fmt: skip
        found = drawn.tags(
            "tag_corporate_product", "prod_line_cnt", "prod_line_new_cnt_365d", "prod_line_lapsed_cnt_365d", "prod_line_last_code",
            "prod_line_end_date", "prod_has_loan", "prod_has_lc", "prod_merchant_cnt", "prod_is_single_line",
        )  # fmt: skip
    # Held a year ago: account, loan, ebank (begun that very day). Now: account, ebank, payroll, off-balance, merchant.
    assert found["ann"] == (5, 3, 1, "merchant", date(2025, 7, 2), False, True, 1, False)


def test_payroll_heads_by_pay_month() -> None:
    with night("ann bob") as drawn:
        drawn.draw("dwd_company", customer_id="ann", staff_cnt=4)
        drawn.draw("dwd_pay_contract", customer_id="ann", pay_day=5, from_date="2020-01-01")
        for person, day, amount, result in (
            ("R1", "2026-04-30", "100", "ok"), ("R2", "2026-04-30", "300", "ok"),  # brought forward: the pay of May
            ("R1", "2026-05-20", "50", "ok"),  # the same person again
            ("R3", "2026-05-05", "70", "failed"),
            ("R1", "2026-04-03", "1", "ok"), ("R4", "2026-04-24", "1", "ok"),  # April
            ("R1", "2026-03-05", "1", "ok"), ("R1", "2026-02-05", "1", "ok"),
            ("R5", "2026-05-29", "1", "ok"),  # the pay of June
        ):  # fmt: skip
            drawn.draw("dwd_pay_detail", payer_customer_id="ann", customer_id=person, pay_date=day, amt=amount, pay_type="wage",
                       result_code=result)  # fmt: skip
        drawn.draw("dws_retail_asset_history", customer_id="R1", valid_from="2026-06-30", valid_to="9999-12-31", prod="demand", bal="10000")
        drawn.draw("dws_retail_asset_history", customer_id="R2", valid_from="2026-06-30", valid_to="9999-12-31", prod="demand", bal="9999.99")
        found = drawn.tags(
            "tag_corporate_payroll", "pay_head_cnt_lm", "pay_head_chg_ratio_l3m", "pay_head_new_cnt_lm", "pay_head_left_cnt_lm",
            "pay_staff_link_ratio", "pay_coverage_ratio_lm", "pay_wage_per_head_amt_lm", "pay_fail_cnt_l3m", "pay_last_date",
            "pay_contract_is_live",
        )  # fmt: skip
    assert found["ann"] == (2, Decimal("0.5"), 1, 1, *money("0.5", "0.5", "225"), 1, date(2026, 5, 29), True)
    assert found["bob"] == (None,) * 9 + (False,)
