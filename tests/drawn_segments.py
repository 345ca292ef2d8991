"""The domain's 45 segments, drawn: for each rule who is just in, and for each of its parts who is just out.

A case is a key, what its base asks for, and tag → (who is in, who is out …). The first of all values is one customer who
is in. Every other value in a list is another one who is in, and every value after it one who is out, alone: all their
other tags are the first customer's. `also` and `but` are such differences in several tags at once, in and out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

D = date(2026, 6, 30)
Row = dict[str, object]

RETAIL: Row = {
    "prof_status_code": "normal", "prof_is_minor": False, "prof_is_deceased": False, "prof_is_staff": False,
    "risk_is_marketing_blocked": False, "reach_any_is_ok": True, "val_complaint_open_cnt": 0,
}  # fmt: skip
CREDIT: Row = RETAIL | {
    "prof_age": 40, "prof_is_student": False, "loan_dpd_max": 0, "loan_dpd_max_l12m": 0, "cc_dpd": 0,
    "risk_class_worst_code": 0, "risk_is_enforced": False,
}  # fmt: skip
INVEST: Row = RETAIL | {"prod_risk_valid_days": 100, "prod_ready_wm_code": 0, "risk_is_enforced": False}
CORP: Row = {
    "prof_status_code": "normal", "corp_type_code": "enterprise", "risk_is_marketing_blocked": False,
    "risk_is_dishonest": False, "reg_is_abnormal": False,
}  # fmt: skip
# Who is out of a base: of those below it, and of it alone.
STAFF: Row = {"prof_is_staff": True}
OUT_OF: dict[str, tuple[Row, ...]] = {
    "base_retail": (STAFF,), "base_credit": (STAFF, {"cc_dpd": 1}), "base_invest": (STAFF, {"prod_ready_wm_code": 3}),
    "base_corp": ({"reg_is_abnormal": True},),
}  # fmt: skip
BASES = {"base_retail": RETAIL, "base_credit": CREDIT, "base_invest": INVEST, "base_corp": CORP}


@dataclass(frozen=True)
class Case:
    """One rule, drawn.

    Attributes:
        key: the segment.
        base: the base group that it stands on, or empty.
        tags: tag → values; see the head of the module.
        also: differences from the first customer of others who are in.
        but: differences from the first customer of others who are out.
    """

    key: str
    base: str
    tags: dict[str, tuple]
    also: tuple[Row, ...] = ()
    but: tuple[Row, ...] = ()

    def customers(self) -> tuple[list[Row], list[Row]]:
        """Who is in and who is out."""
        values = {tag: (found[0] if isinstance(found[0], list) else [found[0]], found[1:]) for tag, found in self.tags.items()}
        first = {"biz_date": D} | BASES.get(self.base, {}) | {tag: within[0] for tag, (within, _) in values.items()}
        within = [first, *(first | {tag: value} for tag, (good, _) in values.items() for value in good[1:])]
        out = [first | {tag: value} for tag, (_, bad) in values.items() for value in bad]
        out += [first | row for row in OUT_OF.get(self.base, ())]
        return within + [first | row for row in self.also], out + [first | row for row in self.but]


def days_ago(days: int) -> date:
    """A date so many days before D."""
    return D - timedelta(days)


NORMAL = ("normal", "frozen")
OPEN = ("normal", "closed")
FLAG, NO_FLAG = (True, False), (False, True)
NONE_LEFT, SOME = (0, 0.01), (0.01, 0)

RETAIL_CASES = (
    Case("base_retail", "", {
        "prof_status_code": NORMAL, "prof_is_minor": NO_FLAG, "prof_is_deceased": NO_FLAG, "prof_is_staff": NO_FLAG,
        "risk_is_marketing_blocked": NO_FLAG, "reach_any_is_ok": FLAG, "val_complaint_open_cnt": (0, 1),
    }),
    Case("base_credit", "base_retail", {
        "prof_age": ([22, 60], 21, 61), "prof_is_student": NO_FLAG, "loan_dpd_max": (0, 1), "loan_dpd_max_l12m": (29, 30),
        "cc_dpd": (0, 1), "risk_class_worst_code": (1, 2), "risk_is_enforced": NO_FLAG,
    }),
    Case("base_invest", "base_retail", {
        "prod_risk_valid_days": (1, 0), "prod_ready_wm_code": ([0, 1, 2], 3), "risk_is_enforced": NO_FLAG,
    }),
    # deposits
    Case("dep_due_30d", "base_retail", {"dep_term_due_noroll_amt_next30d": (50000, 49999.99)}),
    Case("dep_idle_demand", "base_retail", {
        "dep_demand_davg_lm": (100000, 99999.99), "dep_demand_ratio": (0.8, 0.7999), "txn_out_amt_sum_30d": (19999.99, 20000),
    }),
    Case("dep_cd_prospect", "base_retail", {"dep_bal": (200000, 199999.99), "dep_cd_bal": NONE_LEFT, "prof_age": (40, 39)}),
    Case("dep_down_boy", "base_retail", {
        "dep_bal_boy": (100000, 99999.99), "dep_chg_boy": (-30000, -29999.99), "aum_chg_boy": (-0.01, 0),
    }),
    Case("dep_over_insured", "base_invest", {"dep_over_insured_amt": SOME, "wm_bal": NONE_LEFT}),
    # wealth
    Case("wm_due_7d", "base_invest", {"wm_redeemable_amt_next7d": (10000, 9999.99)}),
    Case("wm_redeemed_parked", "base_invest", {"wm_red_amt_sum_30d": (50000, 49999.99), "dep_demand_bal": (25000, 24999.99)}),
    Case("wm_first_buy", "base_invest", {
        "wm_hold_days_ltd": (0, 1), "aum_davg_lm": (50000, 49999.99), "chn_view_wm_day_cnt_30d": (2, 1),
    }),
    Case("fund_loss_care", "base_retail", {"fund_bal": (50000, 49999.99), "fund_pnl_ratio": (-0.15, -0.1499)}),
    Case("fund_sip_broken", "base_invest", {"fund_sip_fail_cnt_l3m": (2, 1)}),
    Case("ins_gap", "base_retail", {
        "prof_age": ([30, 55], 29, 56), "aum_davg_lm": (200000, 199999.99), "ins_protect_policy_cnt": (0, 1),
        "loan_mtg_bal": SOME, "prof_has_child_declared": (False,),
    }, also=({"loan_mtg_bal": 0, "prof_has_child_declared": True},)),
    Case("risk_test_expired", "", {
        "prof_status_code": NORMAL, "prod_risk_valid_days": (0, 1), "wm_bal": SOME, "fund_bal": (0,),
    }, also=({"wm_bal": 0, "fund_bal": 0.01},)),
    # tier and private banking
    Case("tier_near_wealth", "base_retail", {
        "tier_code": ("growth", "mass"), "aum_davg_mtd": ([400000, 499999.99], 399999.99, 500000), "tier_next_amt": (500000,),
    }),
    Case("tier_watch", "base_retail", {"tier_watch_months": (1, 0), "tier_gap_down_amt": SOME}),
    Case("pb_unsigned", "base_retail", {"aum_davg_lm": (6000000, 5999999.99), "prod_has_pb_contract": NO_FLAG}),
    Case("pb_churn", "base_retail", {
        "tier_code": ("private", "high"), "aum_chg_30d": (-200000, -199999.99), "aum_peak_amt_l12m": (1000000,),
        "txn_samename_other_net_amt_sum_30d": (0,), "txn_self_idle_days": (0,),
    }, also=(
        {"aum_chg_30d": 0, "txn_samename_other_net_amt_sum_30d": 500000}, {"aum_chg_30d": 0, "txn_self_idle_days": 60},
    ), but=(
        {"aum_chg_30d": 0, "txn_samename_other_net_amt_sum_30d": 499999.99}, {"aum_chg_30d": 0, "txn_self_idle_days": 59},
    )),
    Case("hnw_prospect", "base_retail", {
        "tier_code": (["mass", "growth"], "wealth"), "prof_is_biz_owner": FLAG, "pay_amt_median_l3m": (0,),
        "txn_in_amt_max_l12m": (0,),
    }, also=(
        {"prof_is_biz_owner": False, "pay_amt_median_l3m": 30000}, {"prof_is_biz_owner": False, "txn_in_amt_max_l12m": 1000000},
    ), but=(
        {"prof_is_biz_owner": False, "pay_amt_median_l3m": 29999.99},
        {"prof_is_biz_owner": False, "txn_in_amt_max_l12m": 999999.99},
    )),
    Case("high_unassigned", "", {"tier_code": (["wealth", "high", "private"], "growth"), "prof_has_manager": NO_FLAG}),
    # payroll and pension
    Case("pay_new", "base_retail", {"pay_source_code": (1, 0, 3), "pay_start_date": (days_ago(89), days_ago(90))}),
    Case("pay_low_stay", "base_retail", {
        "pay_source_code": (1, 0, 3), "pay_stay_ratio_7d": (0.0999, 0.1), "pay_amt_median_l3m": (6000, 5999.99),
    }),
    Case("pay_stopped", "base_retail", {"pay_stop_days": ([45, 120], 44, 121)}),
    Case("pens_room", "base_retail", {
        "biz_date": (date(2026, 10, 1), date(2026, 9, 30)), "pens_room_amt_ytd": SOME, "pay_amt_median_l3m": (10000, 9999.99),
    }),
    # cards
    Case("cc_prospect_pay", "base_credit", {
        "pay_source_code": (1, 0, 3), "pay_amt_median_l3m": (5000, 4999.99), "cc_active_cnt": (0, 1),
    }),
    Case("cc_instal_prospect", "base_credit", {
        "cc_stmt_amt_lm": (3000, 2999.99), "cc_util_ratio": ([0.3, 0.9], 0.2999, 0.9001), "cc_revolve_cnt_l6m": (1, 0),
        "cc_instal_bal": NONE_LEFT,
    }),
    Case("cc_sleep_soon", "base_retail", {"cc_self_idle_months": ([12, 17], 11, 18)}),
    Case("etc_no_card", "base_credit", {"prod_has_etc": FLAG, "cc_active_cnt": (0, 1)}),
    # loans
    Case("loan_undrawn", "base_credit", {
        "loan_cons_avail_amt": (50000, 49999.99), "loan_cons_bal": NONE_LEFT, "loan_cons_limit_age_days": (30, 29),
    }),
    Case("mtg_prepay_risk", "base_retail", {
        "loan_mtg_spread_bp": (50, 49.99), "dep_demand_bal": (30000, 29999.99), "loan_mtg_bal": (100000,),
    }),
    Case("loan_biz_due", "", {"prof_status_code": NORMAL, "loan_biz_due_amt_next60d": SOME, "loan_dpd_max": (0, 1)}),
    Case("loan_early_warn", "", {
        "loan_bal": SOME, "loan_dpd_max": ([1, 30], 0, 31), "pay_stop_days": (0,), "dep_demand_bal": (99.99,),
        "loan_due_amt_next30d": (100,),
    }, also=({"loan_dpd_max": 0, "pay_stop_days": 45},), but=(
        {"loan_dpd_max": 0, "pay_stop_days": 44}, {"loan_dpd_max": 0, "pay_stop_days": 45, "dep_demand_bal": 100},
    )),
)  # fmt: skip

CORPORATE_CASES = (
    Case("base_corp", "", {
        "prof_status_code": NORMAL, "corp_type_code": (["enterprise", "sole", "institution"], "government"),
        "risk_is_marketing_blocked": NO_FLAG, "risk_is_dishonest": NO_FLAG, "reg_is_abnormal": NO_FLAG,
    }),
    Case("sme_first_loan", "base_corp", {
        "corp_size_code": (["small", "micro"], "medium"), "loan_bal": NONE_LEFT, "crd_limit_amt": NONE_LEFT,
        "stl_active_month_cnt_l12m": (10, 9), "tax_credit_code": (["A", "B", "M"], "C"), "corp_age_days": (730, 729),
    }),
    Case("srdi_no_limit", "base_corp", {
        "corp_is_srdi": FLAG, "corp_is_littlegiant": (False,), "crd_limit_amt": NONE_LEFT,
    }, also=({"corp_is_srdi": False, "corp_is_littlegiant": True},)),
    Case("corp_no_basic", "base_corp", {"acct_has_basic": NO_FLAG, "stl_in_amt_sum_90d": (1000000, 999999.99)}),
    Case("corp_loan_no_pay", "base_corp", {"loan_bal": SOME, "prod_has_payroll": NO_FLAG, "corp_staff_cnt": (20, 19)}),
    Case("corp_low_share", "base_corp", {"crd_used_amt": (5000000, 4999999.99), "stl_share_ratio_l12m": (0.2999, 0.3)}),
    Case("corp_trade_up", "base_corp", {
        "cus_export_amt_l12m": (5000000, 4999999.99), "cus_export_yoy_l12m": (0.2, 0.1999), "prod_has_fx": NO_FLAG,
    }),
    Case("corp_dep_down", "base_corp", {"dep_davg_ly": (1000000,), "dep_davg_mtd": (500000, 500000.01)},
         but=({"dep_davg_ly": 999999.98, "dep_davg_mtd": 499999.99},)),
    Case("corp_warning", "", {
        "crd_used_amt": (0.01, 0), "risk_debtor_class_code": (2, 1), "risk_dpd_max": (0,), "risk_court_defend_amt_l12m": (0,),
        "reg_is_abnormal": (False,), "obs_accept_gap_amt_next30d": (0,), "reg_legalrep_chg_date": (days_ago(90),),
    }, also=(
        {"risk_debtor_class_code": 1, "risk_dpd_max": 1}, {"risk_debtor_class_code": 1, "reg_is_abnormal": True},
        {"risk_debtor_class_code": 1, "obs_accept_gap_amt_next30d": 0.01},
        {"risk_debtor_class_code": 1, "reg_legalrep_chg_date": days_ago(89)},
        {"risk_debtor_class_code": 1, "crd_used_amt": 100, "risk_court_defend_amt_l12m": 10},
    ), but=({"risk_debtor_class_code": 1, "crd_used_amt": 100, "risk_court_defend_amt_l12m": 9.99},)),
)  # fmt: skip

MERCHANT_CASES = (
    Case("mer_drop", "", {"mer_status_code": OPEN, "mer_age_days": (90, 89), "mer_amt_chg_ratio_28d": (-0.5, -0.4999)}),
    Case("mer_other_bank", "", {"mer_status_code": OPEN, "mer_settle_is_own": NO_FLAG, "mer_amt_sum_30d": (50000, 49999.99)}),
    Case("mer_loan_white", "", {
        "mer_status_code": OPEN, "mer_stable_months_l12m": (10, 9), "mer_amt_sum_30d": (30000, 29999.99),
        "mer_settle_is_own": FLAG, "mer_is_watch": NO_FLAG,
    }),
)  # fmt: skip

CASES = {"retail": RETAIL_CASES, "corporate": CORPORATE_CASES, "merchant": MERCHANT_CASES}
