"""Statements of account that companies confirm each quarter 银企对账: most reply in time, some late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tagmart.synth.corporate import accounts as acc
from tagmart.synth.population import NEVER
from tagmart.synth.write import DELTA, Feed, day_dates, pick

if TYPE_CHECKING:
    from tagmart.synth.world import World

STREAM = 58
# A reply is in time up to so many days after the quarter's end.
REPLY_DAYS = 45
SLOW_SHARE, DIFFER_SHARE = 0.12, 0.03
RESULTS = ("match", "differ")


def core_recon(world: World) -> Feed:
    """Statements of settlement accounts when they are sent, on the day after the quarter, and when the reply comes."""
    book, horizon, rng = world.corporate_ledger.accounts, world.horizon, world.place.dice(STREAM)
    firsts = horizon.month_first[:-1]
    months = horizon.dates[firsts].astype("datetime64[M]").astype(np.int64)
    ends = firsts[(months % 3 == 0) & (firsts > 0)] - 1
    settles = np.flatnonzero(book.kind == acc.DEMAND)
    is_slow = rng.random(world.companies.size) < SLOW_SHARE
    acct, end = (grid.ravel() for grid in np.meshgrid(settles, ends))
    delay = np.where(is_slow[book.owner[acct]], rng.integers(30, 220, len(acct)), rng.integers(3, REPLY_DAYS - 5, len(acct)))
    result = (rng.random(len(acct)) < DIFFER_SHARE).astype(int)
    there = (book.opened[acct] <= end) & (book.closing[acct] > end)
    acct, end, delay, result = acct[there], end[there], delay[there], result[there]
    # Who closes the account before replying owes no reply any more.
    replied = np.where(end + delay < book.closing[acct], end + delay, NEVER)
    answers = np.flatnonzero(replied < horizon.size)
    row = np.r_[np.arange(len(acct)), answers]
    is_reply = np.arange(len(row)) >= len(acct)
    columns = {
        "acct_no": pick(list(book.numbers), acct[row]),
        "stmt_date": day_dates(horizon, end[row]),
        "ecif_no": pick(list(world.companies.ecif_no), book.owner[acct[row]]),
        "due_date": day_dates(horizon, end[row] + REPLY_DAYS),
        "reply_date": day_dates(horizon, np.where(is_reply, replied[row], 0), ~is_reply),
        "result_code": pick(RESULTS, np.where(is_reply, result[row], -1)),
    }
    return Feed("core_recon", DELTA, columns, np.where(is_reply, replied[row], end[row] + 1), row)
