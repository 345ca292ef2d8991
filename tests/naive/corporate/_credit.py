"""Rows of lending to companies, as the sentences of loans, limits, securities and off-balance business name them."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.tally import total

LIVE_KINDS = ["accept", "guarantee", "lc"]


def note_days(bank: Bank) -> pd.DataFrame:
    """Notes of companies, a row a note and day on the books."""
    notes = bank.dwd("loan_note")
    return notes[notes.entity == "corporate"]


def notes_at(bank: Bank, day: pd.Timestamp) -> pd.DataFrame:
    """Notes on the books at the end of a day (在账借据)."""
    notes = note_days(bank)
    return notes[notes.bal_date == day]


def notes_on_record(bank: Bank) -> pd.DataFrame:
    """Every note that was on the books on some day, a row a note: its last."""
    return note_days(bank).sort_values("bal_date").drop_duplicates("note_no", keep="last")


def contracts(bank: Bank) -> pd.DataFrame:
    """Loan contracts of companies."""
    every = bank.dwd("loan_contract")
    return every[every.entity == "corporate"]


def off_balance(bank: Bank) -> pd.DataFrame:
    """Acceptances, guarantees, letters of credit, discounted bills and commitments of companies, begun by the day."""
    every = bank.dwd("off_balance")
    return every[(every.entity == "corporate") & (every.start_date <= bank.day)]


def limits_now(bank: Bank) -> pd.DataFrame:
    """Limits of any kind in force: begun, not past their last day, not expired."""
    every = bank.dwd("credit_limit")
    day = bank.day
    return every[(every.from_date <= day) & (every.to_date >= day) & (every.status_code != "expired")]


def single(limits: pd.DataFrame) -> pd.DataFrame:
    """Single limits (单户额度): of kind single, or of kind product without a limit above; never low-risk ones."""
    alone = (limits.kind_code == "product") & (limits.parent_limit_no.isna() | (limits.parent_limit_no == ""))
    return limits[(limits.entity == "corporate") & ((limits.kind_code == "single") | alone) & ~limits.is_low_risk]


def securities(bank: Bank) -> pd.DataFrame:
    """Securities in force of companies' contracts; the customer is the debtor, `provider` who gives it."""
    every = bank.dwd("collateral").rename(columns={"customer_id": "provider", "entity": "provider_entity"})
    day = bank.day
    live = every[(every.from_date <= day) & (every.to_date >= day) & (every.status_code == "live")]
    return live.merge(contracts(bank)[["contract_no", "customer_id"]], on="contract_no")


def balances(bank: Bank, kind: str) -> pd.DataFrame:
    """Balances of companies' accounts at the end of the day: demand (with call), term, cd or margin."""
    rows = bank.dwd("account_balance_daily")
    return rows[(rows.entity == "corporate") & (rows.bal_date == bank.day) & (rows["prod"] == kind)]


def free_demand(bank: Bank, customers: pd.Index) -> pd.Series:
    """Demand and call balance at the end of the day, less what is frozen of it."""
    rows = balances(bank, "demand")
    return total(rows.assign(free=rows.bal - rows.frozen_amt), "free", customers)
