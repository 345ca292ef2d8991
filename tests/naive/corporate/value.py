"""What a company is worth to the bank: size and breadth of the relationship, its life, recency, frequency and money."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate._shared import (
    at,
    balances,
    by_day,
    companies,
    deposits,
    exposure,
    loan_bal,
    notes,
    of_companies,
    over,
)
from tests.naive.fold import divided, inside, per_customer, window
from tests.naive.tally import code_of, days, different, has, in_force, total


def tags(bank: Bank) -> pd.DataFrame:
    """Value of the relationship at the business date."""
    customers, day = bank.customers("corporate"), bank.day
    size = at(balances(bank), day, customers) + exposure(bank)
    lent = over(by_day(notes(bank), "principal_amt"), "365d", day, customers)
    kinds, age = _kinds(bank), days(companies(bank).open_date, day)
    is_new = age <= int(bank.parameter("corp_life_new_days"))
    is_sleeping = (_idle_days(bank) >= int(bank.parameter("corp_life_sleep_days"))).fillna(True)
    return pd.concat([_rfm(bank), pd.DataFrame({
        "val_cross_cnt": kinds,
        "val_is_deep": (kinds >= int(bank.parameter("corp_deep_cnt"))),
        "val_rel_amt": size,
        "val_rel_band_code": code_of(bank, "corp_rel_band", size, unit=100),
        "val_dep_loan_ratio_365d": divided(over(balances(bank), "365d", day, customers), lent, 4),
        "val_tenure_code": code_of(bank, "tenure", age),
        "val_is_new": is_new,
        "val_is_sleeping": is_sleeping,
        "val_life_code": _life(bank, is_new, is_sleeping),
    })], axis=1)


def _kinds(bank: Bank) -> pd.Series:
    """Kinds of deposits with money, of live off-balance business, of agreements in force, and loans as one kind."""
    customers, day = bank.customers("corporate"), bank.day
    rows, business = deposits(bank), of_companies(bank, "off_balance")
    today = rows[rows.bal_date == day].groupby(["customer_id", "prod"], as_index=False).bal.sum()
    agreed = in_force(of_companies(bank, "agreement"), day)
    return (
        different(today[today.bal > 0], "prod", customers)
        + (loan_bal(bank) > 0).astype("Int64")
        + different(business[business.status_code == "live"], "kind_code", customers)
        + different(agreed, "agr_type", customers)
    )


def _own_acts(bank: Bank) -> pd.DataFrame:
    """Movements that the company started; neither reversals nor what was reversed on its own day."""
    flow = bank.dwd("corporate_flow")
    return flow[flow.is_self & ~flow.is_reversal & ~flow.is_void]


def _idle_days(bank: Bank) -> pd.Series:
    return days(per_customer(_own_acts(bank), "acct_date", "max", bank.customers("corporate")), bank.day)


def _rfm(bank: Bank) -> pd.DataFrame:
    customers, day, flow = bank.customers("corporate"), bank.day, bank.dwd("corporate_flow")
    acts = inside(_own_acts(bank), "acct_date", "90d", day)
    days = different(acts[acts.cp != "own"], "acct_date", customers)
    money = total(inside(flow[(flow.cp != "own") & ~flow.is_void], "acct_date", "90d", day), "amt", customers).clip(lower=0)
    # Who never moved counts as the farthest.
    recency = code_of(bank, "corp_rfm_r", _idle_days(bank).fillna(10**6))
    frequency, amount = code_of(bank, "corp_rfm_f", days), code_of(bank, "corp_rfm_m", money, unit=100)
    return pd.DataFrame({
        "val_rfm_r_code": recency,
        "val_rfm_f_code": frequency,
        "val_rfm_m_code": amount,
        "val_rfm_code": recency * 100 + frequency * 10 + amount,
    })


def _life(bank: Bank, is_new: pd.Series, is_sleeping: pd.Series) -> pd.Series:
    """The first of new, lost, back, sleeping, growing and declining that holds, else mature."""
    customers, day, daily = bank.customers("corporate"), bank.day, balances(bank)
    small, back = (int(bank.parameter(name)) * 100 for name in ["corp_life_lost_amt", "corp_life_back_amt"])
    low, grow, decline = (Fraction(bank.parameter(f"corp_life_{name}_ratio")) for name in ["lost", "grow", "decline"])
    now = at(daily, day, customers)
    year = inside(daily, "day", "365d", day)
    peak = per_customer(year, "bal", "max", customers).fillna(0)
    # An average of 90 days against one of 365, without dividing.
    quarter, whole = over(daily, "90d", day, customers) * 365, over(daily, "365d", day, customers) * 90
    was_lost = has(year[year.customer_id.isin(_once_lost(year, small, low, day))], customers)
    life = pd.Series("mature", index=customers, dtype="object")
    for stage, holds in [  # the last word wins: from the weakest to the strongest
        ("declining", [part <= decline * of for part, of in zip(quarter, whole, strict=True)]),
        ("growing", [part >= grow * of for part, of in zip(quarter, whole, strict=True)]),
        ("sleeping", is_sleeping),
        ("back", was_lost & (now >= back)),
        ("lost", [amount < small and amount <= low * most for amount, most in zip(now, peak, strict=True)]),
        ("new", is_new.fillna(False)),
    ]:
        life = life.mask(pd.Series(list(holds), index=customers, dtype="boolean"), stage)
    return life


def _once_lost(year: pd.DataFrame, small: int, low: Fraction, day: pd.Timestamp) -> set[str]:
    """Customers who for 30 days in a row before the day had next to nothing, against the peak of the year so far."""
    found, (first, _) = set(), window("365d", day)
    days = pd.date_range(first, day - pd.Timedelta(days=1))
    for customer, rows in year.groupby("customer_id"):
        held = rows.set_index("day").bal.reindex(days)
        peaks, run = held.cummax(), 0
        for amount, peak in zip(held, peaks, strict=True):
            run = run + 1 if not pd.isna(amount) and amount < small and amount <= low * int(peak) else 0
            if run == 30:
                found.add(customer)
    return found
