"""Customer assets: orders of wealth products and funds."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import inside
from tests.naive.retail._assets import summed

ORDERS = {
    "wm": (["sub", "red"], ["amt_sum", "amt_max", "cnt"]),
    "fund": (["sub", "red", "sip", "div"], ["amt_sum", "cnt"]),
}
HOW = {"amt_sum": "sum", "amt_max": "max", "cnt": "count"}


def tags(bank: Bank) -> pd.DataFrame:
    """wm_sub_…, wm_red_…, fund_sub_…, fund_red_…, fund_sip_…, fund_div_…"""
    orders, customers = bank.dwd("order"), bank.customers("retail")
    # A redemption counts on the day on which its money arrives, everything else on the day of confirmation.
    orders = orders.assign(day=orders.confirm_date.where(orders.order_type != "red", orders.settle_date))
    found = {}
    for line, (kinds, measures) in ORDERS.items():
        for kind in kinds:
            done = orders[(orders.line_code == line) & (orders.order_type == kind)].dropna(subset=["day"])
            for name in ("30d", "90d", "365d"):
                rows = inside(done, "day", name, bank.day).groupby("customer_id")["amt"]
                for measure in measures:
                    found[f"{line}_{kind}_{measure}_{name}"] = rows.agg(HOW[measure]).reindex(customers).fillna(0)
    # A failed deduction is never confirmed: it counts on the day on which it was tried.
    tried = orders[(orders.line_code == "fund") & (orders.order_type == "sip")]
    tried = tried.assign(failed=tried.status_code == "failed", day=tried.day.fillna(tried.order_date))
    tried = tried[tried.failed | tried.confirm_date.notna()]
    for name in ("l3m", "l12m"):
        rows = inside(tried, "day", name, bank.day)
        has_plan = customers.isin(rows.customer_id)
        found[f"fund_sip_fail_cnt_{name}"] = summed(rows[rows.failed], "failed", bank).where(has_plan)
    return pd.DataFrame(found, index=customers)
