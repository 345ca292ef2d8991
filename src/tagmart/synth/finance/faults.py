"""Differences between the general ledger and the details, planted on request for what has to find them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tagmart.synth.calendar import Horizon
from tagmart.synth.finance import subjects as gl
from tagmart.synth.finance.book import Book, gl_org_ids
from tagmart.synth.write import day_dates, money, text

DEPOSITS = ("201101", "201102", "201111")
# A customer subject and its contra both differ (the trial balance still closes), or one side alone.
KINDS = ("detail", "trial")


@dataclass(frozen=True)
class Difference:
    """Cents by which the credit turnover and the closing balance of a subject differ from the details since a day."""

    kind: str
    gl_org: str
    subject: str
    day: int
    cents: int


def plan_differences(seed: int, count: int, book: Book, last: int) -> list[Difference]:
    """Plan `count` differences of day `last`, in turn of either kind; one of kind detail has two rows."""
    rng = np.random.default_rng([seed, 90])
    found = []
    orgs = [org for org in gl_org_ids() if org.startswith("B")]
    names = [name for name in DEPOSITS if name in book.opening]
    for number in range(count):
        kind, cents = KINDS[number % 2], int(rng.integers(1, 10_000_000))
        org, subject = orgs[number % len(orgs)], names[number % len(names)]
        found.append(Difference(kind, org, subject, last, cents))
        if kind == "detail":
            found.append(Difference(kind, org, gl.OTHER, last, -cents))
    return found


def differences_table(differences: list[Difference], horizon: Horizon) -> pa.Table:
    """One row per row of the general ledger that was changed."""
    return pa.table(
        {
            "kind": text([one.kind for one in differences]),
            "gl_org": text([one.gl_org for one in differences]),
            "subject": text([one.subject for one in differences]),
            "acct_date": day_dates(horizon, np.array([one.day for one in differences], dtype=np.int64)),
            "amt": money(np.array([one.cents for one in differences], dtype=np.int64)),
        }
    )
