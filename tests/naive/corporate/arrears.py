"""How late companies are: days past due and overdue principal, today, by kind of loan and over the days on record."""

from __future__ import annotations

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.corporate._shared import dpd_at, notes, notes_at
from tests.naive.fold import inside, per_customer
from tests.naive.tally import number

KINDS = ["wcap", "fixed", "trade", "sole"]


def tags(bank: Bank) -> pd.DataFrame:
    """Days past due are the most over all notes of a day, of principal or interest."""
    customers, day = bank.customers("corporate"), bank.day
    daily = notes(bank).groupby(["customer_id", "bal_date"], as_index=False).agg({"dpd": "max", "overdue_amt": "sum"})
    late = daily[daily.dpd > 0].assign(month=lambda row: row.bal_date.dt.to_period("M"))
    year, months = inside(daily, "bal_date", "365d", day), inside(late, "bal_date", "l12m", day)
    found = pd.DataFrame({
        "risk_dpd_max": dpd_at(bank),
        "risk_is_overdue": dpd_at(bank) > 0,
        "risk_over30_day_cnt_365d": number(year[year.dpd > 30], customers),
        "risk_overdue_day_cnt_365d": number(inside(late, "bal_date", "365d", day), customers),
        "risk_overdue_day_cnt_90d": number(inside(late, "bal_date", "90d", day), customers),
        "risk_overdue_month_cnt_l12m": _or_zero(months, "month", "nunique", customers),
        "risk_overdue_first_date": per_customer(late, "bal_date", "min", customers),
        "risk_overdue_last_date": per_customer(late, "bal_date", "max", customers),
        "risk_overdue_max_amt_365d": _or_zero(year, "overdue_amt", "max", customers),
    })
    for name in ["30d", "90d", "180d", "365d", "l12m"]:
        found[f"risk_dpd_max_{name}"] = _or_zero(inside(daily, "bal_date", name, day), "dpd", "max", customers)
    today = notes_at(bank, day)
    for kind in KINDS:
        found[f"risk_{kind}_dpd"] = _or_zero(today[today.kind_code == kind], "dpd", "max", customers)
    return found


def _or_zero(rows: pd.DataFrame, column: str, how: str, customers: pd.Index) -> pd.Series:
    return per_customer(rows, column, how, customers).fillna(0).astype("Int64")
