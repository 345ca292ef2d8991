"""Tags of wages: whether, since when and how much a person is paid through the bank, by whom, and what of it stays."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, divided, inside, per_customer, rounded
from tests.naive.retail._evenings import evenings
from tests.naive.retail._flows import Tags
from tests.naive.retail._pay import payments
from tests.naive.retail.transaction_posting import lower_median


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


def wages(bank: Bank) -> pd.DataFrame:
    """Wages paid, also to people who are no customers, with the `month` that each is the pay of.

    An employer that pays early in a month pays at the end of the month before when its day is a holiday.
    """
    paid = payments(bank)
    paid = paid[paid.pay_type == "wage"]
    month, usual = paid.day.dt.to_period("M"), paid.payer_id.map(usual_days(bank))
    early_day, forward_day = int(bank.parameter("pay_early_day")), int(bank.parameter("pay_forward_day"))
    forward = (usual <= early_day) & (paid.day.dt.day >= forward_day)
    return paid.assign(month=month.where(~forward, month + 1))


def usual_days(bank: Bank) -> pd.Series:
    """The day of the month on which each employer paid its people in the last year, in the middle of all its wages."""
    paid = payments(bank)
    year = inside(paid[paid.pay_type == "wage"], "day", "365d", bank.day)
    return year.assign(number=year.day.dt.day).groupby("payer_id").number.agg(lower_median)


def last_wages(bank: Bank) -> pd.DataFrame:
    """The latest wage of each person, the largest if there are several on the day."""
    return wages(bank).sort_values(["day", "amt"]).groupby("customer_id").last()


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
    customers, paid = bank.customers("retail"), wages(bank)
    sums = paid.groupby(["customer_id", "month"]).amt.sum().reset_index()
    running = bank.day.to_period("M")

    def months(first: int, last: int = 1) -> pd.DataFrame:
        return sums[(sums.month >= running - first) & (sums.month <= running - last)]

    def of(rows: pd.DataFrame, how: object) -> pd.Series:
        return per_customer(rows, "amt", how, customers).astype("Int64")

    median = of(months(3), lower_median)
    return {
        "pay_amt_median_l3m": median,
        "pay_amt_median_l6m": of(months(6), lower_median),
        "pay_jump_ratio_l3m": divided(median, of(months(9, 4), lower_median), 4),
        "pay_month_min_amt_l12m": of(months(12), "min"),
        "pay_month_cnt_l3m": of(months(3), "count").fillna(0),
        "pay_month_cnt_l12m": of(months(12), "count").fillna(0),
    }


def _employer(bank: Bank) -> Tags:
    """What the payer of the latest wage does: on which day, to how many, and whether it goes on without this customer."""
    customers, paid, last = bank.customers("retail"), wages(bank), last_wages(bank)
    heads = inside(paid, "day", "365d", bank.day).groupby("payer_id").customer_id.nunique()
    usual, latest = last.payer_id.map(usual_days(bank)), last.payer_id.map(paid.groupby("payer_id").month.max())
    awaited = (last.month + 1).dt.start_time
    awaited = (awaited + (usual - 1) * DAY).where(usual <= awaited.dt.days_in_month, awaited + pd.offsets.MonthEnd(1))
    late = (bank.day - awaited).dt.days.clip(lower=0)
    return {
        "pay_usual_day": usual.reindex(customers).astype("Int64"),
        "pay_payer_head_cnt": last.payer_id.map(heads).reindex(customers).astype("Int64"),
        # An employer that paid nobody in the last year has no usual day: nothing is awaited of it.
        "pay_stop_days": late.where(latest > last.month, 0).fillna(0).reindex(customers).astype("Int64"),
    }


def _stays(bank: Bank) -> pd.Series:
    """Of each of the last three pays, a week old: the least that AUM rose by in the days 1 to 7, as a share of the pay."""
    customers, paid = bank.customers("retail"), inside(wages(bank), "day", "l3m", bank.day)
    pays = paid[paid.day + 7 * DAY <= bank.day].groupby(["customer_id", "day"]).amt.sum().reset_index()
    wealth = evenings(bank, pd.Index(pays.customer_id))

    def kept(who: str, day: pd.Timestamp, amt: int) -> Fraction:
        rise = min(wealth.get((who, day + step * DAY), 0) for step in range(1, 8)) - wealth.get((who, day - DAY), 0)
        return min(Fraction(1), max(Fraction(0), Fraction(int(rise), int(amt))))

    found = {}
    for who, events in pays[pays.amt > 0].sort_values("day").groupby("customer_id"):
        ratios = [kept(who, day, amt) for day, amt in events[["day", "amt"]].tail(3).itertuples(index=False)]
        found[who] = rounded(sum(ratios) / len(ratios) * 10_000)
    return pd.Series(found, dtype="Int64").reindex(customers)
