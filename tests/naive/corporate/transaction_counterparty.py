"""Corporate, transaction: the counterparties of settlement: how many, which are new, and how much hangs on few."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate._settlement import amount, counted, settlements
from tests.naive.fold import DAY, divided, inside, per_customer, rounded
from tests.naive.tally import different, number, total, without

WAYS = ["in", "out"]


def tags(bank: Bank) -> pd.DataFrame:
    day, customers = bank.day, bank.customers("corporate")
    known = {way: settlements(bank, way).dropna(subset="cp_key") for way in WAYS}
    found = {}
    for way, legs in known.items():
        found |= {f"stl_{way}_cp_{name}": tag for name, tag in who(legs, day, customers).items()}
    for name in ["90d", "365d"]:
        found |= {f"stl_cp_{what}_{name}": tag for what, tag in shares(known["in"], name, day, customers).items()}
        paid = shares(known["out"], name, day, customers)
        found |= {f"stl_out_cp_{what}_{name}": paid[what] for what in ("top10_ratio", "top1_ratio")}
    recent_in, recent_out = (pairs(known[way], day - 89 * DAY, day) for way in WAYS)
    found["stl_cp_both_cnt_90d"] = number(recent_in.merge(recent_out), customers)
    return pd.DataFrame(found | new_payers(bank, known["in"], customers), index=customers)


def pairs(legs: pd.DataFrame, begin: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Customer and counterparty, once, with a movement from a day to another; reversals left out."""
    rows = counted(legs)
    return rows[(rows.acct_date >= begin) & (rows.acct_date <= end)][["customer_id", "cp_key"]].drop_duplicates()


def who(legs: pd.DataFrame, day: pd.Timestamp, customers: pd.Index) -> dict[str, pd.Series]:
    """How many counterparties, new, lost, and customers of this bank."""
    recent, before = pairs(legs, day - 89 * DAY, day), pairs(legs, day - 179 * DAY, day - 90 * DAY)
    last90 = inside(legs, "acct_date", "90d", day)
    here = last90[last90.is_cp_customer]
    return {
        f"cnt_{name}": different(inside(counted(legs), "acct_date", name, day), "cp_key", customers)
        for name in ("30d", "90d", "365d")
    } | {
        "new_cnt_90d": number(without(recent, pairs(legs, day - 364 * DAY, day - 90 * DAY)), customers),
        "lost_cnt_90d": number(without(before, recent), customers),
        "here_cnt_90d": different(counted(here), "cp_key", customers),
        "here_ratio_90d": divided(total(here, "amt", customers), total(last90, "amt", customers), 4),
    }


def shares(legs: pd.DataFrame, name: str, day: pd.Timestamp, customers: pd.Index) -> dict[str, pd.Series]:
    """How much the largest counterparties have of the amount; only those with more than 0 count."""
    by_party = inside(legs, "acct_date", name, day).groupby(["customer_id", "cp_key"], as_index=False)["amt"].sum()
    by_party = by_party[by_party.amt > 0].sort_values("amt", ascending=False)
    whole = per_customer(by_party, "amt", "sum", customers)
    largest = by_party.groupby("customer_id")["amt"]
    return {
        "top10_ratio": divided(largest.apply(lambda amounts: amounts.head(10).sum()).reindex(customers), whole, 4),
        "top1_ratio": divided(largest.max().reindex(customers), whole, 4),
        "hhi": largest.agg(herfindahl).reindex(customers).astype("Int64"),
    }


def herfindahl(amounts: pd.Series) -> int:
    """Squared shares, each share to 8 decimals, summed; in ten-thousandths."""
    whole = int(amounts.sum())
    squares = sum(rounded(Fraction(int(amt), whole) * 10**8) ** 2 for amt in amounts)
    return rounded(Fraction(squares, 10**12))


def new_payers(bank: Bank, legs: pd.DataFrame, customers: pd.Index) -> dict[str, pd.Series]:
    """Counterparties that paid for the first time, and much."""
    day = bank.day
    fresh = without(pairs(legs, day - 29 * DAY, day), pairs(legs, day - 364 * DAY, day - 30 * DAY))
    month = inside(legs, "acct_date", "30d", day)
    paid = month.groupby(["customer_id", "cp_key"], as_index=False)["amt"].sum().merge(fresh)
    year = paid.customer_id.map(amount(settlements(bank, "in"), "l12m", day, customers))
    least = int(bank.parameter("cp_newlarge_amt")) * 100
    share = Fraction(bank.parameter("cp_newlarge_ratio"))
    enough = [amt >= least and amt * 12 >= share * int(of_year) for amt, of_year in zip(paid.amt, year, strict=True)]
    return {
        "stl_cp_newlarge_cnt_30d": number(paid[enough], customers),
        "stl_cp_newlarge_amt_sum_30d": total(paid[enough], "amt", customers),
    }
