"""Warnings about companies: something falls due for which the money is not there."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY
from tests.naive.leads._evening import Evening, Told, digest

Item = tuple[str, pd.Timestamp, int]


def accept_gap(evening: Evening) -> Told:
    """Due within 15, 7 or 3 days, and what is due within that time is more than what is free; told when a term is reached or the money went.

    Bills and instalments are added up each for themselves: face less margin, principal not yet paid.
    """
    bank, day, told = evening.bank, evening.day, set()
    terms = sorted(evening.days(f"gap_{name}_days") for name in ("near", "mid", "far"))
    for variant, kind, owed in (("main", "bill", _bills(bank, day, terms[-1])), ("loan", "note", _instalments(bank, day, terms[-1]))):
        for who, items in owed.items():
            for number, due, _ in items:
                left = (due - day).days
                horizon = min(term for term in terms if left <= term)
                sought = sum(amt for _, other, amt in items if (other - day).days <= horizon)
                free = _free(bank, who, day)
                lacked_before = sought > _free(bank, who, day - DAY)
                if sought > free and (left in terms or not lacked_before):
                    told.add((who, variant, digest(kind, number)))
    return told


def _bills(bank: Bank, day: pd.Timestamp, horizon: int) -> dict[str, list[Item]]:
    """Acceptances of companies that were drawn and fall due within so many days, by company."""
    rows = bank.dwd("off_balance")
    rows = rows[(rows.entity == "corporate") & (rows.kind_code == "accept") & (rows.start_date <= day) & _soon(rows, day, horizon)]
    return _by_company((row.customer_id, row.biz_no, row.due_date, row.face_amt - row.margin_amt) for row in rows.itertuples())


def _instalments(bank: Bank, day: pd.Timestamp, horizon: int) -> dict[str, list[Item]]:
    """Principal of companies' notes on the books that falls due within so many days and is not paid by the day."""
    rows, owners = bank.dwd("loan_schedule"), _notes(bank).get(day, {})
    rows = rows[rows.note_no.isin(owners) & _soon(rows, day, horizon)]
    paid = rows.paid_prin_amt.where(rows.paid_date <= day, 0).fillna(0)
    rows = rows.assign(amt=rows.prin_amt - paid).query("amt > 0")
    return _by_company((owners[row.note_no], f"{row.note_no}|{row.term_no}", row.due_date, row.amt) for row in rows.itertuples())


def _soon(rows: pd.DataFrame, day: pd.Timestamp, horizon: int) -> pd.Series:
    return (rows.due_date > day) & (rows.due_date <= day + horizon * DAY)


def _by_company(rows: Iterable[tuple[str, str, pd.Timestamp, int]]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for who, *item in rows:
        found.setdefault(who, []).append(tuple(item))
    return found


@cache
def _notes(bank: Bank) -> dict[pd.Timestamp, dict[str, str]]:
    """Whose each note of a company is, by the day on whose books it is."""
    notes = bank.dwd("loan_note").query("entity == 'corporate'")
    return {day: dict(zip(rows.note_no, rows.customer_id, strict=True)) for day, rows in notes.groupby("bal_date")}


def _free(bank: Bank, who: str, day: pd.Timestamp) -> int:
    """Demand deposits less what is frozen."""
    return _free_by_day(bank).get((who, day), 0)


@cache
def _free_by_day(bank: Bank) -> dict[tuple[str, pd.Timestamp], int]:
    rows = bank.dwd("account_balance_daily")
    rows = rows[(rows.entity == "corporate") & (rows["prod"] == "demand")]
    rows = rows.assign(free=rows.bal - rows.frozen_amt.fillna(0))
    return rows.groupby(["customer_id", "bal_date"]).free.sum().to_dict()
