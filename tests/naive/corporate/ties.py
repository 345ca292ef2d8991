"""Risk that companies share: their group, and the circle of companies that guarantee each other."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate._shared import companies, dpd_at, exposure, guarantees_given, loan_bal
from tests.naive.fold import divided


def tags(bank: Bank) -> pd.DataFrame:
    """Exposure, loans and days past due of the group and of the circle."""
    lent, late, loans = exposure(bank), dpd_at(bank), loan_bal(bank)
    group, circle = companies(bank).group_id, _circles(bank)
    of_group = _summed(lent, group)
    return pd.DataFrame({
        "grp_exposure_amt": of_group,
        "grp_loan_bal": _summed(loans, group),
        "grp_debtor_cnt": _summed((lent > 0).astype("Int64"), group),
        "grp_late_cnt": _summed((late > 0).astype("Int64"), group),
        "grp_dpd_max": _most(late, group),
        "grp_own_ratio": divided(lent, of_group, 4),
        "risk_circle_id": circle,
        "risk_circle_cnt": circle.map(circle.value_counts()).fillna(0).astype("Int64"),
        "risk_circle_exposure_amt": _summed(lent, circle),
        "risk_circle_dpd_max": _most(late, circle),
    })


def _summed(values: pd.Series, group: pd.Series) -> pd.Series:
    """Sum over the members of the same group; NA outside a group."""
    return group.map(values.groupby(group).sum()).astype("Int64")


def _most(values: pd.Series, group: pd.Series) -> pd.Series:
    return group.map(values.groupby(group).max()).astype("Int64")


def _circles(bank: Bank) -> pd.Series:
    """The circle of each company: three or more that reach each other by guarantees, named by the smallest number."""
    customers, guarantees = bank.customers("corporate"), guarantees_given(bank)
    given = guarantees.groupby("customer_id").debtor_id.agg(set).to_dict()
    reached = {company: _reached(company, given) for company in given}
    found = {}
    for company, others in reached.items():
        circle = {other for other in others if company in reached.get(other, set())} | {company}
        if len(circle) >= 3:
            found[company] = min(circle)
    return pd.Series(customers.map(found.get), index=customers, dtype="object")


def _reached(company: str, given: dict[str, set[str]]) -> set[str]:
    """Whom a chain of guarantees that starts from a company leads to."""
    seen: set[str] = set()
    open_ends = [company]
    while open_ends:
        for debtor in given.get(open_ends.pop(), set()) - seen:
            seen.add(debtor)
            open_ends.append(debtor)
    return seen
