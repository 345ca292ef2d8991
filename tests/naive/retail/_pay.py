"""Payments of the bank's payroll system to persons."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank


def payments(bank: Bank) -> pd.DataFrame:
    """Every payment up to the day that was paid out."""
    details = bank.dwd("pay_detail")
    kept = details[(details.result_code == "ok") & (details.pay_date <= bank.day)]
    return kept.assign(day=kept.pay_date, is_item=True, is_self=False)
