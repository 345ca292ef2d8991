"""Leads about wages: a new payroll customer, a bonus or a jump."""

from __future__ import annotations

from functools import cache

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.leads._evening import Evening, Told


def pay_new(evening: Evening) -> Told:
    """A wage of ≥ 2,000 on D that makes the second pay month of three, after none in the six months before the first."""
    paid = _wages(evening)
    known, told = paid.month.min(), set()
    for who, rows in paid[paid.customer_id.isin(evening.of_day(paid, "day").customer_id)].groupby("customer_id"):
        today = evening.of_day(rows, "day")
        for month in today.month.unique():
            months = sorted(set(rows.month))
            place = months.index(month)
            if place == 0 or (month - months[place - 1]).n >= evening.days("pay_new_within_months"):
                continue
            # Of the month in which the history begins not everything is known, nor of any before it.
            first, last_known = months[place - 1], months[place - 2] if place > 1 else known
            if (first - last_known).n - 1 < evening.days("pay_new_without_months"):
                continue
            sums = today[today.month == month].groupby(today.payer_customer_id.fillna(today.payer_id)).amt.sum()
            told |= {(who, "main", employer) for employer, amt in sums.items() if amt >= evening.cents("pay_new_min_amt")}
    return told


def _wages(evening: Evening) -> pd.DataFrame:
    """Wages paid up to the day with the month each is the pay of, by the usual day of the employer as it is seen on the day."""
    paid = _paid(evening.bank)
    paid = paid[(paid.pay_type == "wage") & (paid.day <= evening.day)]
    year = paid[paid.day > evening.day - pd.Timedelta(days=365)]
    usual = paid.payer_id.map(year.day.dt.day.groupby(year.payer_id).quantile(0.5, interpolation="lower"))
    early, forward = (int(evening.bank.parameter(name)) for name in ("pay_early_day", "pay_forward_day"))
    month = paid.day.dt.to_period("M")
    return paid.assign(month=month.where(~((usual <= early) & (paid.day.dt.day >= forward)), month + 1))


@cache
def _paid(bank: Bank) -> pd.DataFrame:
    rows = bank.dwd("pay_detail")
    return rows[rows.result_code == "ok"].assign(day=rows.pay_date)


def pay_jump(evening: Evening) -> Told:
    """On D a bonus of ≥ 10,000, or a wage of as much that is ≥ 1.5 × the median of three months."""
    today = evening.of_day(_paid(evening.bank), "day")
    today = today[today.customer_id.notna()]
    median, least = evening.tags().pay_amt_median_l3m, evening.cents("pay_jump_min_amt")
    told = set()
    for (who, kind), amt in today.groupby(["customer_id", "pay_type"]).amt.sum().items():
        usual = median.get(who, pd.NA)
        is_jump = kind == "wage" and not pd.isna(usual) and amt >= evening.number("pay_jump_ratio") * int(usual)
        if amt >= least and (kind == "bonus" or is_jump):
            told.add((who, "main", f"{evening.day:%Y-%m}"))
    return told
