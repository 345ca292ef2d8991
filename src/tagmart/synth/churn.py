"""Customers who take their money elsewhere: when they begin to, and what they leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.accounts import Accounts
from tagmart.synth.calendar import Horizon
from tagmart.synth.ledger import CAPPED, CHANNEL, INIT, PURPOSE, SAME_NAME, Intents
from tagmart.synth.population import DORMANT, NEVER, Population

CHURN_SHARE = 0.012
# They empty the demand account on these days after the first, and every month from then on whatever came.
STEPS = (0, 14, 35)
EVERY = 30


@dataclass(frozen=True)
class Churners:
    """Who leaves, and the day on which the first money went."""

    owner: np.ndarray
    day: np.ndarray


def add_churn(
    rng: np.random.Generator, intents: Intents, people: Population, accounts: Accounts, horizon: Horizon
) -> Churners:
    """Add the outflows of customers who leave in the last ten months of the world."""
    fits = (people.band >= 2) & (people.activity != DORMANT) & (people.closing_day == NEVER) & (people.employer < 0)
    fits &= (people.open_day < 0) & people.has_account & ~people.is_pension
    owner = rng.permutation(np.flatnonzero(fits))[: max(1, round(people.size * CHURN_SHARE))]
    day = rng.integers(horizon.size - 300, horizon.size - 40, len(owner))
    for at, (who, start) in enumerate(zip(owner.tolist(), day.tolist(), strict=True)):
        days = np.r_[start + np.array(STEPS), np.arange(start + STEPS[-1] + EVERY, horizon.size, EVERY)]
        intents.add(
            day=days,
            acct=np.full(len(days), accounts.first[who]),
            amt=max(int(people.wealth[who]), 10_000) * 2,
            sign=-1,
            rule=CAPPED,
            channel=CHANNEL["mbank"] if at % 3 else CHANNEL["counter"],
            purpose=PURPOSE["transfer"],
            init=INIT["C"],
            cp_kind=SAME_NAME,
        )
    return Churners(owner, day)
