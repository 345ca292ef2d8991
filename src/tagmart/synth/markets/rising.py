"""Customers who become rich during the world or soon after it: planted, with signs before, for models to find."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.accounts import Accounts
from tagmart.synth.calendar import Horizon
from tagmart.synth.ledger import CHANNEL, INIT, PURPOSE, SAME_NAME, Intents
from tagmart.synth.population import ACTIVE, NEVER, Population

SHARE, SIGNS, SIGN_DAYS, BEYOND_DAYS = 0.0008, 5, 150, 120
LEAST, MOST = 320_000_000, 750_000_000


@dataclass(frozen=True)
class Rising:
    """Customers, the day on which their fortune arrives (it may be after the world), cents, and since when signs show."""

    owner: np.ndarray
    day: np.ndarray
    amt: np.ndarray
    signs_from: np.ndarray


def make_rising(
    rng: np.random.Generator, intents: Intents, people: Population, accounts: Accounts, horizon: Horizon
) -> Rising:
    """Add the money of these customers: five smaller amounts in the 150 days before, then the fortune."""
    fits = np.flatnonzero(
        (people.band >= 2) & (people.band <= 4) & (people.activity == ACTIVE) & people.has_mbank
        & (people.closing_day == NEVER) & (people.quiet_day == NEVER) & (people.open_day < 0) & (accounts.first >= 0)
    )  # fmt: skip
    owner = np.sort(rng.permutation(fits)[: max(4, round(people.size * SHARE))])
    size = len(owner)
    # Half of them rise in the last four months or after the end: those are still to be foreseen.
    late = np.arange(size) % 2 == 0
    day = np.where(
        late, rng.integers(horizon.size - 120, horizon.size + BEYOND_DAYS, size),
        rng.integers(SIGN_DAYS + 100, horizon.size - 120, size),
    )  # fmt: skip
    amt = rng.integers(LEAST, MOST, size) // 1_000_000 * 1_000_000
    line = {
        "sign": 1, "channel": CHANNEL["batch"], "purpose": PURPOSE["transfer"], "init": INIT["P"], "cp_kind": SAME_NAME,
    }  # fmt: skip
    row = np.repeat(np.arange(size), SIGNS)
    sign_day = day[row] - SIGN_DAYS + np.tile(np.arange(SIGNS), size) * 28 + rng.integers(0, 20, len(row))
    part = (amt[row] * rng.uniform(0.01, 0.03, len(row))).astype(np.int64) // 10_000 * 10_000
    intents.add(day=sign_day, acct=accounts.first[owner[row]], amt=part, **line)
    intents.add(day=day, acct=accounts.first[owner], amt=amt, **line)
    return Rising(owner, day, amt, day - SIGN_DAYS)
