"""Persons of record and the small words that sentences about them share: full years, days since, in force, cut points."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

import pandas as pd

from tests.naive.bank import Bank

DOTS = "·•・‧"  # the dots that part the names of minorities and foreigners


def persons(bank: Bank) -> pd.DataFrame:
    """What the customer file says of each person of record."""
    return bank.dwd("party").set_index("customer_id").loc[bank.customers("retail")]


def full_years(since: pd.Series, day: pd.Timestamp) -> pd.Series:
    """Birthdays passed; who is born on 29 February has it on 1 March in common years."""
    early = (since.dt.month * 100 + since.dt.day) > day.month * 100 + day.day
    return (day.year - since.dt.year - early).astype("Int64")


def days_since(dates: pd.Series, day: pd.Timestamp) -> pd.Series:
    return (day - dates).dt.days.astype("Int64")


def in_force(rows: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """The rows that hold on a day: to_date is the first day on which they do not."""
    return rows[(rows.from_date <= day) & (rows.to_date.isna() | (rows.to_date > day))]


def known(values: pd.Series, *facts: pd.Series) -> pd.Series:
    """Values as flags, NA wherever one of the facts is not known."""
    unknown = pd.concat([fact.isna() for fact in facts], axis=1).any(axis=1)
    return values.astype("boolean").mask(unknown)


def folded(names: pd.Series) -> pd.Series:
    """Names as they are compared: width folded, without blanks and dots, upper case."""

    def fold(name: str) -> str:
        kept = unicodedata.normalize("NFKC", name).upper()
        return "".join(letter for letter in kept if not letter.isspace() and letter not in DOTS)

    return names.map(fold, na_action="ignore")


def cut(bank: Bank, name: str, values: pd.Series, unit: int = 1) -> pd.Series:
    """The code of a list of cut points for each value: that of the highest bound which is not above it.

    `unit` is how many of the values' units make one of the list's: 100 where the values are cents.
    """
    points = bank.seed("cut_point").query("cut_list == @name")
    bounds = sorted((int(Decimal(point.lower_bound) * unit), int(point.code)) for point in points.itertuples())
    found = pd.Series(pd.NA, index=values.index, dtype="Int64")
    for bound, code in bounds:
        found = found.mask((values >= bound).fillna(False), code)
    return found


def flag(customers: pd.Index, some: pd.Index | pd.Series) -> pd.Series:
    """True for the customers among some, false for the others."""
    return pd.Series(customers.isin(some), index=customers, dtype="boolean")


def counted(rows: pd.DataFrame, customers: pd.Index, column: str | None = None) -> pd.Series:
    """Rows of each customer, or different values of a column; 0 without any."""
    groups = rows.groupby("customer_id")
    found = groups.size() if column is None else groups[column].nunique()
    return found.reindex(customers, fill_value=0).astype("Int64")
