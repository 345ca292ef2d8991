"""Signs that a borrower is getting weaker, and how many of them hold."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate import court, debtor, ties
from tests.naive.corporate._shared import at, balances, deposits, dpd_at, guarantees_given, loan_bal, of_companies, over
from tests.naive.fold import days_of, divided, inside, per_customer
from tests.naive.tally import total


def tags(bank: Bank) -> pd.DataFrame:
    """Each sign from the tags that its sentence names; what is empty is no sign."""
    customers, day = bank.customers("corporate"), bank.day
    owed, deposit = loan_bal(bank), at(balances(bank), day, customers)
    average = divided(over(balances(bank), "90d", day, customers), days_of("90d", day))
    classes, cases, others = debtor.tags(bank), court.tags(bank), ties.tags(bank)
    late_guarantees = guarantees_given(bank)
    late_guarantees = late_guarantees[late_guarantees.debtor_id.map(dpd_at(bank)) > 0]
    found = pd.DataFrame({
        "risk_is_dep_drop": (owed > 0) & _below(deposit, Fraction(bank.parameter("corp_dep_drop_ratio")), average),
        "risk_is_dep_empty": (owed > 0) & (deposit < 100),
        "risk_is_class_weak": classes.risk_debtor_class_code >= 2,
        "risk_is_class_worse": classes.risk_class_chg_l12m > 0,
        "risk_is_guarantee_weak": total(late_guarantees, "amt", customers) > 0,
    }).join(_limits(bank, cases.risk_defend_open_amt)).fillna(False)
    advances = total(of_companies(bank, "off_balance"), "adv_amt", customers)
    signs = found.drop(columns="risk_is_dep_empty").assign(
        gap=_acceptance_gap(bank) > 0,
        advance=advances > 0,
        overdue=dpd_at(bank) > 0,
        listed=cases.risk_is_enforced | cases.risk_is_dishonest,
        circle=others.risk_circle_dpd_max > 0,
        group=others.grp_late_cnt > 0,
    )
    return found.assign(
        risk_dep_loan_ratio=divided(deposit, owed, 4),
        risk_watch_cnt=signs.fillna(False).astype("Int64").sum(axis=1),
    )


def _below(values: pd.Series, share: Fraction, of: pd.Series) -> pd.Series:
    found = [value < share * whole for value, whole in zip(values, of, strict=True)]
    return pd.Series(found, index=values.index, dtype="boolean")


def _limits(bank: Bank, sued: pd.Series) -> pd.DataFrame:
    """Signs that the credit limits give: nearly used up, about to end, or small against what is claimed in court."""
    customers, day, limits = bank.customers("corporate"), bank.day, of_companies(bank, "credit_limit")
    own = (limits.kind_code == "single") | ((limits.kind_code == "product") & limits.parent_limit_no.isna())
    held = limits[own & ~limits.is_low_risk & (limits.status_code != "expired")]
    held = held[(held.from_date <= day) & (held.to_date >= day)]
    normal = held[held.status_code == "live"]
    used, days = total(held, "used_amt", customers), (per_customer(held, "to_date", "min", customers) - day).dt.days
    use = divided(total(normal, "used_amt", customers), total(normal, "amt", customers), 4)
    share = Fraction(bank.parameter("corp_sued_ratio"))
    return pd.DataFrame({
        "risk_is_util_high": use >= int(Fraction(bank.parameter("corp_util_high_ratio")) * 10_000),
        "risk_is_limit_ending": (days <= int(bank.parameter("corp_limit_end_days"))) & (used > 0),
        "risk_is_sued": ~_below(sued, share, used) & (sued > 0) & (used > 0),
    }).astype("boolean")


def _acceptance_gap(bank: Bank) -> pd.Series:
    """Face of live acceptances due in the next 30 days less their margin and the demand balance free of freeze."""
    customers, day, rows = bank.customers("corporate"), bank.day, deposits(bank)
    business = of_companies(bank, "off_balance")
    bills = business[(business.kind_code == "accept") & (business.status_code == "live")]
    due = inside(bills, "due_date", "next30d", day)
    free = rows[(rows.bal_date == day) & (rows["prod"] == "demand")]
    free = total(free, "bal", customers) - total(free, "frozen_amt", customers)
    face = total(due, "face_amt", customers)
    return (face - total(due, "margin_amt", customers) - free).where(face > 0, 0)
