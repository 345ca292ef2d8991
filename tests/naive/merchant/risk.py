"""Signals of merchants that deserve a look, and what only the restricted file says."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import divided, lower_median
from tests.naive.merchant import owner_debt, payers, profile, ratios, rhythm, settlement, terminal
from tests.naive.merchant._rows import merchants, of_owner, share, whole

PUBLIC_LISTS = ("enforce", "dishonest", "limit_consume")
BLOCKING_ORIGINS, BLOCKING_KINDS = ("court", "police", "aml"), ("freeze", "no_receive_no_pay")


def tags(bank: Bank) -> pd.DataFrame:
    """risk_… and the two of mer_… that say why a merchant is watched."""
    found = _signals(bank)
    found["risk_signal_cnt"] = sum(signal.astype(int) for signal in found.values())
    found |= _peers(bank) | _owner(bank) | _restricted(bank)
    found["risk_is_marketing_blocked"] = found["risk_block_reason_code"].notna()
    found["mer_is_watch"] = found["mer_is_cashout_watch"] | (found["risk_signal_cnt"] >= whole(bank, "mer_watch_signal_cnt"))
    return pd.DataFrame(found, index=bank.customers("merchant"))


def _signals(bank: Bank) -> dict[str, pd.Series]:
    ratio, single, counter = ratios.tags(bank), payers.tags(bank), terminal.tags(bank)
    silent = rhythm.tags(bank).mer_silent_bizdays >= whole(bank, "mer_silent_days")
    found = {
        "risk_is_silent": silent & ~profile.tags(bank).mer_is_seasonal,
        "risk_is_drop": ratio.mer_amt_chg_ratio_28d <= share(bank, "mer_drop_ratio"),
        "risk_is_surge": ratio.mer_amt_chg_ratio_28d >= share(bank, "mer_rise_ratio"),
        "risk_is_refund_high": ratio.mer_refund_amt_ratio_30d >= share(bank, "mer_refund_high_ratio"),
        "risk_is_night_high": ratio.mer_night_ratio_30d >= share(bank, "mer_night_high_ratio"),
        "risk_is_credit_high": ratio.mer_credit_ratio_30d >= share(bank, "mer_credit_high_ratio"),
        "risk_is_fail_high": ratio.mer_fail_ratio_30d >= share(bank, "mer_fail_high_ratio"),
        "risk_is_round_high": single.mer_round_ratio_30d >= share(bank, "mer_round_high_ratio"),
        "risk_is_near_limit_high": single.mer_near_limit_ratio_30d >= share(bank, "mer_near_limit_high_ratio"),
        "risk_is_top_payer_high": single.mer_payer_top_ratio_30d >= share(bank, "mer_top_payer_high_ratio"),
        "risk_has_dormant_term": counter.prod_term_dormant_cnt > 0,
        "risk_has_stray_term": (counter.prod_term_away_cnt > 0) | (counter.prod_term_stray_cnt_90d > 0),
    }
    return {name: holds.fillna(False).astype(bool) for name, holds in found.items()}


def _peers(bank: Bank) -> dict[str, pd.Series]:
    ticket, kind = payers.tags(bank).mer_ticket_amt_median_90d, merchants(bank).class_code
    usual = ticket.dropna().groupby(kind).agg(lower_median).reindex(kind).set_axis(kind.index)
    return {"risk_ticket_peer_ratio_90d": divided(ticket, usual, 4)}


def _owner(bank: Bank) -> dict[str, pd.Series]:
    debt, day, cases = owner_debt.tags(bank), bank.day, bank.dwd("court_case")
    owned = merchants(bank).owner_customer_id.notna()
    listed = cases[cases.kind_code.isin(PUBLIC_LISTS) & (cases.role_code == "defendant") & (cases.filed_date <= day)]
    listed = listed[listed.closed_date.isna() | (listed.closed_date > day)]
    late = (debt.owner_loan_dpd_max > 0) | (debt.owner_cc_dpd.fillna(0) > 0)
    return {
        "risk_is_settle_other_person": ~settlement.tags(bank).mer_settle_is_owner_acct.astype("boolean"),
        "risk_is_owner_overdue": late.where(owned),
        "risk_is_owner_enforced": (of_owner(bank, listed.groupby("customer_id").size()) > 0).where(owned),
    }


def _restricted(bank: Bank) -> dict[str, pd.Series]:
    score = _cashout(bank)
    watched = (score >= whole(bank, "mer_cashout_watch_score")).fillna(False).astype(bool)
    found = {"mer_cashout_score": score, "mer_is_cashout_watch": watched}
    on_owner, on_account, reasons = {}, {}, {}
    controls, day, here = bank.dwd("account_control"), bank.day, settlement.tags(bank).mer_settle_is_own
    in_force = (controls.from_date <= day) & (controls.to_date.isna() | (controls.to_date > day))
    controls = controls[in_force & (controls.by_code.isin(BLOCKING_ORIGINS) | controls.ctrl_kind.isin(BLOCKING_KINDS))]
    for who, shop in merchants(bank).iterrows():
        its_account = (controls.acct_no == shop.settle_acct_no) & here[who]
        blocking = controls[its_account | (controls.customer_id == shop.owner_customer_id)]
        on_owner[who], on_account[who] = len(blocking), int(its_account.sum())
        names = ["cashout"] * bool(watched[who]) + sorted(set(blocking.by_code))
        reasons[who] = "+".join(names) or pd.NA
    return found | {
        "risk_ctrl_owner_cnt": pd.Series(on_owner),
        "risk_ctrl_settle_acct_cnt": pd.Series(on_account),
        "risk_block_reason_code": pd.Series(reasons),
    }


def _cashout(bank: Bank) -> pd.Series:
    """100 × the root of a product of ratios: of all five, of four where nobody paid with a token."""
    ratio, single = ratios.tags(bank), payers.tags(bank)
    parts = pd.DataFrame(
        {
            "credit": ratio.mer_credit_ratio_30d, "round": single.mer_round_ratio_30d, "top": single.mer_payer_top_ratio_30d,
            "night": ratio.mer_night_ratio_30d, "limit": single.mer_near_limit_ratio_30d,
        }
    )  # fmt: skip
    return pd.Series({who: _root([int(one) for one in row.dropna()]) for who, row in parts.iterrows()}, dtype="Int64")


def _root(parts: list[int]) -> object:
    """100 × the root of the product of ratios in ten-thousandths, rounded: the highest n whose lower edge n - ½ it reaches."""
    if not parts:
        return pd.NA
    product = 1
    for part in parts:
        product *= part
    # (n - ½) / 100 <= root  <=>  (2n - 1) ^ k × 10000 ^ k <= product × 200 ^ k: whole numbers only.
    power = len(parts)
    return max([0] + [n for n in range(1, 101) if ((2 * n - 1) * 10_000) ** power <= product * 200**power])
