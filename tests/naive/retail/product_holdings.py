"""Investment products held now and ever, and the orders for them."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import inside
from tests.naive.tally import days, different, first, has, last, number

LINES = ["wm", "fund", "pm", "tb", "trust"]
# How many wealth products and funds are held stands among the assets.
COUNTED = ["pm", "tb", "trust"]


def held(bank: Bank) -> pd.DataFrame:
    """The holdings of all days up to the business date whose market value is above 0."""
    rows = bank.dwd("holding")
    return rows[(rows.market_amt > 0) & (rows.hold_date <= bank.day)]


def products_held(bank: Bank) -> pd.DataFrame:
    """Customer, line and product: since when it is held (else seen), for every product ever held."""
    by_product = held(bank).groupby(["customer_id", "line_code", "prod_id"])
    days = by_product.agg(start=("start_date", "min"), seen=("hold_date", "min")).reset_index()
    return days.assign(since=days.start.fillna(days.seen))


def tags(bank: Bank) -> pd.DataFrame:
    customers, day, told = bank.customers("retail"), bank.day, {}
    all_days, products = held(bank), products_held(bank)
    for line in LINES:
        rows, ever = all_days[all_days.line_code == line], products[products.line_code == line]
        now, newest = rows[rows.hold_date == day], last(rows, "hold_date", customers)
        told |= {
            f"prod_has_{line}_hold": has(now, customers),
            f"prod_{line}_first_date": first(ever, "since", customers),
            f"prod_{line}_last_date": newest,
            f"prod_{line}_idle_days": days(newest, day).where(~has(now, customers)),
            f"prod_{line}_cnt_ltd": different(ever, "prod_id", customers),
            f"prod_{line}_new_cnt_365d": number(inside(ever, "since", "365d", day), customers),
            f"prod_{line}_is_lapsed": has(rows, customers) & ~has(now, customers),
        }
        if line in COUNTED:
            told[f"prod_{line}_cnt"] = different(now, "prod_id", customers)
    return pd.DataFrame(told | _orders(bank))


def _orders(bank: Bank) -> dict[str, pd.Series]:
    customers, orders = bank.customers("retail"), bank.dwd("order")
    orders = orders[orders.order_date <= bank.day]
    plans = orders[orders.order_type == "sip"]
    bought = orders[(orders.order_type == "sub") & (orders.status_code != "failed")]
    in_order = bought.sort_values(["order_date", "order_no"])
    newest = in_order.drop_duplicates("customer_id", keep="last").set_index("customer_id")
    return {
        "prod_sip_cnt_90d": different(inside(plans, "order_date", "90d", bank.day), "prod_id", customers),
        "prod_sip_first_date": first(plans, "order_date", customers),
        "prod_order_first_date": first(bought, "order_date", customers),
        "prod_order_last_date": newest.order_date.reindex(customers),
        "prod_order_last_line_code": newest.line_code.reindex(customers),
    }
