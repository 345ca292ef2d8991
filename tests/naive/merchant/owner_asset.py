"""What the owner of a merchant has at the bank."""

from __future__ import annotations

from functools import cache

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import base, days_of, divided, window
from tests.naive.merchant._rows import of_owner
from tests.naive.tally import code_of


@cache
def tags(bank: Bank) -> pd.DataFrame:
    """owner_dep_…, owner_inv_…, owner_asset_…"""
    daily, hold = bank.dwd("account_balance_daily"), bank.dwd("holding")
    # Margin is a product of its own.
    daily = daily[daily["prod"].isin(["demand", "term", "cd"])]

    def at(day: pd.Timestamp, rows: pd.DataFrame = daily) -> pd.Series:
        return of_owner(bank, rows[rows.bal_date == day].groupby("customer_id").bal.sum())

    first, last = window("lm", bank.day)
    month = of_owner(bank, daily[daily.bal_date.between(first, last)].groupby("customer_id").bal.sum())
    deposits = at(bank.day)
    invested = of_owner(bank, hold[hold.hold_date == bank.day].groupby("customer_id").market_amt.sum())
    found = {
        "owner_dep_bal": deposits,
        "owner_dep_demand_bal": at(bank.day, daily[daily["prod"] == "demand"]),
        "owner_dep_chg_bom": deposits - at(base("bom", bank.day)),
        "owner_dep_davg_lm": divided(month, days_of("lm", bank.day)),
        "owner_inv_bal": invested,
        "owner_asset_bal": deposits + invested,
        "owner_asset_band_code": code_of(bank, "dep_band", deposits + invested, unit=100),
    }
    return pd.DataFrame(found, index=bank.customers("merchant"))
