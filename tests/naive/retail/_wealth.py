"""What a person has at the end of every day (DOMAIN.md C), as tables with a row a day and a column a customer."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import divided, window
from tests.naive.retail._assets import KINDS, day_ends
from tests.naive.tally import total


def ends(bank: Bank) -> pd.DataFrame:
    """Cents that each customer has at the end of each day of the bank's history."""
    return weighted(bank, dict.fromkeys(KINDS, 1))


def weighted(bank: Bank, weights: dict[str, int]) -> pd.DataFrame:
    """The same, where each line counts by its weight; a line without one does not."""
    rows = day_ends(bank)
    rows = rows[rows.kind.isin(weights)]
    rows = rows.assign(bal=rows.bal * rows.kind.map(weights))
    sums = rows.groupby(["day", "customer_id"]).bal.sum().unstack()
    days = pd.date_range(first_day(bank), bank.day)
    return sums.reindex(index=days, columns=bank.customers("retail")).fillna(0).astype("int64")


def today(bank: Bank, *lines: str) -> pd.Series:
    """Cents that each customer has in some lines together at the end of the business date."""
    rows = day_ends(bank)
    return total(rows[(rows.day == bank.day) & rows.kind.isin(lines)], "bal", bank.customers("retail"))


def first_day(bank: Bank) -> pd.Timestamp:
    """The first day of which there are balances."""
    return bank.dwd("account_balance_daily").bal_date.min()


def day_average(table: pd.DataFrame, name: str, day: pd.Timestamp) -> pd.Series:
    """Cents a calendar day of a window."""
    first, last = window(name, day)
    return divided(table.loc[first:last].sum(), (last - first).days + 1)
