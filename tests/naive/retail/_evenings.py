"""All that some persons have in the bank at the end of each day, as far as it is needed to see whether a pay stays."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY


def evenings(bank: Bank, persons: pd.Index) -> pd.Series:
    """AUM in cents by customer and day: deposits without margin, holdings at market value, and money in transit."""
    balances, holdings = bank.dwd("account_balance_daily"), bank.dwd("holding")
    deposits = balances[balances["prod"].isin(["demand", "term", "cd"])]
    parts = [
        deposits[["customer_id", "bal_date", "bal"]].set_axis(["customer_id", "day", "amt"], axis=1),
        holdings[["customer_id", "hold_date", "market_amt"]].set_axis(["customer_id", "day", "amt"], axis=1),
        _transit(bank),
    ]
    rows = pd.concat([part[part.customer_id.isin(persons)] for part in parts])
    return rows.groupby(["customer_id", "day"]).amt.sum()


def _transit(bank: Bank) -> pd.DataFrame:
    """A row for each evening on which a paid order is no holding yet, or a redeemed one is not paid yet."""
    orders = bank.dwd("order")
    orders = orders[orders.status_code != "failed"]
    bought = orders[orders.order_type.isin(["sub", "sip"])]
    sold = orders[orders.order_type == "red"].dropna(subset="confirm_date")
    bought = bought.assign(start=bought.order_date, end=bought.confirm_date)
    spans = pd.concat([bought, sold.assign(start=sold.confirm_date, end=sold.settle_date)])
    last = spans.end.fillna(bank.day + DAY) - DAY
    days = [pd.date_range(start, min(end, bank.day)) for start, end in zip(spans.start, last, strict=True)]
    return spans.assign(day=days).explode("day").dropna(subset="day")[["customer_id", "day", "amt"]]
