"""Leads about what falls due or lies idle: deposits, wealth products, redeemed money, documents."""

from __future__ import annotations

from bisect import bisect_left
from functools import cache

import pandas as pd

from tests.naive.bank import Bank
from tests.naive.fold import DAY, lower_median
from tests.naive.leads._evening import Evening, Told, digest, workdays


def td_due(evening: Evening) -> Told:
    """Due on D+7, D+3 or D, ≥ 50,000; not rolled over, or ≥ 300,000, or at 50 basis points less than now; one a customer and week."""
    rows = evening.bank.dwd("term_deposit")
    rows = rows[(rows.entity == "retail") & (rows.start_date <= evening.day)]
    new = evening.lately(rows, "start_date", evening.days("td_rate_days"))
    today = new.groupby(["kind_code", "term_code"]).rate.agg(lower_median).to_dict()
    due = rows[rows.due_date.isin([evening.day + evening.days(name) * DAY for name in ("td_far_days", "td_near_days")] + [evening.day])]
    told = set()
    for row in due[due.principal_amt >= evening.cents("td_min_amt")].itertuples():
        now = today.get((row.kind_code, row.term_code))
        # Rates have four decimals and are whole numbers here; the gap is in percent.
        is_worse_paid = now is not None and now <= row.rate - evening.number("td_roll_gap_rate") * 10_000
        rolls = not pd.isna(row.is_auto_roll) and row.is_auto_roll
        if not rolls or row.principal_amt >= evening.cents("td_roll_amt") or is_worse_paid:
            year, week, _ = row.due_date.isocalendar()
            told.add((row.customer_id, "main", f"{year}-W{week:02}"))
    return told


def wm_due(evening: Evening) -> Told:
    """A closed product that matures, or one with a minimum holding that may be redeemed, on the workday 7 days or 1 day on; ≥ 10,000."""
    held = evening.of_day(_held(evening.bank), "hold_date")
    free = held.due_date.where(held.kind_code == "closed", held.redeem_from_date)
    # What falls on a day of rest is paid on the next workday.
    paid = free.map(lambda day: _next_workday(evening.bank, day), na_action="ignore")
    near = held[paid.isin([evening.day + evening.days(name) * DAY for name in ("wm_far_days", "wm_near_days")])]
    sums = near.groupby(["customer_id", "prod_id"]).market_amt.sum()
    return {(who, "main", prod) for (who, prod), amt in sums.items() if amt >= evening.cents("wm_min_amt")}


@cache
def _held(bank: Bank) -> pd.DataFrame:
    """Wealth products that mature or that must be held for some time, at the end of each day."""
    held, products = bank.dwd("holding"), bank.dwd("product").set_index("prod_id")
    held = held[held.line_code == "wm"]
    held = held.assign(kind_code=held.prod_id.map(products.kind_code))
    return held[held.kind_code.isin(["closed", "min_hold"])]


def _next_workday(bank: Bank, day: pd.Timestamp) -> pd.Timestamp:
    """The day itself, if it is one."""
    days = workdays(bank)
    return days[min(bisect_left(days, day), len(days) - 1)]


def wm_parked(evening: Evening) -> Told:
    """A redemption of ≥ 50,000 that was settled 3 workdays ago, 80 % of it in demand deposits, and nothing ordered since."""
    days, told = workdays(evening.bank), set()
    today = bisect_left(days, evening.day)
    if days[today] != evening.day:
        return told
    # Settled on the third workday before, or on a day of rest after it.
    past = evening.days("parked_workdays")
    orders, balances = evening.bank.dwd("order"), _demand(evening.bank)
    settled = orders[(orders.order_type == "red") & (orders.status_code == "settled")]
    settled = settled[(settled.settle_date >= days[today - past]) & (settled.settle_date < days[today - past + 1])]
    for row in settled[settled.amt >= evening.cents("parked_min_amt")].itertuples():
        kept = balances.get((evening.day, row.customer_id), 0)
        # Savings plans and dividends come of themselves, and an order that failed moved nothing.
        later = orders[(orders.customer_id == row.customer_id) & (orders.order_date >= row.settle_date) & (orders.order_date <= evening.day)]
        later = later[~later.order_type.isin(["sip", "div"]) & (later.status_code != "failed") & (later.order_no != row.order_no)]
        if kept >= evening.number("parked_ratio") * row.amt and later.empty:
            told.add((row.customer_id, "main", digest("order", row.order_no)))
    return told


@cache
def _demand(bank: Bank) -> dict[tuple[pd.Timestamp, str], int]:
    """What retail customers have in demand deposits at the end of each day."""
    rows = bank.dwd("account_balance_daily")
    rows = rows[(rows.entity == "retail") & (rows["prod"] == "demand")]
    return rows.groupby(["bal_date", "customer_id"]).bal.sum().to_dict()


def doc_due(evening: Evening) -> Told:
    """A document or the last risk test expires on D+30, D+7 or D."""
    bank = evening.bank
    persons, tests = bank.dwd("party").query("entity == 'retail'"), bank.dwd("risk_test")
    tests = tests[(tests.test_date <= evening.day) & ~tests.is_revoked.fillna(False)]
    last = tests.groupby("customer_id").test_date.max()
    ends = [evening.day + evening.days(name) * DAY for name in ("doc_far_days", "doc_near_days")] + [evening.day]
    expired = last + int(bank.parameter("risk_test_valid_days")) * DAY
    told = {(who, "main", "document") for who in persons[persons.id_expiry_date.isin(ends)].customer_id}
    return told | {(who, "risk_test", "risk_test") for who in expired[expired.isin(ends)].index}
