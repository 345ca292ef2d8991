"""Seasons of deposits: money that comes for the end of a quarter and goes again, and the good start of the year."""

from __future__ import annotations

import numpy as np

from tagmart.synth.accounts import Accounts
from tagmart.synth.calendar import Horizon
from tagmart.synth.ledger import CHANNEL, INIT, PURPOSE, SAME_NAME, Intents
from tagmart.synth.population import DORMANT, NEVER, Population

# About 4 % of all deposits come for quarter end and are gone within five days; in January 3 % come and stay until March.
SWELL_SHARE, SWELL_PART = 0.3, (0.1, 0.28)
RED_SHARE, RED_PART = 0.2, (0.08, 0.22)
LEAST = 1_000_000


def add_seasons(
    rng: np.random.Generator, intents: Intents, people: Population, accounts: Accounts, horizon: Horizon
) -> None:
    """Add the movements between customers' accounts here and their own accounts elsewhere."""
    rich = np.flatnonzero((people.band >= 2) & (people.activity != DORMANT) & (people.closing_day == NEVER))
    for month in range(horizon.months):
        first, end = int(horizon.month_first[month]), int(horizon.month_first[month + 1])
        number = int((horizon.origin.astype("datetime64[M]").astype(np.int64) + month) % 12) + 1
        if number % 3 == 0:
            comes = end - rng.integers(1, 4, len(rich))
            _there_and_back(rng, intents, people, accounts, rich, SWELL_SHARE, SWELL_PART, comes, end + 1, 4)
        if number == 1:
            comes = first + rng.integers(3, 20, len(rich))
            _there_and_back(rng, intents, people, accounts, rich, RED_SHARE, RED_PART, comes, first + 60, 30)


def _there_and_back(
    rng: np.random.Generator,
    intents: Intents,
    people: Population,
    accounts: Accounts,
    rich: np.ndarray,
    share: float,
    part: tuple[float, float],
    comes: np.ndarray,
    goes: int,
    spread: int,
) -> None:
    """A share of the rich brings a part of their assets, and takes it away from day `goes` on within `spread` days."""
    chosen = np.flatnonzero(rng.random(len(rich)) < share)
    owner, day = rich[chosen], comes[chosen]
    cents = (people.wealth[owner] * rng.uniform(*part, len(owner))).astype(np.int64) // LEAST * LEAST + LEAST // 10
    line = {"purpose": PURPOSE["transfer"], "cp_kind": SAME_NAME, "acct": accounts.first[owner]}
    came = intents.add(day=day, amt=cents, sign=1, channel=CHANNEL["batch"], init=INIT["P"], **line)
    intents.add(
        day=goes + rng.integers(0, spread, len(owner)),
        amt=cents,
        sign=-1,
        channel=CHANNEL["mbank"],
        init=INIT["C"],
        parent=came,
        **line,
    )
