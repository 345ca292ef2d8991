"""Customer assets: what the holdings of the business date are, cost and gained, how risky they are, and how prices moved them."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, divided, inside, per_customer, rounded
from tests.naive.retail import _assets as assets
from tests.naive.retail._assets import summed


def held(bank: Bank) -> pd.DataFrame:
    """The holdings of the business date with a market value: columns of dwd.holding and dwd.product, and their gain."""
    holdings = bank.dwd("holding").query("hold_date == @bank.day and market_amt > 0")
    products = bank.dwd("product")[["prod_id", "kind_code", "risk_level"]]
    return holdings.merge(products, on="prod_id", how="left").assign(gain=lambda rows: rows.market_amt - rows.cost_amt)


def by_product(rows: pd.DataFrame) -> pd.DataFrame:
    """Holdings of one customer in one product together."""
    keys = ["customer_id", "prod_id"]
    return rows.groupby(keys, as_index=False)[["market_amt", "cost_amt", "gain"]].sum()


def tags(bank: Bank) -> pd.DataFrame:
    """Tags of wm, fund, pm, tb and inv that look at holdings one by one, and the market's part of AUM."""
    rows, customers = held(bank), bank.customers("retail")
    lines = {"inv": rows} | {line: rows[rows.line_code == line] for line in ("wm", "fund", "pm", "tb")}
    found = {}
    for line, some in lines.items():
        cost = summed(some, "cost_amt", bank)
        gain = per_customer(some, "gain", "sum", customers)
        if line != "inv":
            found[f"{line}_cost_amt"] = cost
        if line != "tb":
            found[f"{line}_pnl_amt"] = gain
            found[f"{line}_pnl_ratio"] = divided(gain, cost, 4)
        found[f"{line}_prod_cnt"] = per_customer(some, "prod_id", "nunique", customers).fillna(0)
    found["inv_top_ratio"] = divided(
        per_customer(by_product(rows), "market_amt", "max", customers), summed(rows, "market_amt", bank), 4
    )
    found["inv_hold_days"] = (bank.day - per_customer(rows, "start_date", "min", customers)).dt.days
    found["wm_max_prod_amt"] = per_customer(by_product(lines["wm"]), "market_amt", "max", customers).fillna(0)
    lost = by_product(lines["fund"]).query("gain < 0")
    found["fund_loss_prod_cnt"] = per_customer(lost, "prod_id", "count", customers).fillna(0)
    for kind in ("money", "bond", "mixed", "equity"):
        found[f"fund_{kind}_bal"] = summed(lines["fund"].query("kind_code == @kind"), "market_amt", bank)
    for kind in ("closed", "open", "min_hold"):
        found[f"wm_{kind.replace('_', '')}_bal"] = summed(lines["wm"].query("kind_code == @kind"), "market_amt", bank)
    for kind in ("wm", "fund", "pm", "tb"):
        days = assets.totals(bank, (kind,)).query("bal > 0")
        found[f"{kind}_hold_days_ltd"] = per_customer(days, "day", "count", customers).fillna(0)
    found |= _redeemable(bank, lines["wm"]) | _risk(bank, rows) | _market(bank)
    return pd.DataFrame(found, index=customers)


def _redeemable(bank: Bank, wealth: pd.DataFrame) -> dict[str, pd.Series]:
    """Closed products mature, those with a minimum holding can be left from a day on, open ones have no such day."""
    free = wealth.due_date.where(wealth.kind_code == "closed", wealth.redeem_from_date.where(wealth.kind_code == "min_hold"))
    coming = wealth.assign(day=free, left=(free - bank.day).dt.days).query("left > 0")
    found = {"wm_next_redeemable_days": per_customer(coming, "left", "min", bank.customers("retail"))}
    for name in ("next7d", "next30d", "next90d"):
        found[f"wm_redeemable_amt_{name}"] = summed(inside(coming, "day", name, bank.day), "market_amt", bank)
    return found


def _risk(bank: Bank, rows: pd.DataFrame) -> dict[str, pd.Series]:
    customers = bank.customers("retail")
    tests = bank.dwd("risk_test").query("not is_revoked").sort_values(["test_date", "result_level"], ascending=[True, False])
    result = tests.groupby("customer_id")["result_level"].last()
    above = rows[rows.risk_level > rows.customer_id.map(result).astype("Int64")]
    return {
        "inv_risk_level_max_code": per_customer(rows, "risk_level", "max", customers),
        "inv_high_risk_ratio": divided(
            summed(rows[rows.risk_level >= 4], "market_amt", bank), summed(rows, "market_amt", bank), 4
        ),
        "inv_over_tolerance_amt": summed(above, "market_amt", bank),
    }


def _market(bank: Bank) -> dict[str, pd.Series]:
    """Units at the end of the day of a price, times what the price moved; it counts on the day that it first values."""
    holdings = bank.dwd("holding")[["customer_id", "prod_id", "line_code", "hold_date", "units"]]
    moved = holdings.merge(bank.dwd("price"), left_on=["prod_id", "hold_date"], right_on=["prod_id", "price_date"])
    moved["move"] = moved.units * (moved.price - moved.prev_price)
    moved["day"] = moved.price_date.where(~moved.line_code.isin(["fund", "trust"]), moved.price_date + DAY)
    this_year = inside(moved, "day", "ytd", bank.day)
    has_any = bank.customers("retail").isin(this_year.customer_id)
    found = {}
    for name in ("mtd", "ytd"):
        sums = summed(inside(this_year, "day", name, bank.day), "move", bank)
        # Units and prices have four decimals each.
        cents = [rounded(Fraction(int(value), 10**6)) for value in sums]
        found[f"aum_market_amt_sum_{name}"] = pd.Series(cents, index=sums.index, dtype="Int64").where(has_any)
    return found
