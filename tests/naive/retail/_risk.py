"""What each customer owes at the end of each day: loan notes and credit cards, one row a customer, day and kind of debt."""

from __future__ import annotations

from functools import cache

import pandas as pd

from tests.naive.bank import Bank

LOANS = ["mtg", "cons", "biz"]


@cache
def debts(bank: Bank) -> pd.DataFrame:
    """Columns customer_id, day, kind (mtg, cons, biz … or cc), bal, overdue_amt (loans only), dpd: a row a note or card and day."""
    notes = retail_notes(bank).rename(columns={"bal_date": "day", "kind_code": "kind", "principal_amt": "bal"})
    cards = bank.dwd("credit_card").rename(columns={"bal_date": "day"}).assign(kind="cc", overdue_amt=0)
    rows = pd.concat([part[["customer_id", "day", "kind", "bal", "overdue_amt", "dpd"]] for part in (notes, cards)])
    return rows[rows.day <= bank.day]


@cache
def retail_notes(bank: Bank) -> pd.DataFrame:
    """Loan notes of persons, a row a note and day."""
    return bank.dwd("loan_note").query("entity == 'retail' and bal_date <= @bank.day")


@cache
def open_notes(bank: Bank) -> pd.DataFrame:
    """Loan notes of persons with a balance at the business date, each with its latest class and whether it was restructured."""
    notes = retail_notes(bank).query("bal_date == @bank.day and principal_amt > 0")
    latest = bank.dwd("loan_class").query("class_date <= @bank.day").sort_values("class_date").groupby("note_no").last()
    return notes.merge(latest[["class_code", "is_restructured"]], left_on="note_no", right_index=True, how="left")


def open_cards(bank: Bank, day: pd.Timestamp) -> pd.DataFrame:
    """Credit cards that are not closed at the end of a day; what the bank owes to a card holder is no debt."""
    cards = bank.dwd("credit_card").query("bal_date == @day and status_code != 'closed'")
    return cards.assign(bal=cards.bal.clip(lower=0))


@cache
def note_owner(bank: Bank) -> pd.Series:
    """Whose each note is, by its number, settled notes included."""
    return retail_notes(bank).drop_duplicates("note_no").set_index("note_no")["customer_id"]
