"""Receipts of every channel that money seldom comes by: refunds of shops and of quick pay, cash at machines and agents, claims paid."""

from __future__ import annotations

import numpy as np

from tagmart.synth.accounts import Accounts
from tagmart.synth.calendar import Horizon
from tagmart.synth.ledger import (
    CASH,
    CHANNEL,
    FUND,
    INIT,
    MERCHANT,
    MODE,
    PERSON,
    PURPOSE,
    SAME_NAME,
    THIRD_PAY,
    Intents,
)
from tagmart.synth.population import ACTIVE, Population
from tagmart.synth.transactions import MERCHANTS, PERSONS

# Channel, mode, purpose, counterparty, initiator.
RECEIPTS = (
    ("pos", "transfer", "consume", MERCHANT, "P"),
    ("qpay", "transfer", "consume", THIRD_PAY, "P"),
    ("smart", "cash", "transfer", CASH, "C"),
    ("agent", "cash", "transfer", CASH, "C"),
    ("ebank", "transfer", "transfer", SAME_NAME, "C"),
    ("phone", "transfer", "transfer", SAME_NAME, "C"),
    ("batch", "transfer", "insurance", FUND, "P"),
    ("other", "other", "other", PERSON, "P"),
)
A_MONTH = 0.02
"""How often a month an active customer has each of them."""


def add_rare_receipts(
    rng: np.random.Generator, intents: Intents, people: Population, accounts: Accounts, horizon: Horizon
) -> None:
    """Some hundred yuan now and then, for customers who act themselves."""
    who = np.flatnonzero((people.activity == ACTIVE) & (people.band > 0) & people.has_account)
    for channel, mode, purpose, counterparty, init in RECEIPTS:
        owner = np.repeat(who, rng.poisson(A_MONTH * horizon.months, len(who)))
        intents.add(
            day=rng.integers(0, horizon.size, len(owner)),
            acct=accounts.first[owner],
            amt=rng.integers(1, 6, len(owner)) * 10_000,
            sign=1,
            channel=CHANNEL[channel],
            mode=MODE[mode],
            purpose=PURPOSE[purpose],
            init=INIT[init],
            cp_kind=counterparty,
            cp_ref=rng.integers(0, min(MERCHANTS, PERSONS), len(owner)),
        )
