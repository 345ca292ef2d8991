"""Customer assets: balances, base points, changes, day averages and extremes of each kind of asset and of AUM."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import base
from tests.naive.retail import _assets as assets

# family: what it adds up; its windows of day averages; its base points; its extremes.
FAMILIES = {
    "aum": (assets.KINDS, "30d 90d 365d mtd qtd ytd lm lq l3m", "bom boq boy", "bal_max_90d bal_min_90d peak_amt_l12m"),
    "dep": (
        assets.DEPOSITS, "30d 90d 180d 365d mtd qtd ytd lm lq l3m", "bom boq boy",
        "bal_max_90d bal_min_90d bal_max_365d bal_min_365d",
    ),
    **{f"dep_{kind}": ([kind], "30d 90d 365d mtd ytd lm", "bom boy", "") for kind in assets.DEPOSITS},
    **{kind: ([kind], "30d 90d 365d mtd qtd ytd lm l3m", "bom boq boy", "bal_max_365d") for kind in ("wm", "fund")},
    **{kind: ([kind], "30d 90d mtd ytd lm", "bom boy", "bal_max_365d") for kind in ("pm", "tb")},
}


def tags(bank: Bank) -> pd.DataFrame:
    """Tags of the families aum, dep, wm, fund, pm and tb that are a balance or are made of balances, and those of inv."""
    found = {}
    for family, (kinds, windows, bases, extremes) in FAMILIES.items():
        rows = assets.totals(bank, tuple(kinds))
        found[f"{family}_bal"] = assets.balance(rows, bank.day, bank)
        found[f"{family}_chg_30d"] = assets.change(rows, "30d", bank)
        for name in bases.split():
            found[f"{family}_bal_{name}"] = assets.balance(rows, base(name, bank.day), bank)
            if name != "boq":
                found[f"{family}_chg_{name}"] = assets.change(rows, name, bank)
        for name in windows.split():
            found[f"{family}_davg_{name}"] = assets.day_average(rows, name, bank)
        for extreme in extremes.split():
            measure, _, name = extreme.rpartition("_")
            how = "min" if measure == "bal_min" else "max"
            found[f"{family}_{extreme}"] = assets.extreme(rows, how, name, bank)
    found["inv_trust_bal"] = assets.balance(assets.totals(bank, ("trust",)), bank.day, bank)
    transit = assets.totals(bank, ("transit",))
    found["inv_transit_bal"] = assets.balance(transit, bank.day, bank)
    for name in ("30d", "lm"):
        found[f"inv_transit_davg_{name}"] = assets.day_average(transit, name, bank)
    return pd.DataFrame(found, index=bank.customers("retail"))
