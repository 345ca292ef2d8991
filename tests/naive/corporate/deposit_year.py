"""Deposits of companies against last year, and what their balances tell: swelling, stability, settlement, insurance."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate._shared import at, balances, by_day, deposits, of_companies, over
from tests.naive.fold import base, days_of, divided, inside, per_customer
from tests.naive.tally import number, total

PRODUCTS = {"dep": ["demand", "term", "cd"], "dep_demand": ["demand"], "dep_term": ["term"]}


def tags(bank: Bank) -> pd.DataFrame:
    """Last year and this one; then what the days and the accounts of the year tell."""
    return pd.concat([_years(bank), _shape(bank), _accounts(bank)], axis=1)


def _years(bank: Bank) -> pd.DataFrame:
    customers, day = bank.customers("corporate"), bank.day
    daily = balances(bank)
    year_ago, month_ago = day - pd.DateOffset(years=1), day.to_period("M") - 13
    last = {name: _last_year(bank, prods) for name, prods in PRODUCTS.items()}
    running = {name: divided(over(by_day(_of(bank, prods)), "ytd", day, customers), days_of("ytd", day))
               for name, prods in PRODUCTS.items()}
    lm = divided(over(daily, "lm", day, customers), days_of("lm", day))
    then = divided(_month_sum(bank, PRODUCTS["dep"], month_ago), month_ago.days_in_month)
    now, before = at(daily, day, customers), at(daily, year_ago, customers)
    return pd.DataFrame({f"{name}_davg_ly": average for name, average in last.items()} | {
        "dep_davg_chg_ly": running["dep"] - last["dep"],
        "dep_demand_davg_chg_ly": running["dep_demand"] - last["dep_demand"],
        "dep_davg_chg_ratio_ly": divided(running["dep"] - last["dep"], last["dep"], 4),
        "dep_davg_yoy_lm": divided(lm - then, then, 4),
        "dep_bal_yoy": divided(now - before, before, 4),
    })


def _of(bank: Bank, prods: list[str]) -> pd.DataFrame:
    rows = deposits(bank)
    return rows[rows["prod"].isin(prods)]


def _first_month(bank: Bank) -> pd.Period:
    """The first whole month of the bank's daily balances."""
    first = bank.dwd("account_balance_daily").bal_date.min()
    return first.to_period("M") + (0 if first.day == 1 else 1)


def _month_sum(bank: Bank, prods: list[str], month: pd.Period) -> pd.Series:
    """End-of-day balances of a month summed; before the daily balances the migrated average × the days of the month."""
    customers = bank.customers("corporate")
    if month >= _first_month(bank):
        rows = _of(bank, prods)
        return total(rows[rows.bal_date.between(month.start_time, month.end_time)], "bal", customers)
    rows = of_companies(bank, "account_month")
    rows = rows[rows["prod"].isin(prods) & rows.month_end.between(month.start_time, month.end_time)]
    return total(rows, "davg_bal", customers) * month.days_in_month


def _last_year(bank: Bank, prods: list[str]) -> pd.Series:
    """Day average of the last calendar year; NA for all where a month of it is neither daily nor migrated."""
    months = pd.period_range(f"{bank.day.year - 1}-01", f"{bank.day.year - 1}-12", freq="M")
    migrated = set(bank.dwd("account_month").month_end.dt.to_period("M"))
    if any(month < _first_month(bank) and month not in migrated for month in months):
        return pd.Series(pd.NA, index=bank.customers("corporate"), dtype="Int64")
    return divided(sum(_month_sum(bank, prods, month) for month in months), sum(month.days_in_month for month in months))


def _shape(bank: Bank) -> pd.DataFrame:
    customers, day, daily = bank.customers("corporate"), bank.day, balances(bank)
    average = {name: divided(over(daily, name, day, customers), days_of(name, day)) for name in ["90d", "lm", "lq"]}
    quarter = inside(daily, "day", "90d", day)
    lowest = per_customer(quarter, "bal", "min", customers).where(number(quarter, customers) == 90, 0)
    peak = per_customer(inside(daily, "day", "365d", day), "bal", "max", customers)
    full = number(quarter[quarter.bal >= 100], customers)
    rows = _of(bank, PRODUCTS["dep"])
    plain = rows[rows.kind_code != "structured"]
    return pd.DataFrame({
        "dep_eom_swell_ratio_lm": divided(at(daily, base("bom", day), customers), average["lm"], 4),
        "dep_eoq_swell_ratio_lq": divided(at(daily, base("boq", day), customers), average["lq"], 4),
        "dep_stable_ratio_90d": divided(lowest, average["90d"], 4),
        "dep_peak_drop_ratio_365d": divided(peak - at(daily, day, customers), peak, 4),
        "dep_empty_day_cnt_90d": 90 - full,
        "dep_settle_ratio": divided(over(by_day(_of(bank, ["demand"])), "mtd", day, customers),
                                    over(by_day(plain), "mtd", day, customers), 4),
    })


def _accounts(bank: Bank) -> pd.DataFrame:
    customers, day = bank.customers("corporate"), bank.day
    rows = _of(bank, PRODUCTS["dep"])
    today = rows[rows.bal_date == day]
    balance = total(today, "bal", customers)
    demand = total(today[today["prod"] == "demand"], "bal", customers)
    per_account = today.groupby(["customer_id", "acct_no"], as_index=False).bal.sum()
    insured = int(bank.parameter("deposit_insured_amt")) * 100
    interest = bank.dwd("account_interest")
    earned = total(interest[interest.kind_code != "margin"], "accrued_amt", customers)
    return pd.DataFrame({
        "dep_demand_ratio": divided(demand, balance, 4),
        "dep_funded_acct_cnt": number(per_account[per_account.bal >= 100], customers),
        "dep_main_acct_ratio": divided(per_customer(per_account, "bal", "max", customers), balance, 4),
        "dep_over_insured_amt": (balance + earned - insured).clip(lower=0),
    })
