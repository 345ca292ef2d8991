"""The family pay: what the bank's payroll system paid out to a person, in all and by kind of pay."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.retail._flows import folded, sliced
from tests.naive.retail._pay import payments

TYPES = ["wage", "bonus", "pension", "social", "reimburse", "other"]


def tags(bank: Bank) -> pd.DataFrame:
    """All tags that fold the payments to a person over a window."""
    rows = payments(bank)
    found = folded(bank, rows, "pay", ["amt_sum", "amt_max", "cnt"], ["90d", "ytd", "lm", "l3m", "l6m", "l12m"])
    for kind in TYPES:
        found |= folded(bank, sliced(rows, "pay_type", kind, TYPES), f"pay_{kind}", ["amt_sum", "cnt"], ["ytd", "l12m"])
    wages = rows[rows.pay_type == "wage"]
    found |= folded(bank, wages, "pay_wage", ["amt_sum", "amt_max", "cnt"], ["lm", "l3m", "l6m"])
    found |= folded(bank, wages, "pay_wage", ["first_date", "last_date"], ["ltd"])
    return pd.DataFrame(found)
