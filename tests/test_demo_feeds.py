"""The demo bank's feeds have the keys, columns, load kinds and periods that the bank asked for."""

from __future__ import annotations

from datetime import date

import pytest

from tagmart.core.settings import project_root
from tagmart.ingest.due import expected, read_calendar
from tests import demo_files

EVERY_DAY, WORKDAY = ("every_day", None), ("workday", None)
# Number in the bank's list of feeds, feed, load kind, when it is due, key, and the other columns that it must have at least.
# (A delta's `op`, and src_file, biz_date and batch number, which the loader adds, are not listed.)
ASKED = """
1   ref_org        full    w  org_id: org_name parent_id level_code region_code gl_org_id open_date close_date
2   ref_product    full    w  prod_id: prod_name l1_code l2_code l3_code business_line risk_level is_on_balance gl_subject
    min_amt open_type hold_days shelf_from_date shelf_to_date
3   ref_price      journal c  price_date kind_code price_code: price prev_price unit
4   ref_calendar   full    w  cal_date: is_workday is_trading_day is_settle_day holiday_code festival_offset
5   ecif_retail    delta   c  ecif_no: cust_name id_type id_no id_expiry_date birth_date gender_code nation_code edu_code
    occup_code marital_code employer_name income_band status_code open_date open_org mng_org is_staff death_date
6   ecif_corp      delta   c  ecif_no: cust_name uscc corp_type industry_code size_code reg_capital found_date legal_rep_name
    status_code open_date open_org mng_org kyc_next_date group_id
7   ecif_xref      journal c  src_sys src_id event_code event_date: ecif_no old_ecif_no event_time
8   ecif_contact   delta   c  ecif_no contact_kind seq: mobile address region_code is_verified update_date
9   ecif_relation  delta   c  from_party to_party rel_code: share_ratio from_date to_date source_code
10  crm_assign     delta   w  ecif_no manager_id from_date: role_code share_ratio org_id to_date
11  crm_consent    journal c  ecif_no channel_code purpose_code event_time: action_code text_version source_code
12  crm_risk_test  journal c  ecif_no kind_code test_date: result_level expiry_date channel_code is_revoked
13  crm_override   delta   w  ecif_no kind_code from_date: value_code reason_code to_date approver_id
14  crm_complaint  delta   c  case_no: ecif_no topic_code open_date close_date level_code product_code
15  core_acct      delta   c  acct_no: ecif_no class_code nature_code kind_code prod_id ccy open_org gl_org gl_subject open_date
    close_date status_code is_settle last_txn_date
16  core_bal       full    c  acct_no bal_date: ccy bal avail_bal frozen_amt accum accrued_int gl_subject gl_org
17  core_term      delta   c  acct_no seq: principal_amt rate start_date due_date term_code is_auto_roll is_pledged
    is_transferable status_code
18  core_txn       journal c  txn_no leg: acct_no acct_date txn_time dc_flag amt ccy bal_after channel_code summary_code
    init_code cp_acct_no cp_name cp_bank_code is_reversal orig_txn_no gl_subject org_id
19  core_ctrl      delta   c  acct_no ctrl_no: ctrl_kind by_code amt from_date to_date
20  core_agreement delta   c  ecif_no agr_type seq: acct_no from_date to_date status_code channel_code
21  pay_contract   delta   c  contract_no: payer_ecif acct_no pay_type from_date to_date status_code
21  pay_detail     journal c  batch_no seq: payer_ecif ecif_no acct_no pay_date amt pay_type result_code
22  crd_limit      delta   c  limit_no: ecif_no kind_code amt used_amt frozen_amt is_revolving is_low_risk from_date to_date
    status_code
23  crd_contract   delta   c  contract_no: limit_no ecif_no prod_id contract_amt from_date to_date guar_mode rate_type rate
    reprice_cycle next_reprice_date purpose_industry sign_date
24  crd_note       full    c  note_no bal_date: contract_no ecif_no prod_id principal_amt overdue_amt overdue_int_amt dpd_prin
    dpd_int rate start_date due_date ext_cnt repay_mode is_inclusive is_first write_off_date gl_subject gl_org is_entrusted
25  crd_schedule   delta   c  note_no term_no: due_date prin_amt int_amt paid_prin_amt paid_int_amt paid_date
26  crd_repay      journal c  repay_no: note_no acct_date prin_amt int_amt penalty_amt kind_code
27  crd_class      journal c  note_no class_date: class_code prev_class reason_code is_restructured observe_to
28  crd_security   delta   w  guar_no: contract_no kind_code provider_ecif value_amt appraise_date amt from_date to_date rank_no
29  crd_offbal     delta   c  biz_no: ecif_no kind_code face_amt margin_acct_no margin_amt start_date due_date adv_amt gl_subject
30  card_debit     delta   c  card_ref: acct_no ecif_no level_code open_date status_code renew_due_month
31  cc_acct        full    c  cc_acct_no bal_date: ecif_no limit_amt temp_limit_amt bal credit_bal instal_bal stmt_day due_day
    last_stmt_amt min_pay_amt is_paid_by_due dpd class_code status_code is_autopay gl_subject
31  cc_stmt        journal c  cc_acct_no stmt_month: stmt_date stmt_amt min_pay_amt paid_amt due_date
32  cc_txn         journal c  txn_no: cc_acct_no acct_date txn_time amt kind_code mcc mer_no channel_code country_code is_instal
    init_code
33  inv_hold       full    c  ecif_no prod_id hold_acct hold_date: units frozen_units price price_date market_amt cost_amt
    start_date due_date redeem_from_date dividend_mode
34  inv_order      delta   c  order_no: ecif_no prod_id order_type amt units order_time confirm_date settle_date status_code
    channel_code manager_id
35  ins_policy     delta   w  policy_no: ecif_no prod_id kind_code pay_mode premium_amt paid_amt cash_value effect_date
    next_pay_date end_date status_code lapse_date
36  chn_event      journal c  event_id: ecif_no event_time os_code device_token event_kind page_code prod_id stay_sec
37  mer_info       delta   c  mer_no: owner_ecif_no mer_name mcc kind_code region_code settle_acct_no settle_bank fee_rate
    cycle_code start_date status_code
37  mer_terminal   delta   c  sn: mer_no kind_code region_code bind_date
38  mer_txn        journal c  txn_no: mer_no term_sn txn_time acct_date amt pay_kind payer_token status_code orig_txn_no fee
39  mer_settle     journal w  settle_no: mer_no settle_date gross_amt refund_amt fee_amt net_amt core_txn_no status_code
40  gl_balance     full    c  acct_date gl_org ccy subject: open_dr open_cr turn_dr turn_cr close_dr close_cr is_on_balance
41  fin_contrib    journal m18 month ecif_no acct_or_note: ftp_income fee_income cost provision net
42  mkt_contact    journal c  contact_no: campaign_code ecif_no channel_code contact_time result_code log_status wish_product
    wish_level staff_id next_date is_holdout
43a ext_bizreg     delta   w1 uscc change_date: status_code legal_rep_name capital_amt shareholder_cnt is_abnormal abnormal_from
    pledge_ratio
43b ext_tax        full    m18 uscc period: vat_sales_amt tax_paid_amt credit_grade grade_year auth_no auth_from auth_to
43c ext_customs    full    m20 uscc period: export_amt import_amt credit_level auth_no auth_from auth_to
43d ext_court      delta   w1 case_no id_no: role_code kind_code amt filed_date closed_date
43e ext_idcheck    journal c  check_no: ecif_no check_time result_code by_code
43f ext_list       full    i  list_code batch uscc: list_name from_date to_date level_code
"""
PERIODS = {"c": EVERY_DAY, "w": WORKDAY, "i": ("on_issue", None), "w1": ("weekly", 1), "m18": ("monthly", 18), "m20": ("monthly", 20)}
# What the bank delivers beside its list; the last five are totals that ties need.
MORE = {"core_hist_month", "core_pension", "core_recon", "ecif_source", "cc_instal", "crd_class_rpt", "fin_pnl", "inv_ta", "pay_clear", "fin_reg"}
ROWS = [line.split(maxsplit=4) for line in ASKED.strip().replace("\n    ", " ").splitlines()]


def test_the_list_is_whole() -> None:
    assert {int(number.rstrip("abcdef")) for number, *_ in ROWS} == {*range(1, 44)}
    assert {feed for _, feed, *_ in ROWS} | MORE == {*demo_files.contracts()}


@pytest.mark.parametrize(("feed", "load", "period", "words"), [row[1:] for row in ROWS], ids=[row[1] for row in ROWS])
def test_feed_is_as_asked(feed: str, load: str, period: str, words: str) -> None:
    contract = demo_files.contracts()[feed]
    key, columns = (part.split() for part in words.split(":"))
    assert (contract.load, (contract.due.when, contract.due.day)) == (load, PERIODS[period])
    assert list(contract.key) == key
    assert {*key, *columns} - {*contract.names} == set()


def test_settlements_are_awaited_on_workdays_of_the_calendar() -> None:
    """From Thursday before the Dragon Boat holiday of 2026 (Friday 19) to the Sunday on which nothing is settled."""
    calendar = read_calendar(project_root() / "dbt_project" / "seeds")
    contracts = demo_files.contracts()
    span = date(2026, 6, 18), date(2026, 6, 28)
    assert [one.due.day for one in expected(contracts["mer_settle"].due, calendar, *span)] == [18, 22, 23, 24, 25, 26]
    assert [one.due.day for one in expected(contracts["mer_txn"].due, calendar, *span)] == [*range(18, 29)]
    # The 18th of April is a Saturday: contributions are missed from the Monday on.
    month = expected(contracts["fin_contrib"].due, calendar, date(2026, 4, 1), date(2026, 4, 30))
    assert [(one.since, one.due) for one in month] == [(date(2026, 4, 18), date(2026, 4, 20))]
