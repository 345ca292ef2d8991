"""What is said of rows and days again and again: sums and numbers that are 0 without a row, first and last days, codes."""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import per_customer


def total(rows: pd.DataFrame, column: str, customers: pd.Index) -> pd.Series:
    """The sum of a column; 0 without a row."""
    return per_customer(rows, column, "sum", customers).astype("Int64").fillna(0)


def highest(rows: pd.DataFrame, column: str, customers: pd.Index) -> pd.Series:
    """The highest value of a column; 0 without a row."""
    return per_customer(rows, column, "max", customers).astype("Int64").fillna(0)


def number(rows: pd.DataFrame, customers: pd.Index) -> pd.Series:
    """How many rows."""
    return rows.groupby("customer_id").size().reindex(customers, fill_value=0).astype("Int64")


def different(rows: pd.DataFrame, column: str, customers: pd.Index) -> pd.Series:
    """How many different values of a column."""
    return per_customer(rows, column, "nunique", customers).astype("Int64").fillna(0)


def has(rows: pd.DataFrame, customers: pd.Index) -> pd.Series:
    """Whether there is a row."""
    return number(rows, customers) > 0


def first(rows: pd.DataFrame, column: str, customers: pd.Index) -> pd.Series:
    """The earliest day of a column; NA without a row."""
    return per_customer(rows, column, "min", customers)


def last(rows: pd.DataFrame, column: str, customers: pd.Index) -> pd.Series:
    """The latest day of a column; NA without a row."""
    return per_customer(rows, column, "max", customers)


def days(begin: pd.Series | pd.Timestamp, end: pd.Series | pd.Timestamp) -> pd.Series:
    """Days from one date to another; NA where either is."""
    return (end - begin).dt.days.astype("Int64")


def without(some: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """The rows that are not among others; both have the same columns, and no row twice."""
    return some.merge(others, how="left", indicator=True).query("_merge == 'left_only'").drop(columns="_merge")


def least_zero(amounts: pd.Series) -> pd.Series:
    """Amounts, and 0 for those below."""
    return amounts.clip(lower=0)


def of(entity: str, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of one entity."""
    return rows[rows.entity == entity]


def in_force(rows: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """The rows that hold on a day: to_date is the first day on which they do not, and no to_date is for ever."""
    return rows[(rows.from_date <= day) & (rows.to_date.isna() | (rows.to_date > day))]


def full_years(since: pd.Series, day: pd.Timestamp) -> pd.Series:
    """Anniversaries passed; that of 29 February is on 1 March in common years. NA where the date is."""
    early = (since.dt.month * 100 + since.dt.day) > day.month * 100 + day.day
    return (day.year - since.dt.year - early).astype("Int64")


def code_of(bank: Bank, cut_list: str, values: pd.Series, unit: int = 1) -> pd.Series:
    """The code of the highest cut point that a value reaches; `unit`: what a whole of the cut point counts in the values."""
    points = bank.seed("cut_point").query("cut_list == @cut_list")
    ladder = sorted((Decimal(bound) * unit, int(code)) for bound, code in zip(points.lower_bound, points.code, strict=True))
    # Below the lowest there is no code.
    codes = [pd.NA, *(code for _, code in ladder)]
    bounds = [bound for bound, _ in ladder]
    found = [pd.NA if pd.isna(value) else codes[bisect_right(bounds, Decimal(str(value)))] for value in values]
    return pd.Series(found, index=values.index, dtype="Int64")
