"""What several readings of companies need: rows in force, bands by cut points, deposits, loans and exposure of a day."""

from __future__ import annotations

from functools import cache

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import inside
from tests.naive.tally import total

BACKED = ["accept", "guarantee", "lc"]


def companies(bank: Bank) -> pd.DataFrame:
    """What the customer file says of each company of record."""
    return bank.dwd("company").set_index("customer_id").reindex(bank.customers("corporate"))


def of_companies(bank: Bank, table: str) -> pd.DataFrame:
    """The rows of a table whose customer is a company."""
    rows = bank.dwd(table)
    return rows[(rows.entity == "corporate").fillna(False)]


def latest(rows: pd.DataFrame, by: list[str], customers: pd.Index) -> pd.DataFrame:
    """The last row of each customer in the order of some columns; NA where there is none."""
    return rows.sort_values(by).groupby("customer_id").tail(1).set_index("customer_id").reindex(customers)


@cache
def deposits(bank: Bank) -> pd.DataFrame:
    """Balances of accounts of companies at the end of each day, with kind and nature of the account; margin is in."""
    accounts = bank.dwd("account")[["acct_no", "kind_code"]]
    return of_companies(bank, "account_balance_daily").merge(accounts, on="acct_no", how="left", validate="many_to_one")


def by_day(rows: pd.DataFrame, column: str = "bal", date: str = "bal_date") -> pd.DataFrame:
    """Rows of accounts or notes summed: a row is a customer and a day on record."""
    return rows.groupby(["customer_id", date], as_index=False)[column].sum().rename(columns={date: "day", column: "bal"})


@cache
def balances(bank: Bank) -> pd.DataFrame:
    """Deposits without margin of each company and day on record."""
    rows = deposits(bank)
    return by_day(rows[rows["prod"] != "margin"])


@cache
def notes(bank: Bank) -> pd.DataFrame:
    """Loan notes of companies at the end of each day on which they are on the books."""
    return of_companies(bank, "loan_note")


def notes_at(bank: Bank, day: pd.Timestamp) -> pd.DataFrame:
    """Loan notes of companies on the books at the end of a day."""
    rows = notes(bank)
    return rows[rows.bal_date == day]


def at(daily: pd.DataFrame, day: pd.Timestamp, customers: pd.Index) -> pd.Series:
    """The balance at the end of a day, 0 where there is none."""
    return total(daily[daily.day == day], "bal", customers)


def over(daily: pd.DataFrame, name: str, day: pd.Timestamp, customers: pd.Index) -> pd.Series:
    """End-of-day balances summed over a window."""
    return total(inside(daily, "day", name, day), "bal", customers)


def loan_bal(bank: Bank) -> pd.Series:
    """Principal of notes at the business date."""
    return total(notes_at(bank, bank.day), "principal_amt", bank.customers("corporate"))


def exposure(bank: Bank) -> pd.Series:
    """Principal + face less margin (at least 0 each) of live acceptances, guarantees, letters of credit + advances."""
    customers = bank.customers("corporate")
    business = of_companies(bank, "off_balance")
    backed = business[(business.status_code == "live") & business.kind_code.isin(BACKED)]
    open_part = backed.assign(bare=(backed.face_amt - backed.margin_amt).clip(lower=0))
    return loan_bal(bank) + total(open_part, "bare", customers) + total(business, "adv_amt", customers)


def dpd_at(bank: Bank) -> pd.Series:
    """Most days past due over the notes at the business date, 0 without a note."""
    worst = notes_at(bank, bank.day).groupby("customer_id").dpd.max()
    return worst.reindex(bank.customers("corporate")).fillna(0).astype("Int64")


def guarantees_given(bank: Bank) -> pd.DataFrame:
    """Guarantees in force of companies for loan contracts of other companies; debtor_id is whose contract it is."""
    held = of_companies(bank, "collateral")
    # Unlike a tie, a guarantee still holds on its last day.
    held = held[(held.kind_code == "guarantee") & (held.status_code == "live") & (held.from_date <= bank.day)]
    held = held[held.to_date.isna() | (held.to_date >= bank.day)]
    contracts = of_companies(bank, "loan_contract")[["contract_no", "customer_id"]]
    given = held.merge(contracts.rename(columns={"customer_id": "debtor_id"}), on="contract_no")
    return given[given.customer_id != given.debtor_id]
