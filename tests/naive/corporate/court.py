"""Public court cases of companies: claims against them, by them, enforcement and the lists of debtors."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import inside, per_customer
from tests.naive.tally import has, number, total


def tags(bank: Bank) -> pd.DataFrame:
    """Civil and enforcement cases count by number and amount; the dishonest and the banned from consumption are lists."""
    customers, day = bank.customers("corporate"), bank.day
    cases = bank.dwd("court_case")
    cases = cases[cases.filed_date <= day]
    is_open = cases.closed_date.isna() | (cases.closed_date > day)
    is_claim = cases.kind_code.isin(["civil", "enforce"])
    against, by = cases.role_code == "defendant", cases.role_code == "plaintiff"
    sued = cases[against & is_claim]
    year = inside(sued, "filed_date", "l12m", day)
    sued_now, suing_now = cases[against & is_claim & is_open], cases[by & is_claim & is_open]
    listed = cases[against & is_open]
    enforced, dishonest, limited = (listed[listed.kind_code == kind] for kind in ["enforce", "dishonest", "limit_consume"])
    return pd.DataFrame({
        "risk_court_defend_amt_l12m": total(year, "amt", customers),
        "risk_defend_cnt_l12m": number(year, customers),
        "risk_defend_cnt_ltd": number(sued, customers),
        "risk_defend_last_date": per_customer(cases[against], "filed_date", "max", customers),
        "risk_defend_open_amt": total(sued_now, "amt", customers),
        "risk_defend_open_cnt": number(sued_now, customers),
        "risk_plaintiff_open_amt": total(suing_now, "amt", customers),
        "risk_plaintiff_open_cnt": number(suing_now, customers),
        "risk_enforce_open_amt": total(enforced, "amt", customers),
        "risk_is_enforced": has(pd.concat([enforced, dishonest, limited]), customers),
        "risk_is_dishonest": has(dishonest, customers),
        "risk_is_limited": has(limited, customers),
        "risk_dishonest_date": per_customer(dishonest, "filed_date", "min", customers),
    })
