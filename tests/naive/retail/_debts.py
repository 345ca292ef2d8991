"""What persons owe, read from dwd as the sentences speak of it: notes and cards of a day, contracts in force."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank

# The kinds of loans that persons have, as they stand in names.
KINDS = ("mtg", "cons", "biz")


def notes(bank: Bank, day: pd.Timestamp | None = None) -> pd.DataFrame:
    """The loan notes of persons that are on the books at the end of a day (the business date)."""
    rows = bank.dwd("loan_note")
    return rows[(rows.entity == "retail") & (rows.bal_date == (day or bank.day))]


def contracts(bank: Bank) -> pd.DataFrame:
    """The loan contracts of persons made by the business date."""
    rows = bank.dwd("loan_contract")
    return rows[(rows.entity == "retail") & (rows.from_date <= bank.day)]


def in_force(bank: Bank) -> pd.DataFrame:
    """The loan contracts of persons whose term has begun and has not ended."""
    rows = contracts(bank)
    return rows[~(rows.to_date <= bank.day)]


def cards(bank: Bank, day: pd.Timestamp | None = None) -> pd.DataFrame:
    """The credit card accounts at the end of a day (the business date), closed ones included."""
    rows = bank.dwd("credit_card")
    return rows[rows.bal_date == (day or bank.day)]


def open_cards(bank: Bank) -> pd.DataFrame:
    """The credit card accounts that are not closed."""
    rows = cards(bank)
    return rows[rows.status_code != "closed"]
