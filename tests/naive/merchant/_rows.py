"""What the readings of merchants share: their rows, and words of their sentences."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import inside, window
from tests.naive.tally import total


@cache
def merchants(bank: Bank) -> pd.DataFrame:
    """The merchants of record, with the class of their category: one that the seed does not know is of class other."""
    found = bank.dwd("merchant").set_index("customer_id").reindex(bank.customers("merchant"))
    classes = bank.seed("mcc").set_index("mcc").class_code
    found["class_code"] = found.mcc.map(classes).fillna("other").where(found.mcc.notna())
    return found


@cache
def tried(bank: Bank) -> pd.DataFrame:
    """Sales and refunds up to the day, failed ones included."""
    rows = bank.dwd("merchant_transaction")
    return rows[rows.acct_date <= bank.day]


@cache
def takings(bank: Bank) -> pd.DataFrame:
    """Successful sales and refunds; the amount of a refund is below 0."""
    rows = tried(bank)
    return rows[rows.is_ok]


@cache
def sales(bank: Bank) -> pd.DataFrame:
    """Successful sales."""
    rows = takings(bank)
    return rows[~rows.is_refund]


@cache
def settled(bank: Bank) -> pd.DataFrame:
    """Settlements up to the day that were not returned."""
    rows = bank.dwd("merchant_settlement")
    return rows[(rows.settle_date <= bank.day) & ~rows.is_returned]


@cache
def day_kinds(bank: Bank) -> pd.Series:
    """holiday, workday or weekend, for each day of the calendar."""
    days = bank.seed("calendar_day").set_index("cal_date")
    kinds = days.is_workday.map({"true": "workday", "false": "weekend"}).where(days.holiday_code == "", "holiday")
    return kinds.set_axis(pd.to_datetime(kinds.index))


def net_sales(bank: Bank, first: pd.Timestamp, last: pd.Timestamp) -> pd.Series:
    """Successful sales less refunds from a day to a day, both in."""
    taken = takings(bank)
    return total(taken[taken.acct_date.between(first, last)], "amt", bank.customers("merchant"))


def net_sales_of(bank: Bank, name: str) -> pd.Series:
    """Successful sales less refunds of a window."""
    return net_sales(bank, *window(name, bank.day))


def in_window(bank: Bank, rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Rows whose acquiring day lies in a window."""
    return inside(rows, "acct_date", name, bank.day)


def share(bank: Bank, parameter: str) -> int:
    """A ratio among the parameters in ten-thousandths, as ratios are here."""
    return int(Decimal(bank.parameter(parameter)) * 10_000)


def cents(bank: Bank, parameter: str) -> int:
    """An amount among the parameters."""
    return int(Decimal(bank.parameter(parameter)) * 100)


def whole(bank: Bank, parameter: str) -> int:
    """A number of days, hours, things among the parameters."""
    return int(Decimal(bank.parameter(parameter)))


def of_owner(bank: Bank, values: pd.Series, otherwise: object = 0) -> pd.Series:
    """What holds of the owner of each merchant: `otherwise` where `values` do not name the owner, NA where there is no owner."""
    owner = merchants(bank).owner_customer_id
    found = values.reindex(owner).set_axis(owner.index)
    return (found if pd.isna(otherwise) else found.fillna(otherwise)).where(owner.notna())


def all_of_owner(bank: Bank, values: pd.Series, how: str = "sum") -> pd.Series:
    """A value of merchants put together over all merchants of record of the same owner."""
    owner = merchants(bank).owner_customer_id
    return of_owner(bank, values.groupby(owner).agg(how))
