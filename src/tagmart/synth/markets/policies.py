"""Insurance sold for insurers: policies, and the premiums that deposit accounts pay for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.accounts import Accounts
from tagmart.synth.calendar import Horizon
from tagmart.synth.ledger import CHANNEL, FUND, INIT, PURPOSE, Intents
from tagmart.synth.population import ACTIVE, NEVER, Population

KINDS = ("protect", "annuity", "endow", "unit_linked")
PRODUCTS = (("I001", "I002", "I003"), ("I004",), ("I005",), ("I006",))
PAY_MODES = ("single", "annual", "monthly")
KIND_SHARES = (0.55, 0.2, 0.2, 0.05)
POLICY_SHARE, GRACE_DAYS, MOST_PAYMENTS = 0.07, 60, 30
STEP = {"annual": 365, "monthly": 30}


@dataclass(frozen=True)
class Policies:
    """Policies, one array element a policy. Money in cents.

    Attributes:
        product: index into the products of the kind; pay_mode: an index of PAY_MODES.
        paid_before: what was paid before the world began; end: the day of its end as agreed.
    """

    owner: np.ndarray
    kind: np.ndarray
    product: np.ndarray
    pay_mode: np.ndarray
    premium: np.ndarray
    start: np.ndarray
    end: np.ndarray
    paid_before: np.ndarray
    premiums: Premiums


@dataclass(frozen=True)
class Premiums:
    """Premiums due in the lived days, one array element each: the policy, the day, the intent."""

    policy: np.ndarray
    day: np.ndarray
    intent: np.ndarray


@dataclass(frozen=True)
class States:
    """What a policy came to after each event, one array element an event, for policies that came to be.

    Attributes:
        next_pay: the day of the next premium, NEVER without; status: 0 in force, 1 lapsed, 2 ended.
    """

    policy: np.ndarray
    day: np.ndarray
    paid: np.ndarray
    next_pay: np.ndarray
    status: np.ndarray


def make_policies(
    rng: np.random.Generator, intents: Intents, people: Population, accounts: Accounts, horizon: Horizon
) -> Policies:
    """Who is insured how, and the intents of all premiums; a premium that fails is followed by no other."""
    age = (horizon.origin + horizon.size - people.birth).astype(np.int64) / 365.25
    fits = np.flatnonzero(
        (people.band >= 2) & (age > 20) & (age < 66) & (people.activity == ACTIVE) & (accounts.first >= 0)
        & (people.closing_day == NEVER)
    )  # fmt: skip
    count = max(3, round(people.size * POLICY_SHARE))
    owner = np.sort(rng.choice(fits, count)) if len(fits) else np.empty(0, dtype=np.int64)
    size = len(owner)
    kind = rng.choice(len(KINDS), size, p=KIND_SHARES)
    mode = np.where(kind == 0, rng.choice(3, size, p=(0.1, 0.6, 0.3)), rng.choice(2, size, p=(0.6, 0.4)))
    large = np.minimum(people.wealth[owner] * rng.uniform(0.03, 0.12, size), 50_000_000)
    premium = np.select(
        [mode == 2, kind == 0], [rng.integers(8, 60, size) * 1000, rng.integers(10, 90, size) * 10_000], large
    )
    premium = np.maximum(premium.astype(np.int64) // 1000 * 1000, 10_000)
    years = np.where(kind == 0, rng.integers(1, 25, size), rng.integers(3, 12, size))
    term = years * 365
    start = np.maximum(rng.integers(-1400, horizon.size, size), 30 - term)
    start = np.maximum(start, people.open_day[owner] + 5)
    single = mode == 0
    step = np.select([mode == 1, mode == 2], [STEP["annual"], STEP["monthly"]], term)
    before = np.where(start < 0, np.where(single, 1, -(start // step)), 0)
    end = start + term
    first = np.where(start < 0, np.where(single, NEVER, start + before * step), start)
    premiums = _premiums(intents, accounts, owner, mode, premium, first, step, np.minimum(end, horizon.size))
    product = rng.integers(0, 3, size) % np.array([len(names) for names in PRODUCTS])[kind]
    return Policies(owner, kind, product, mode, premium, start, end, before * premium, premiums)


def _premiums(
    intents: Intents, accounts: Accounts, owner: np.ndarray, mode: np.ndarray, premium: np.ndarray, first: np.ndarray,
    step: np.ndarray, until: np.ndarray,
) -> Premiums:  # fmt: skip
    """The intents of premiums, turn by turn, each hanging on the one before it."""
    found = []
    parent = np.full(len(owner), -1)
    for turn in range(MOST_PAYMENTS):
        day = first + turn * step
        due = np.flatnonzero((day < until) & ((mode != 0) | (turn == 0)))
        if not len(due):
            break
        parent[due] = intents.add(
            day=day[due], acct=accounts.first[owner[due]], amt=premium[due], sign=-1, purpose=PURPOSE["insurance"],
            channel=CHANNEL["mbank"] if turn == 0 else CHANNEL["batch"], init=INIT["C"] if turn == 0 else INIT["B"],
            cp_kind=FUND, parent=parent[due],
        )  # fmt: skip
        found.append((due, day[due], parent[due]))
    columns = [np.concatenate(column) for column in zip(*found, strict=True)] if found else [np.empty(0, int)] * 3
    return Premiums(*columns)


def policy_states(policies: Policies, accepted: np.ndarray, horizon: Horizon) -> States:
    """Every change of the policies that came to be, in the order of policies and days."""
    due = policies.premiums
    paid = accepted[due.intent] > 0
    begun = policies.start < 0
    firsts = paid & (due.day == policies.start[due.policy])
    begun[due.policy[firsts]] = True
    step = np.select([policies.pay_mode == 1, policies.pay_mode == 2], [STEP["annual"], STEP["monthly"]], NEVER)
    old = np.flatnonzero(policies.start < 0)
    good = np.flatnonzero(paid & begun[due.policy])
    # The first premium that fails opens the days of grace; nothing is asked for after it.
    failed = np.flatnonzero(~paid & begun[due.policy])
    missed = np.full(len(policies.owner), NEVER)
    np.minimum.at(missed, due.policy[failed], due.day[failed])
    lapse = missed + GRACE_DAYS
    lapses = np.flatnonzero((missed < NEVER) & (lapse < np.minimum(policies.end, horizon.size)))
    ends = np.flatnonzero(begun & (policies.end > 0) & (policies.end < horizon.size) & (lapse >= policies.end))
    policy = np.r_[old, due.policy[good], lapses, ends]
    day = np.r_[policies.start[old], due.day[good], lapse[lapses], policies.end[ends]]
    status = np.r_[np.zeros(len(old) + len(good), int), np.ones(len(lapses), int), np.full(len(ends), 2)]
    more = np.r_[policies.paid_before[old], policies.premium[due.policy[good]], np.zeros(len(lapses) + len(ends), int)]
    order = np.lexsort((status, day, policy))
    policy, day, status, more = policy[order], day[order], status[order], more[order]
    total = np.cumsum(more)
    starts = np.searchsorted(policy, policy, side="left")
    total -= np.where(starts > 0, total[starts - 1], 0)
    turns = total // np.maximum(policies.premium[policy], 1)
    following = policies.start[policy] + turns * np.minimum(step[policy], 10_000)
    goes_on = (status == 0) & (policies.pay_mode[policy] > 0) & (following < policies.end[policy])
    return States(policy, day, total, np.where(goes_on, following, NEVER), status)


def cash_value(policies: Policies, states: States) -> np.ndarray:
    """Cents that a policy would pay when given up: little of what protects, most of what saves."""
    policy = states.policy
    years = np.maximum(states.day - policies.start[policy], 0) / 365
    share = np.where(policies.kind[policy] == 0, 0.25, np.minimum(0.85 + 0.03 * years, 1.3))
    return np.where(states.status == 0, np.round(states.paid * share), 0).astype(np.int64)
