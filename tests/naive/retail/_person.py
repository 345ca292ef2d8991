"""Persons of record and the small words that sentences about them share: full years, days since, in force, cut points."""

from __future__ import annotations

import unicodedata

import pandas as pd

from tests.naive.bank import Bank

DOTS = "·•・‧"  # the dots that part the names of minorities and foreigners


def persons(bank: Bank) -> pd.DataFrame:
    """What the customer file says of each person of record."""
    return bank.dwd("party").set_index("customer_id").loc[bank.customers("retail")]


def days_since(dates: pd.Series, day: pd.Timestamp) -> pd.Series:
    return (day - dates).dt.days.astype("Int64")


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


def flag(customers: pd.Index, some: pd.Index | pd.Series) -> pd.Series:
    """True for the customers among some, false for the others."""
    return pd.Series(customers.isin(some), index=customers, dtype="boolean")


def counted(rows: pd.DataFrame, customers: pd.Index, column: str | None = None) -> pd.Series:
    """Rows of each customer, or different values of a column; 0 without any."""
    groups = rows.groupby("customer_id")
    found = groups.size() if column is None else groups[column].nunique()
    return found.reindex(customers, fill_value=0).astype("Int64")
