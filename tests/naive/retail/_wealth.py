"""What a person has at the end of every day (DOMAIN.md C), as tables with a row a day and a column a customer."""

from __future__ import annotations

from functools import cache

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, divided, window

DEPOSITS = ("demand", "term", "cd")
HOLDINGS = ("wm", "fund", "pm", "tb", "trust")
LINES = (*DEPOSITS, *HOLDINGS, "transit")


@cache
def ends(bank: Bank) -> pd.DataFrame:
    """Cents that each customer has at the end of each day of the bank's history."""
    return weighted(bank, dict.fromkeys(LINES, 1))


def weighted(bank: Bank, weights: dict[str, int]) -> pd.DataFrame:
    """The same, where each line counts by its weight; a line without one does not."""
    rows = _rows(bank)
    rows = rows[rows.line.isin(weights)]
    rows = rows.assign(bal=rows.bal * rows.line.map(weights))
    sums = rows.groupby(["day", "customer_id"]).bal.sum().unstack()
    days = pd.date_range(first_day(bank), bank.day)
    return sums.reindex(index=days, columns=bank.customers("retail")).fillna(0).astype("int64")


def today(bank: Bank, *lines: str) -> pd.Series:
    """Cents that each customer has in some lines together at the end of the business date."""
    rows = _rows(bank)
    rows = rows[(rows.day == bank.day) & rows.line.isin(lines)]
    return rows.groupby("customer_id").bal.sum().reindex(bank.customers("retail"), fill_value=0)


def first_day(bank: Bank) -> pd.Timestamp:
    """The first day of which there are balances."""
    return bank.dwd("account_balance_daily").bal_date.min()


@cache
def _rows(bank: Bank) -> pd.DataFrame:
    """Columns customer_id, line, day, bal."""
    parts = [
        bank.dwd("account_balance_daily").rename(columns={"bal_date": "day", "prod": "line"}),
        bank.dwd("holding").rename(columns={"hold_date": "day", "line_code": "line", "market_amt": "bal"}),
        _transit(bank),
    ]
    rows = pd.concat([part[["customer_id", "line", "day", "bal"]] for part in parts])
    return rows[rows.customer_id.isin(bank.customers("retail")) & (rows.day <= bank.day)]


def _transit(bank: Bank) -> pd.DataFrame:
    """A row for each day of money on its way: paid and not yet confirmed, or confirmed and not yet paid out."""
    order = bank.dwd("order")
    bought = order[order.order_type.isin(["sub", "sip"])]
    bought = bought.assign(leaves=bought.settle_date, arrives=bought.confirm_date)
    sold = order[order.order_type == "red"]
    sold = sold.assign(leaves=sold.confirm_date, arrives=sold.settle_date)
    moving = pd.concat([bought, sold]).dropna(subset=["leaves"])
    lasts = moving.arrives.fillna(bank.day + DAY) - DAY
    moving["day"] = [list(pd.date_range(first, last)) for first, last in zip(moving.leaves, lasts, strict=True)]
    moving = moving.explode("day").dropna(subset=["day"])
    return moving.assign(line="transit", bal=moving.amt, day=moving.day.astype("datetime64[us]"))


def day_average(table: pd.DataFrame, name: str, day: pd.Timestamp) -> pd.Series:
    """Cents a calendar day of a window."""
    first, last = window(name, day)
    return divided(table.loc[first:last].sum(), (last - first).days + 1)
