"""Movements of companies as the sentences of settlement count them."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import inside
from tests.naive.tally import total


def movements(bank: Bank) -> pd.DataFrame:
    """All movements but transfers between own accounts here; reversals of the same day have vanished."""
    legs = bank.dwd("corporate_flow")
    return legs[~legs.is_void & (legs.cp != "own")]


def settlements(bank: Bank, direction: str) -> pd.DataFrame:
    """Movements with third parties: neither own accounts, here or elsewhere, nor the own group, nor the bank itself."""
    legs = movements(bank)
    return legs[(legs.direction == direction) & ~legs.cp.isin(["other_bank_same_name", "group", "bank_gl"])]


def counted(legs: pd.DataFrame) -> pd.DataFrame:
    """Without later reversals: they change an amount and are no item."""
    return legs[~legs.is_reversal]


def amount(legs: pd.DataFrame, name: str, day: pd.Timestamp, customers: pd.Index) -> pd.Series:
    """Total amount of a window; 0 without a movement."""
    return total(inside(legs, "acct_date", name, day), "amt", customers)
