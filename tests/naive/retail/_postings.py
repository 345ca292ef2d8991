"""Postings on the deposit accounts of persons, as the tags of money in and out count them."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank

FACTS = [
    "customer_id", "acct_date", "direction", "amt", "channel", "mode", "purpose", "cp_class", "cp_acct_no", "is_self", "is_reversal",
]  # fmt: skip


def postings(bank: Bank) -> pd.DataFrame:
    """Every posting of a person up to the day but for those that were undone on the same day, own transfers included."""
    legs = bank.dwd("transaction")
    kept = legs.loc[(legs.entity == "retail") & ~legs.is_void & (legs.acct_date <= bank.day), FACTS]
    # The same rows are grouped hundreds of times: few columns and categories make that cheap.
    who = kept.customer_id.astype("category")
    return kept.assign(customer_id=who, day=kept.acct_date, is_item=~kept.is_reversal, is_own=kept.cp_class == "own")


def flows(bank: Bank) -> pd.DataFrame:
    """Postings that bring money to the customer or take it away: those between her own accounts do neither."""
    kept = postings(bank)
    return kept[~kept.is_own]
