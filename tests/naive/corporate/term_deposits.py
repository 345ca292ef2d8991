"""Term deposits and large CDs of companies: what is live, what falls due, what has matured."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate._shared import of_companies
from tests.naive.fold import divided, inside, per_customer
from tests.naive.tally import days, number, total

TERMS = {"short": ["3m", "6m"], "mid": ["1y"], "long": ["2y", "3y", "5y"]}


def tags(bank: Bank) -> pd.DataFrame:
    """Principal, number, rate and due days of term deposits and large CDs."""
    rows = of_companies(bank, "term_deposit")
    live = rows[rows.status_code == "live"]
    return pd.concat([_live(bank, live), _due(bank, live), _past(bank, rows)], axis=1)


def _live(bank: Bank, live: pd.DataFrame) -> pd.DataFrame:
    customers = bank.customers("corporate")
    left = (live.due_date - bank.day).dt.days.astype("Int64").clip(lower=0)
    weighted = live.assign(interest=live.principal_amt * live.rate, days=live.principal_amt * left)
    principal = total(live, "principal_amt", customers)
    pledged = total(live[live.is_pledged], "principal_amt", customers)
    found = pd.DataFrame({
        "dep_term_cnt": number(live, customers),
        "dep_term_principal_amt": principal,
        "dep_term_max_amt": per_customer(live, "principal_amt", "max", customers).fillna(0),
        "dep_term_pledged_amt": pledged,
        "dep_term_pledged_ratio": divided(pledged, principal, 4),
        # A rate is a whole number of ten-thousandths: the average of it needs no more digits.
        "dep_term_rate": divided(total(weighted, "interest", customers), principal),
        "dep_term_rate_max": per_customer(live, "rate", "max", customers),
        "dep_term_remain_days": divided(total(weighted, "days", customers), principal, 4),
    })
    for word, terms in TERMS.items():
        found[f"dep_term_{word}_amt"] = total(live[live.term_code.isin(terms)], "principal_amt", customers)
    return found


def _due(bank: Bank, live: pd.DataFrame) -> pd.DataFrame:
    customers, day = bank.customers("corporate"), bank.day
    found = pd.DataFrame(index=customers)
    for name in ["next7d", "next30d", "next60d", "next90d"]:
        due = inside(live, "due_date", name, day)
        found[f"dep_term_due_amt_{name}"] = total(due, "principal_amt", customers)
        found[f"dep_term_due_noroll_amt_{name}"] = total(due[~due.is_auto_roll], "principal_amt", customers)
    found["dep_term_due_cnt_next30d"] = number(inside(live, "due_date", "next30d", day), customers)
    found["dep_term_due_ratio_next90d"] = divided(found.dep_term_due_amt_next90d, total(live, "principal_amt", customers), 4)
    next_due = per_customer(live[live.due_date > day], "due_date", "min", customers)
    found["dep_term_next_due_date"] = next_due
    found["dep_term_next_due_days"] = days(pd.Series(day, index=customers), next_due)
    return found


def _past(bank: Bank, rows: pd.DataFrame) -> pd.DataFrame:
    customers = bank.customers("corporate")
    matured = inside(rows[rows.status_code == "matured"], "due_date", "l12m", bank.day)
    return pd.DataFrame({
        "dep_term_cnt_ltd": number(rows, customers),
        "dep_term_last_start_date": per_customer(rows, "start_date", "max", customers),
        "dep_term_matured_amt_l12m": total(matured, "principal_amt", customers),
        "dep_term_matured_cnt_l12m": number(matured, customers),
    })
