"""Customer assets: what came from outside and went there, and what moved between this bank's customers."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import inside
from tests.naive.retail._assets import summed


def tags(bank: Bank) -> pd.DataFrame:
    """aum_ext_net_… and aum_samebank_net_…"""
    legs = bank.dwd("transaction")
    # Pairs that were undone on their own day never happened.
    legs = legs[(legs.entity == "retail") & ~legs.is_void]
    legs = legs.assign(net=legs.amt.where(legs.direction == "in", -legs.amt))
    flows = {
        "ext": legs[~legs.cp_class.isin(["own", "same_bank_other"]) & (legs.purpose != "interest")],
        "samebank": legs[legs.cp_class == "same_bank_other"],
    }
    return pd.DataFrame(
        {
            f"aum_{flow}_net_amt_sum_{name}": summed(inside(rows, "acct_date", name, bank.day), "net", bank)
            for flow, rows in flows.items()
            for name in ("mtd", "30d", "90d")
        },
        index=bank.customers("retail"),
    )
