"""What balances have earned by a day: the sum of daily balances since interest was last paid, and interest accrued."""

from __future__ import annotations

import numpy as np

from tagmart.synth.ledger import interest_days


def accumulated(balance: np.ndarray, dates: np.ndarray, first: int, last: int) -> np.ndarray:
    """For days `first` to `last` (rows) and accounts (columns) the sum of end-of-day balances since the last posting 积数.

    Args:
        balance: cents per lived day (rows) and account (columns).
        dates: the lived days; interest is posted on the 21st of quarter-end months, with which a new sum begins.
        first: first day wanted.
        last: last day wanted.
    """
    posts = interest_days(dates)
    since = int(posts[posts <= first][-1]) if (posts <= first).any() else 0
    sums = balance[since : last + 1].cumsum(axis=0, dtype=np.int64)
    for post in posts[(posts > since) & (posts <= last)]:
        sums[post - since :] -= sums[post - since - 1]
    return sums[first - since :]


def demand_accrued(sums: np.ndarray, rate_bp: int) -> np.ndarray:
    """Cents of demand interest accrued, as it would be posted."""
    return sums * rate_bp // (10_000 * 360)


def term_accrued(
    acct: np.ndarray,
    principal: np.ndarray,
    rate_bp: np.ndarray,
    start: np.ndarray,
    due: np.ndarray,
    accounts: int,
    first: int,
    last: int,
) -> np.ndarray:
    """For days `first` to `last` (rows) and accounts (columns) the cents that live term deposits have earned.

    Args:
        acct: account of each deposit.
        principal: cents of each.
        rate_bp: of each, hundredths of a per cent a year.
        start: the day from which it earns.
        due: the day on which it is paid out, with its interest.
        accounts: number of accounts.
        first: first day wanted.
        last: last day wanted.
    """
    there = np.flatnonzero((start <= last) & (due > first))
    slope = np.zeros((last - first + 2, accounts), dtype=np.int64)
    offset = np.zeros_like(slope)
    yearly = principal[there].astype(np.int64) * rate_bp[there]
    for at, sign in ((start[there], 1), (due[there], -1)):
        row = np.clip(at, first, last + 1) - first
        np.add.at(slope, (row, acct[there]), sign * yearly)
        np.add.at(offset, (row, acct[there]), sign * yearly * start[there])
    days = np.arange(first, last + 1)[:, None]
    return (slope.cumsum(axis=0)[:-1] * days - offset.cumsum(axis=0)[:-1]) // (10_000 * 365)
