"""Leads about what is borrowed: a mortgage that is repaid early, a card spend that may be paid by instalments."""

from __future__ import annotations

from functools import cache

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.leads._evening import Evening, Told, digest


def mtg_prepay(evening: Evening) -> Told:
    """Early repayments of a mortgage on D of ≥ 50,000 together; told once to the manager and once to the head of the line."""
    rows = evening.of_day(evening.bank.dwd("loan_repayment"), "acct_date")
    owners = _mortgages(evening.bank)
    rows = rows[rows.kind_code.isin(["early_part", "early_full"]) & rows.note_no.isin(owners.index)]
    sums = rows.groupby("note_no").prin_amt.sum()
    large = sums.index[sums >= evening.cents("prepay_min_amt")]
    return {(owners[note], reader, f"{reader}:{digest('note', note)}") for note in large for reader in ("main", "head")}


@cache
def _mortgages(bank: Bank) -> pd.Series:
    """Whose each mortgage is."""
    notes = bank.dwd("loan_note")
    return notes[(notes.entity == "retail") & (notes.kind_code == "mtg")].sort_values("bal_date").groupby("note_no").customer_id.last()


def cc_big_spend(evening: Evening) -> Told:
    """One spend of D ≥ max(3,000, 3 × the own mean), of no excluded kind of shop, not yet in instalments, and no statement on D."""
    spends = _spends(evening.bank)
    usual = evening.before(spends, "acct_date", evening.days("spend_days")).groupby("customer_id").amt.agg(["sum", "count"])
    cards = _cards(evening.bank)
    excluded, told = _excluded(evening.bank), set()
    large = evening.of_day(spends, "acct_date")
    for row in large[(large.amt >= evening.cents("spend_min_amt")) & ~large.is_instal.fillna(False)].itertuples():
        stmt_day = cards.get((evening.day, row.cc_acct_no))
        # The statement of the 31st is made on the last day of a shorter month.
        if row.mcc in excluded or stmt_day is None or evening.day.day == min(stmt_day, evening.day.days_in_month):
            continue
        if row.customer_id in usual.index:
            amt, number = usual.loc[row.customer_id]
            if row.amt * int(number) < evening.number("spend_times") * int(amt):
                continue
        told.add((row.customer_id, "main", digest("cctxn", row.txn_no)))
    return told


@cache
def _spends(bank: Bank) -> pd.DataFrame:
    rows = bank.dwd("credit_card_transaction")
    return rows[(rows.kind_code == "spend") & (rows.amt > 0)]


@cache
def _cards(bank: Bank) -> dict[tuple[pd.Timestamp, str], int]:
    """The day of the month on which the statement of an account is made, as of each day."""
    rows = bank.dwd("credit_card")
    return {(day, number): stmt for day, number, stmt in zip(rows.bal_date, rows.cc_acct_no, rows.stmt_day, strict=True)}


@cache
def _excluded(bank: Bank) -> set[str]:
    """Kinds of shops whose spends are no lead: of a class that is excluded, or named themselves."""
    seed, kinds = bank.seed("mcc_excluded"), bank.seed("mcc")
    return set(kinds[kinds.class_code.isin(set(seed.class_code) - {""})].mcc) | (set(seed.mcc) & set(kinds.mcc))
