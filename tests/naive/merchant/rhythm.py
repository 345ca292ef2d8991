"""On which days merchants sell, and how steadily from month to month."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, lower_median
from tests.naive.merchant._rows import day_kinds, in_window, merchants, sales, share, takings, whole


@cache
def tags(bank: Bank) -> pd.DataFrame:
    """Usual weekdays, silence, months, peaks."""
    return pd.DataFrame(_weekdays(bank) | _months(bank) | _peaks(bank), index=bank.customers("merchant"))


def _weekdays(bank: Bank) -> dict[str, pd.Series]:
    customers, sold, start = bank.customers("merchant"), sales(bank), merchants(bank).start_date
    on_record, holidays = sold.acct_date.min(), day_kinds(bank).eq("holiday")
    found = {}
    for who, days in sold[sold.customer_id.isin(customers)].groupby("customer_id").acct_date:
        last = days.max()
        looked_at = pd.date_range(max(last - 55 * DAY, start[who], on_record), last)
        usual = usual_weekdays(looked_at[~holidays.reindex(looked_at)], set(days), share(bank, "mer_usual_day_ratio"))
        since = pd.date_range(last + DAY, bank.day)
        missed = sum(not holidays[day] and day.isoweekday() in usual for day in since)
        silent = missed if (bank.day - start[who]).days >= 28 else pd.NA
        named = (
            ("".join(map(str, usual)), usual[-2:] == [6, 7], len(usual) < 7) if usual else (pd.NA, pd.NA, pd.NA)
        )
        found[who] = (silent, len(usual), *named)
    names = ("mer_silent_bizdays", "mer_usual_weekday_cnt", "mer_usual_weekdays_code", "mer_is_weekend_trader", "mer_has_rest_day")
    return {name: pd.Series({who: row[at] for who, row in found.items()}).reindex(customers) for at, name in enumerate(names)}


def usual_weekdays(days: Iterable[pd.Timestamp], sold_on: set[pd.Timestamp], least: int) -> list[int]:
    """Weekdays (1 Monday to 7 Sunday) with sales on at least `least` ten-thousandths of their days."""
    usual = []
    for weekday in range(1, 8):
        its = [day for day in days if day.isoweekday() == weekday]
        if its and sum(day in sold_on for day in its) * 10_000 >= len(its) * least:
            usual.append(weekday)
    return usual


def _months(bank: Bank) -> dict[str, pd.Series]:
    customers = bank.customers("merchant")
    months = pd.period_range(end=bank.day.to_period("M") - 1, periods=12)

    def by_month(rows: pd.DataFrame, column: str, how: str) -> pd.DataFrame:
        found = rows.groupby(["customer_id", rows.acct_date.dt.to_period("M")])[column].agg(how)
        return found.unstack(fill_value=0).reindex(index=customers, columns=months, fill_value=0)

    amounts, days = by_month(takings(bank), "amt", "sum"), by_month(sales(bank), "acct_date", "nunique")
    median = amounts.apply(lower_median, axis=1)
    steady = amounts.mul(10_000).ge(median * share(bank, "mer_stable_amt_ratio"), axis=0)
    return {
        "mer_month_amt_median_l12m": median,
        "mer_month_amt_max_l12m": amounts.max(axis=1),
        "mer_month_amt_min_l12m": amounts.min(axis=1),
        "mer_stable_months_l12m": ((amounts > 0) & (days >= whole(bank, "mer_stable_day_cnt")) & steady).sum(axis=1),
        "mer_run_months_l12m": (amounts > 0).iloc[:, ::-1].astype(int).cumprod(axis=1).sum(axis=1),
    }


def _peaks(bank: Bank) -> dict[str, pd.Series]:
    customers, sold = bank.customers("merchant"), in_window(bank, sales(bank), "90d")
    taken = in_window(bank, takings(bank), "90d")
    amounts = taken.groupby(["customer_id", "acct_date"]).amt.sum()
    amounts = amounts[amounts.index.isin(pd.MultiIndex.from_frame(sold[["customer_id", "acct_date"]]))].reset_index()
    hours = sold.groupby(["customer_id", "txn_hour"]).size().rename("amt").reset_index()
    recent = in_window(bank, takings(bank), "56d")
    weekday = recent.acct_date.dt.dayofweek.rename("weekday") + 1
    weekdays = recent.groupby(["customer_id", weekday]).amt.sum().reset_index()

    def highest(rows: pd.DataFrame, place: str, first: bool) -> pd.DataFrame:
        ordered = rows.sort_values(["amt", place], ascending=[False, first])
        return ordered.groupby("customer_id").first().reindex(customers)

    best = highest(amounts, "acct_date", first=False)
    return {
        "mer_day_amt_max_90d": best.amt,
        "mer_day_amt_max_date_90d": best.acct_date,
        "mer_peak_hour_90d": highest(hours, "txn_hour", first=True).txn_hour,
        "mer_peak_weekday_code_56d": highest(weekdays, "weekday", first=True).weekday,
    }
