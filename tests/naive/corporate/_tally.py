"""What is said of rows again and again: sums and numbers that are 0 without a row, first and last days, days since."""

from __future__ import annotations

import pandas as pd

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
