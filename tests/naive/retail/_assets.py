"""What each customer has at the end of each day, by kind of asset (DOMAIN.md C), and the words of balances over it."""

from __future__ import annotations

from functools import cache

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, base, days_of, divided, inside

DEPOSITS = ["demand", "term", "cd"]
HOLDINGS = ["wm", "fund", "pm", "tb", "trust"]
KINDS = [*DEPOSITS, *HOLDINGS, "transit"]


@cache
def day_ends(bank: Bank) -> pd.DataFrame:
    """Columns customer_id, day, kind, bal: one row for each kind of asset that a person has on record at the end of a day."""
    balance = bank.dwd("account_balance_daily")
    balance = balance[(balance.entity == "retail") & balance["prod"].isin(DEPOSITS)]
    parts = [
        balance.rename(columns={"bal_date": "day", "prod": "kind"}),
        bank.dwd("holding").rename(columns={"hold_date": "day", "line_code": "kind", "market_amt": "bal"}),
        _in_transit(bank),
    ]
    rows = pd.concat([part[["customer_id", "day", "kind", "bal"]] for part in parts])
    rows = rows[(rows.day <= bank.day) & rows.customer_id.isin(bank.customers("retail"))]
    return rows.groupby(["customer_id", "day", "kind"], as_index=False)["bal"].sum()


def _in_transit(bank: Bank) -> pd.DataFrame:
    """Money on its way, a row an order and day: paid and not yet confirmed, or confirmed and not yet paid back."""
    orders = bank.dwd("order")
    paid = orders[orders.order_type.isin(["sub", "sip"])].assign(begin=lambda rows: rows.settle_date, end=lambda rows: rows.confirm_date)
    sold = orders[orders.order_type == "red"].assign(begin=lambda rows: rows.confirm_date, end=lambda rows: rows.settle_date)
    moving = pd.concat([paid, sold]).dropna(subset=["begin"])
    # What has not arrived yet is still on its way at the end of the business date.
    moving = moving.assign(end=moving.end.fillna(bank.day + DAY).clip(upper=bank.day + DAY))
    moving["day"] = [list(pd.date_range(begin, end - DAY)) for begin, end in zip(moving.begin, moving.end, strict=True)]
    moving = moving.explode("day").dropna(subset=["day"])
    return moving.assign(day=moving.day.astype("datetime64[us]"), kind="transit", bal=moving.amt)


@cache
def totals(bank: Bank, kinds: tuple[str, ...] = tuple(KINDS)) -> pd.DataFrame:
    """Columns customer_id, day, bal: some kinds together, for the days on which one of them is on record."""
    rows = day_ends(bank)
    return rows[rows.kind.isin(kinds)].groupby(["customer_id", "day"], as_index=False)["bal"].sum()


def summed(rows: pd.DataFrame, column: str, bank: Bank) -> pd.Series:
    """A sum per customer, 0 for those without a row."""
    return rows.groupby("customer_id")[column].sum().reindex(bank.customers("retail"), fill_value=0).astype("Int64")


def balance(rows: pd.DataFrame, day: pd.Timestamp, bank: Bank) -> pd.Series:
    """The balance at the end of a day."""
    return summed(rows[rows.day == day], "bal", bank)


def change(rows: pd.DataFrame, name: str, bank: Bank) -> pd.Series:
    """The balance of the business date less that of a base point (bom, boq, boy) or of some days before (30d)."""
    before = bank.day - int(name[:-1]) * DAY if name[0].isdigit() else base(name, bank.day)
    return balance(rows, bank.day, bank) - balance(rows, before, bank)


def day_average(rows: pd.DataFrame, name: str, bank: Bank) -> pd.Series:
    """End-of-day balances of a window over all its calendar days."""
    return divided(summed(inside(rows, "day", name, bank.day), "bal", bank), days_of(name, bank.day))


def extreme(rows: pd.DataFrame, how: str, name: str, bank: Bank) -> pd.Series:
    """The highest or lowest end-of-day balance of the days of a window that are on record; 0 without any."""
    found = inside(rows, "day", name, bank.day).groupby("customer_id")["bal"].agg(how)
    return found.reindex(bank.customers("retail")).fillna(0)
