"""What a tag says of the rows that a customer has: how many, how much, whether any, the first and the last day."""

from __future__ import annotations

import pandas as pd

from tests.naive.fold import DAY, per_customer


def count(rows: pd.DataFrame, customers: pd.Index) -> pd.Series:
    """How many rows a customer has."""
    return per_customer(rows, "customer_id", "size", customers).fillna(0).astype("Int64")


def distinct(rows: pd.DataFrame, column: str, customers: pd.Index) -> pd.Series:
    """How many different values of a column a customer has."""
    return per_customer(rows, column, "nunique", customers).fillna(0).astype("Int64")


def total(rows: pd.DataFrame, column: str, customers: pd.Index) -> pd.Series:
    """The sum of a column; 0 without a row."""
    return per_customer(rows, column, "sum", customers).fillna(0).astype("Int64")


def has(rows: pd.DataFrame, customers: pd.Index) -> pd.Series:
    """Whether a customer has a row."""
    return pd.Series(customers.isin(rows.customer_id), index=customers, dtype="boolean")


def first(rows: pd.DataFrame, column: str, customers: pd.Index) -> pd.Series:
    """The lowest value of a column; empty without a row."""
    return per_customer(rows, column, "min", customers)


def last(rows: pd.DataFrame, column: str, customers: pd.Index) -> pd.Series:
    """The highest value of a column; empty without a row."""
    return per_customer(rows, column, "max", customers)


def days(later: pd.Series | pd.Timestamp, earlier: pd.Series | pd.Timestamp) -> pd.Series:
    """Calendar days from one date to another; empty where either is."""
    return ((later - earlier) / DAY).astype("Int64")


def of(entity: str, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of one entity."""
    return rows[rows.entity == entity]
