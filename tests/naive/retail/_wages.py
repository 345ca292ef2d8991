"""As much of the wages of a person as warnings need: a month's wage, and for how long none has come."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, inside

# An employer whose usual day is no later pays before the month, from this day on, when its day is a holiday.
EARLY_DAY, FORWARD_DAY = 10, 25


def wages(bank: Bank) -> pd.DataFrame:
    """Wages paid, also to people who are no customers, with the usual day of the payer and the month that each is the pay of."""
    paid = bank.dwd("pay_detail").query("pay_type == 'wage' and result_code == 'ok' and pay_date <= @bank.day")
    year = inside(paid, "pay_date", "365d", bank.day)
    usual = year.assign(number=year.pay_date.dt.day).groupby("payer_id")["number"].quantile(interpolation="lower")
    paid = paid.assign(usual=paid.payer_id.map(usual), month=paid.pay_date.dt.to_period("M"))
    forward = (paid.usual <= EARLY_DAY) & (paid.pay_date.dt.day >= FORWARD_DAY)
    return paid.assign(month=paid.month.where(~forward, paid.month + 1))


def last_wage(bank: Bank) -> pd.DataFrame:
    """The latest wage of each person, the largest of one day."""
    return wages(bank).sort_values(["pay_date", "amt"]).groupby("customer_id").last()


def median_wage(bank: Bank) -> pd.Series:
    """Cents a month: the (lower) median over the months with pay among the last three complete ones."""
    paid, running = wages(bank), bank.day.to_period("M")
    months = paid[(paid.month >= running - 3) & (paid.month < running)].groupby(["customer_id", "month"])["amt"].sum()
    median = months.groupby("customer_id").quantile(interpolation="lower")
    return median.reindex(bank.customers("retail")).astype("Int64")


def stop_days(bank: Bank) -> pd.Series:
    """Days since the employer's usual day in the month after the last pay; 0 where the employer has paid nobody since."""
    last = last_wage(bank)
    month = last.month + 1
    awaited = (month.dt.start_time + (last.usual - 1) * DAY).clip(upper=month.dt.end_time.dt.normalize())
    days = (bank.day - awaited).dt.days.clip(lower=0)
    latest = last.payer_id.map(wages(bank).groupby("payer_id")["month"].max())
    return days.where(latest > last.month, 0).fillna(0).reindex(bank.customers("retail"))
