"""Tags of wages: whether, since when and how much a person is paid through the bank, by whom, and what of it stays."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, divided, inside, lower_median, per_customer, rounded
from tests.naive.retail._assets import totals
from tests.naive.retail._flows import Tags
from tests.naive.retail._pay import last_wages, of_months, payments, stop_days, usual_days, wages


def tags(bank: Bank) -> pd.DataFrame:
    """All tags of wages that are no plain fold."""
    return pd.DataFrame(_source(bank) | _months(bank) | _employer(bank) | {"pay_stay_ratio_7d": _stays(bank)})


def _source(bank: Bank) -> Tags:
    customers = bank.customers("retail")
    lately = inside(payments(bank), "day", f"{bank.parameter('pay_source_days')}d", bank.day)
    waged, paid = lately[lately.pay_type == "wage"], lately[lately.pay_type.isin(["pension", "social"])]
    source = pd.Series(0, index=customers, dtype="Int64")
    source[customers.isin(paid.customer_id)] = 3
    source[customers.isin(waged.customer_id)] = 1
    last = last_wages(bank).reindex(customers)
    start = wages(bank).groupby("customer_id").day.agg(episode_start, gap=int(bank.parameter("pay_episode_gap_days")))
    return {
        "pay_source_code": source,
        "pay_start_date": start.reindex(customers).where(source == 1),
        "pay_last_date": last.day,
        "pay_last_amt": last.amt,
        "pay_idle_days": (bank.day - last.day).dt.days.astype("Int64"),
        "pay_payer_cnt_l6m": per_customer(waged, "payer_id", "nunique", customers).astype("Int64").fillna(0),
    }


def episode_start(days: pd.Series, gap: int) -> pd.Timestamp:
    """The first of the days that follow each other with no pause longer than a gap, back from the last."""
    start = days.max()
    for day in sorted(days, reverse=True):
        if (start - day).days > gap:
            break
        start = day
    return start


def _months(bank: Bank) -> Tags:
    """What folds the sums of wages per month of pay, over the months before the running one that had pay."""
    median = of_months(bank, lower_median, 3)
    return {
        "pay_amt_median_l3m": median,
        "pay_amt_median_l6m": of_months(bank, lower_median, 6),
        "pay_jump_ratio_l3m": divided(median, of_months(bank, lower_median, 9, 4), 4),
        "pay_month_min_amt_l12m": of_months(bank, "min", 12),
        "pay_month_cnt_l3m": of_months(bank, "count", 3).fillna(0),
        "pay_month_cnt_l12m": of_months(bank, "count", 12).fillna(0),
    }


def _employer(bank: Bank) -> Tags:
    """What the payer of the latest wage does: on which day, to how many, and whether it goes on without this customer."""
    customers, last = bank.customers("retail"), last_wages(bank)
    heads = inside(wages(bank), "day", "365d", bank.day).groupby("payer_id").customer_id.nunique()
    return {
        "pay_usual_day": last.payer_id.map(usual_days(bank)).reindex(customers).astype("Int64"),
        "pay_payer_head_cnt": last.payer_id.map(heads).reindex(customers).astype("Int64"),
        "pay_stop_days": stop_days(bank),
    }


def _stays(bank: Bank) -> pd.Series:
    """Of each of the last three pays, a week old: the least that AUM rose by in the days 1 to 7, as a share of the pay."""
    customers, paid = bank.customers("retail"), inside(wages(bank), "day", "l3m", bank.day)
    pays = paid[paid.day + 7 * DAY <= bank.day].groupby(["customer_id", "day"]).amt.sum().reset_index()
    wealth = totals(bank).set_index(["customer_id", "day"]).bal.to_dict()

    def kept(who: str, day: pd.Timestamp, amt: int) -> Fraction:
        rise = min(wealth.get((who, day + step * DAY), 0) for step in range(1, 8)) - wealth.get((who, day - DAY), 0)
        return min(Fraction(1), max(Fraction(0), Fraction(int(rise), int(amt))))

    found = {}
    for who, events in pays[pays.amt > 0].sort_values("day").groupby("customer_id"):
        ratios = [kept(who, day, amt) for day, amt in events[["day", "amt"]].tail(3).itertuples(index=False)]
        found[who] = rounded(sum(ratios) / len(ratios) * 10_000)
    return pd.Series(found, dtype="Int64").reindex(customers)
