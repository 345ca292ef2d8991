"""The lead about merchants who fall silent or sell far less."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY
from tests.naive.leads._evening import Evening, Told
from tests.naive.merchant._rows import day_kinds, merchants, sales, share, takings
from tests.naive.merchant.rhythm import usual_weekdays


def mer_silent(evening: Evening) -> Told:
    """Silent for the third business day; or a week of ≤ 40 % of the same weekdays in 4 weeks before, which came to ≥ 3,000; none that is seasonal."""
    told, least = set(), evening.days("silent_days")
    for who in watched(evening.bank):
        now, before = (silent_days(evening.bank, who, day) for day in (evening.day, evening.day - DAY))
        if now is not None and now >= least and (before or 0) < least:
            told.add((who, "main", ""))
            continue
        week, usual = _week(evening, who)
        if usual >= evening.cents("drop_base_amt") and week <= Fraction(evening.number("drop_ratio")) * usual:
            told.add((who, "drop", ""))
    return told


@cache
def watched(bank: Bank) -> list[str]:
    """Merchants in business whose trade has no seasons."""
    rows = merchants(bank)
    return list(rows.index[(rows.status_code == "normal") & ~rows.mcc.isin(bank.seed("mcc_seasonal").mcc)])


@cache
def silent_days(bank: Bank, who: str, day: pd.Timestamp) -> int | None:
    """Usual days of trade, no holidays, that went by without a sale up to a day; None in the first 28 days and before the first sale."""
    start, sold, holidays = merchants(bank).start_date[who], _sold_on(bank).get(who, []), _holidays(bank)
    past = [each for each in sold if each <= day]
    if not past or (day - start).days < 28:
        return None
    looked_at = pd.date_range(max(past[-1] - 55 * DAY, start, _first_day(bank)), past[-1])
    usual = usual_weekdays([each for each in looked_at if each not in holidays], set(past), _usual_share(bank))
    return sum(each not in holidays and each.isoweekday() in usual for each in pd.date_range(past[-1] + DAY, day))


@cache
def _holidays(bank: Bank) -> set[pd.Timestamp]:
    kinds = day_kinds(bank)
    return set(kinds.index[kinds == "holiday"])


@cache
def _first_day(bank: Bank) -> pd.Timestamp:
    return sales(bank).acct_date.min()


@cache
def _usual_share(bank: Bank) -> int:
    return share(bank, "mer_usual_day_ratio")


@cache
def _sold_on(bank: Bank) -> dict[str, list[pd.Timestamp]]:
    return {who: sorted(days.unique()) for who, days in sales(bank).groupby("customer_id").acct_date}


def _week(evening: Evening, who: str) -> tuple[int, Fraction]:
    """What came in on seven days, and on the same weekdays of the weeks before in the mean; holidays left out of both."""
    taken, holidays = _taken(evening.bank).get(who, {}), _holidays(evening.bank)
    week, usual = 0, Fraction(0)
    for back in range(7):
        day = evening.day - back * DAY
        before = [day - 7 * number * DAY for number in range(1, evening.days("drop_weeks") + 1)]
        before = [each for each in before if each not in holidays]
        if before and day not in holidays:
            week += taken.get(day, 0)
            usual += Fraction(sum(taken.get(each, 0) for each in before), len(before))
    return week, usual


@cache
def _taken(bank: Bank) -> dict[str, dict[pd.Timestamp, int]]:
    """Successful sales less refunds of each day."""
    sums = takings(bank).groupby(["customer_id", "acct_date"]).amt.sum()
    return {who: {day: int(amt) for (_, day), amt in rows.items()} for who, rows in sums.groupby(level=0)}
