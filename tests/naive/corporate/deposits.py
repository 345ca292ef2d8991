"""Deposits of companies as end-of-day balances: in all, by product, by nature of the account; and those of the group."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate._shared import at, by_day, companies, deposits, over
from tests.naive.fold import DAY, base, days_of, divided, inside, per_customer

BASES = ["bal_bom", "bal_boy", "chg_bom", "chg_boy"]
NATURE = ["bal", "bal_boy", "chg_boy", "davg_90d", "davg_mtd", "davg_ytd"]
PRODUCT = ["bal", *BASES, "chg_30d", "davg_30d", "davg_90d", "davg_365d", "davg_lm", "davg_mtd", "davg_ytd"]
MARGIN = ["bal", *BASES, "bal_max_365d", "davg_lm", "davg_mtd", "davg_ytd"]
WHOLE = [
    *PRODUCT, "bal_boq", "davg_180d", "davg_lq", "davg_l3m", "davg_qtd",
    "bal_max_90d", "bal_max_365d", "bal_min_30d", "bal_min_90d", "bal_min_365d", "peak_amt_l12m",
]


def tags(bank: Bank) -> pd.DataFrame:
    """Balances of deposits and their changes, averages, peaks and lows; no record is 0."""
    rows, group = deposits(bank), companies(bank).group_id
    plain = rows[rows["prod"] != "margin"]
    found = _measures(bank, plain, "dep", WHOLE)
    for prod, words in {"demand": PRODUCT, "term": PRODUCT, "cd": ["bal"], "margin": MARGIN}.items():
        found |= _measures(bank, rows[rows["prod"] == prod], f"dep_{prod}", words)
    for nature in ["basic", "general", "special", "temporary"]:
        settling = rows[(rows["prod"] == "demand") & (rows.nature_code == nature)]
        found |= _measures(bank, settling, f"dep_{nature}", NATURE)
    found["grp_dep_bal"] = group.map(found["dep_bal"].groupby(group).sum()).astype("Int64")
    return pd.DataFrame(found)


def _measures(bank: Bank, rows: pd.DataFrame, name: str, words: list[str]) -> dict[str, pd.Series]:
    daily, customers = by_day(rows), bank.customers("corporate")
    return {f"{name}_{word}": _measure(daily, word, bank.day, customers) for word in words}


def _measure(daily: pd.DataFrame, word: str, day: pd.Timestamp, customers: pd.Index) -> pd.Series:
    """One measure by its word: bal_boy, chg_30d, davg_mtd, bal_max_90d, peak_amt_l12m …"""
    *_, last = word.split("_")
    if word == "bal":
        return at(daily, day, customers)
    if word.startswith("davg"):
        return divided(over(daily, last, day, customers), days_of(last, day))
    if word.startswith("chg"):
        then = day - 30 * DAY if last == "30d" else base(last, day)
        return at(daily, day, customers) - at(daily, then, customers)
    if last.startswith("bo"):
        return at(daily, base(last, day), customers)
    how = "min" if "min" in word else "max"
    return per_customer(inside(daily, "day", last, day), "bal", how, customers).fillna(0)
