"""Value: what a customer contributed to the bank, by the months that finance has closed."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import divided, inside, per_customer
from tests.naive.retail._person import counted
from tests.naive.retail._wealth import day_average, ends
from tests.naive.tally import code_of


def tags(bank: Bank) -> pd.DataFrame:
    customers, day = bank.customers("retail"), bank.day
    rows = bank.dwd("contribution")
    rows = rows[rows.customer_id.isin(customers) & (rows.month_end <= day)]
    found = {}
    for part in ("net", "ftp", "fee", "cost", "provision"):
        for name in ("lm", "l3m", "l12m", "ytd"):
            found[f"val_contrib_{part}_amt_sum_{name}"] = _total(inside(rows, "month_end", name, day), f"{part}_amt", customers)
    year = inside(rows, "month_end", "l12m", day)
    for side in ("dep", "loan"):
        found[f"val_contrib_{side}_amt_sum_l12m"] = _total(year[year.side_code == side], "net_amt", customers)
    months = year.groupby(["customer_id", "month_end"], as_index=False).net_amt.sum()
    net = found["val_contrib_net_amt_sum_l12m"]
    average = day_average(ends(bank), "365d", day)
    return pd.DataFrame(found | {
        "val_contrib_month_cnt_l12m": counted(months[months.net_amt > 0], customers),
        "val_contrib_last_date": per_customer(rows, "month_end", "max", customers),
        "val_contrib_band_code": code_of(bank, "contrib_band", net, 100),
        "val_contrib_aum_bp": divided(net * 10_000, average, 4).mask((average < 100) | ~customers.isin(rows.customer_id)),
    })  # fmt: skip


def _total(rows: pd.DataFrame, column: str, customers: pd.Index) -> pd.Series:
    return per_customer(rows, column, "sum", customers).fillna(0)
