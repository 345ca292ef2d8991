"""Payments of the bank's payroll system to persons, and what wages say: whose month, how much a month, whether they stop."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, inside, lower_median


def payments(bank: Bank) -> pd.DataFrame:
    """Every payment up to the day that was paid out."""
    details = bank.dwd("pay_detail")
    kept = details[(details.result_code == "ok") & (details.pay_date <= bank.day)]
    return kept.assign(day=kept.pay_date, is_item=True, is_self=False)


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


def of_months(bank: Bank, how: object, first: int, last: int = 1) -> pd.Series:
    """Wages summed per month of pay and folded over the months that had pay, from so many months ago to so many."""
    paid, running = wages(bank), bank.day.to_period("M")
    paid = paid[(paid.month >= running - first) & (paid.month <= running - last)]
    sums = paid.groupby(["customer_id", "month"]).amt.sum()
    return sums.groupby("customer_id").agg(how).reindex(bank.customers("retail")).astype("Int64")


def stop_days(bank: Bank) -> pd.Series:
    """Days since the employer's usual day in the month after the last pay; 0 where the employer has paid nobody since."""
    paid, last = wages(bank), last_wages(bank)
    usual, latest = last.payer_id.map(usual_days(bank)), last.payer_id.map(paid.groupby("payer_id").month.max())
    awaited = (last.month + 1).dt.start_time
    awaited = (awaited + (usual - 1) * DAY).where(usual <= awaited.dt.days_in_month, awaited + pd.offsets.MonthEnd(1))
    late = (bank.day - awaited).dt.days.clip(lower=0)
    # An employer that paid nobody in the last year has no usual day: nothing is awaited of it.
    return late.where(latest > last.month, 0).fillna(0).reindex(bank.customers("retail")).astype("Int64")
