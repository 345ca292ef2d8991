"""Corporate, transaction: money in and out, all of it and settlement, by purpose, counterparty and channel."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate._settlement import amount, counted, movements, settlements
from tests.naive.fold import inside
from tests.naive.tally import different, highest, number

# The purposes that have tags, by direction; every other one is `other`.
PURPOSES = {
    "in": {"interest": "interest", "transfer": "remit"},
    "out": {"fee": "fee", "loan": "loan", "tax": "tax", "transfer": "remit"},
}
PARTIES = {
    "in": {"same_bank_other": "samebank", "other_bank_other": "otherbank", "third_pay": "thirdpay"},
    "out": {"same_bank_other": "samebank", "other_bank_other": "otherbank", "government": "gov"},
}
CHANNELS = ["mbank", "ebank", "counter", "direct"]


def tags(bank: Bank) -> pd.DataFrame:
    day, customers, legs, found = bank.day, bank.customers("corporate"), movements(bank), {}

    def items(rows: pd.DataFrame, name: str) -> pd.Series:
        return number(inside(counted(rows), "acct_date", name, day), customers)

    for direction in ["in", "out"]:
        rows, settled = legs[legs.direction == direction], settlements(bank, direction)
        for name in ["30d", "90d", "l12m"]:
            found[f"txn_{direction}_amt_sum_{name}"] = amount(rows, name, day, customers)
            found[f"txn_{direction}_cnt_{name}"] = items(rows, name)
        for name in ["30d", "90d", "180d", "365d", "mtd", "ytd", "lm", "l3m", "l12m"]:
            found[f"stl_{direction}_amt_sum_{name}"] = amount(settled, name, day, customers)
        for name in ["30d", "90d", "365d", "lm", "l3m", "l12m"]:
            found[f"stl_{direction}_cnt_{name}"] = items(settled, name)
        for name in ["90d", "l12m"]:
            for purpose, part in parts(rows, rows.purpose.map(PURPOSES[direction]), "other").items():
                found[f"txn_{direction}_{purpose}_amt_sum_{name}"] = amount(part, name, day, customers)
            for party, code in {"samename": "other_bank_same_name", "group": "group"}.items():
                found[f"txn_{direction}_{party}_amt_sum_{name}"] = amount(rows[rows.cp == code], name, day, customers)
            for party, part in parts(settled, settled.cp.map(PARTIES[direction]), "cpother").items():
                found[f"stl_{direction}_{party}_amt_sum_{name}"] = amount(part, name, day, customers)
            single = inside(counted(settled), "acct_date", name, day)
            found[f"stl_{direction}_amt_max_{name}"] = highest(single, "amt", customers)
            found[f"stl_{direction}_day_cnt_{name}"] = different(single, "acct_date", customers)
    paid = settlements(bank, "out")
    for channel, part in parts(paid, paid.channel.where(paid.channel.isin(CHANNELS)), "other").items():
        found[f"stl_{channel}_out_amt_sum_90d"] = amount(part, "90d", day, customers)
        found[f"stl_{channel}_out_cnt_90d"] = items(part, "90d")
    return pd.DataFrame(found, index=customers)


def parts(rows: pd.DataFrame, names: pd.Series, rest: str) -> dict[str, pd.DataFrame]:
    """Rows by name, and under `rest` those without one: together they are all rows."""
    names = names.fillna(rest)
    return {name: rows[names == name] for name in [*names.unique(), rest]}
