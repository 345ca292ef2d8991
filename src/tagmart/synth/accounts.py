"""Deposit accounts and term deposits: what exists, and the intents that open, roll and pay out receipts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.calendar import Horizon
from tagmart.synth.ledger import ACCOUNT, BANK, CHANNEL, INIT, PURPOSE, Intents
from tagmart.synth.population import ACTIVE, NEVER, Population
from tagmart.synth.sizes import Place

KINDS = ("demand", "term", "cd")
DEMAND, TERM, CD = range(3)
TERM_CODES = ("3m", "6m", "1y", "2y", "3y", "5y")
TERM_MONTHS = np.array((3, 6, 12, 24, 36, 60))
TERM_SHARE = (0.08, 0.12, 0.30, 0.14, 0.33, 0.03)
RATE_BP = np.array((80, 100, 110, 120, 150, 155))
CD_EXTRA_BP = 25
CD_LEAST = 20_000_000
ROLL_SHARE = 0.7


@dataclass(frozen=True)
class Accounts:
    """Accounts, one array element an account; `first`, `second`, `term`, `cd` give a customer's account or -1."""

    owner: np.ndarray
    kind: np.ndarray
    class_code: np.ndarray
    opened: np.ndarray
    closing: np.ndarray
    opening: np.ndarray
    usual: np.ndarray
    first: np.ndarray
    second: np.ndarray
    term: np.ndarray
    cd: np.ndarray
    numbers: np.ndarray


@dataclass(frozen=True)
class Plan:
    """How customers keep their money, in cents: what is left on demand, in term, wealth and funds."""

    demand: np.ndarray
    term: np.ndarray
    wm: np.ndarray
    fund: np.ndarray


def make_plan(rng: np.random.Generator, people: Population) -> Plan:
    """Split every customer's wealth; the poor keep it on demand, the rich spread it."""
    alpha = np.array(
        [
            [9, 0.3, 0, 0],
            [9, 0.3, 0.1, 0.05],
            [2.2, 3, 0.8, 0.4],
            [1.2, 4.5, 1.2, 0.6],
            [0.9, 4.5, 1.5, 0.8],
            [0.7, 4.5, 1.6, 0.9],
            [0.6, 4.5, 1.8, 1.0],
        ]
    )[people.band]
    share = rng.gamma(np.maximum(alpha, 1e-6))
    share = np.where(share < 0.06 * share.sum(axis=1, keepdims=True), 0, share)
    share[people.closing_day < NEVER] = (1, 0, 0, 0)
    share[people.band == 0] = (1, 0, 0, 0)
    parts = (share / share.sum(axis=1, keepdims=True) * people.wealth[:, None]).astype(np.int64)
    least = np.array([0, 100_000, 1_000_000, 100_000])
    parts[:, 1:] = np.where(parts[:, 1:] < least[1:], 0, parts[:, 1:])
    parts[:, 0] = people.wealth - parts[:, 1:].sum(axis=1)
    return Plan(*parts.T)


def make_accounts(
    rng: np.random.Generator, people: Population, plan: Plan, receipts_cd: np.ndarray, place: Place
) -> Accounts:
    """All accounts that can ever exist; a term account is opened with its first receipt (see `term_opened`)."""
    has = people.has_account
    second = (
        has
        & (people.band > 0)
        & (people.activity == ACTIVE)
        & (people.closing_day == NEVER)
        & (rng.random(people.size) < 0.45)
    )
    groups = ((has, DEMAND, "1"), (second, DEMAND, "2"), (plan.term > 0, TERM, "1"), (receipts_cd, CD, "1"))
    owner, kind, classes, places = [], [], [], []
    offset = 0
    for mask, what, class_code in groups:
        who = np.flatnonzero(mask)
        at = np.full(people.size, -1, dtype=np.int64)
        at[who] = offset + np.arange(len(who))
        offset += len(who)
        owner.append(who)
        kind.append(np.full(len(who), what))
        classes.append(np.full(len(who), class_code))
        places.append(at)
    owners, kinds = np.concatenate(owner), np.concatenate(kind)
    size = len(owners)
    opening = np.zeros(size, dtype=np.int64)
    old = people.open_day[owners] < 0
    is_second = np.arange(size) == places[1][owners]
    pocket = np.where(places[1] >= 0, plan.demand // 5, 0)
    is_demand = kinds == DEMAND
    opening[is_demand] = np.where(is_second, pocket[owners], (plan.demand - pocket)[owners])[is_demand]
    opening = np.where(old, opening, 0)
    usual = np.maximum(np.where(is_second, pocket[owners], plan.demand[owners]), people.income[owners] // 12)
    opened = np.where(is_second & old, np.maximum(people.open_day[owners], -900), people.open_day[owners])
    numbers = np.array([f"990{place.block:02d}{at:011d}" for at in rng.permutation(size * 9)[:size] + 10**9])
    return Accounts(
        owners,
        kinds,
        np.concatenate(classes),
        opened,
        np.where(is_demand, people.closing_day[owners], NEVER),
        opening,
        np.maximum(usual, 100),
        *places,
        numbers,
    )


@dataclass(frozen=True)
class Receipts:
    """Term deposits and certificates of deposit, one array element a receipt.

    Attributes:
        needs: number of the intent that must have been accepted for the receipt to exist, -1 if it always did.
        rolls: whether it is rolled over by itself when due.
    """

    owner: np.ndarray
    is_cd: np.ndarray
    principal: np.ndarray
    rate_bp: np.ndarray
    term: np.ndarray
    start: np.ndarray
    due: np.ndarray
    rolls: np.ndarray
    pledged: np.ndarray
    needs: np.ndarray


def first_receipts(rng: np.random.Generator, people: Population, plan: Plan, horizon: Horizon) -> Receipts:
    """The receipts that customers hold when the world begins, or buy in the weeks after they join."""
    rich = np.flatnonzero(plan.term > 0)
    pieces = np.minimum(1 + rng.poisson(np.log10(plan.term[rich] / 100_000 + 1)), 9)
    owner = np.repeat(rich, pieces)
    weight = rng.uniform(0.3, 1, len(owner))
    total = np.bincount(owner, weight, minlength=people.size)
    principal = (plan.term[owner] * (weight / total[owner]) / 100_000).astype(np.int64) * 100_000
    keep = principal > 0
    owner, principal = owner[keep], principal[keep]
    term = rng.choice(6, len(owner), p=TERM_SHARE)
    new = people.open_day[owner] >= 0
    age = (rng.random(len(owner)) * TERM_MONTHS[term]).astype(np.int64)
    start = np.where(
        new, people.open_day[owner] + rng.integers(1, 20, len(owner)), -rng.integers(1, 28, len(owner)) - 28 * age
    )
    is_cd = (principal >= CD_LEAST) & (rng.random(len(owner)) < 0.6)
    # Old receipts cannot be older than their customer.
    start = np.where(new, start, np.maximum(start, people.open_day[owner] + 1))
    return _receipts(rng, horizon, owner, is_cd, principal, term, start, np.full(len(owner), -1))


def _receipts(
    rng: np.random.Generator,
    horizon: Horizon,
    owner: np.ndarray,
    is_cd: np.ndarray,
    principal: np.ndarray,
    term: np.ndarray,
    start: np.ndarray,
    needs: np.ndarray,
) -> Receipts:
    count = len(owner)
    return Receipts(
        owner,
        is_cd,
        principal,
        RATE_BP[term] + np.where(is_cd, CD_EXTRA_BP, 0),
        term,
        start,
        _due(horizon, start, term),
        ~is_cd & (rng.random(count) < ROLL_SHARE),
        rng.random(count) < 0.01,
        needs,
    )


def with_asked(
    rng: np.random.Generator, first: Receipts, horizon: Horizon, owner: np.ndarray, principal: np.ndarray, start: np.ndarray
) -> Receipts:
    """The first receipts, and term deposits of up to a year that customers place because they were asked or anyway."""
    asked = _receipts(
        rng, horizon, owner, np.zeros(len(owner), bool), principal, rng.integers(0, 3, len(owner)), start,
        np.full(len(owner), -1),
    )
    return Receipts(**{name: np.r_[column, asked.__dict__[name]] for name, column in first.__dict__.items()})


def _due(horizon: Horizon, start: np.ndarray, term: np.ndarray) -> np.ndarray:
    """The same day of the month `term` later; the last day of a shorter month."""
    dates = horizon.origin + start.astype("timedelta64[D]")
    month = dates.astype("datetime64[M]")
    into = (dates - month.astype("datetime64[D]")).astype(np.int64)
    due_month = month + TERM_MONTHS[term].astype("timedelta64[M]")
    length = ((due_month + np.timedelta64(1, "M")).astype("datetime64[D]") - due_month.astype("datetime64[D]")).astype(
        np.int64
    )
    due = due_month.astype("datetime64[D]") + np.minimum(into, length - 1).astype("timedelta64[D]")
    return (due - horizon.origin).astype(np.int64)


def term_intents(
    rng: np.random.Generator,
    intents: Intents,
    people: Population,
    accounts: Accounts,
    first: Receipts,
    horizon: Horizon,
) -> Receipts:
    """Add the intents of all receipts, generation by generation, and return every receipt of the world."""
    new = np.flatnonzero(first.start >= 0)
    needs = first.needs.copy()
    needs[new] = _open(rng, intents, accounts, first, new, np.full(len(new), -1))
    generation = Receipts(**{**first.__dict__, "needs": needs})
    found = [generation]
    while len(due := np.flatnonzero(generation.due < horizon.size)):
        generation = _next_generation(rng, intents, people, accounts, generation, due, horizon)
        found.append(generation)
    return Receipts(**{name: np.concatenate([getattr(part, name) for part in found]) for name in first.__dict__})


def _place(accounts: Accounts, part: Receipts, at: np.ndarray) -> np.ndarray:
    """The account that carries each receipt."""
    return np.where(part.is_cd[at], accounts.cd[part.owner[at]], accounts.term[part.owner[at]])


def _open(
    rng: np.random.Generator, intents: Intents, accounts: Accounts, part: Receipts, at: np.ndarray, parent: np.ndarray
) -> np.ndarray:
    channel = rng.choice((CHANNEL["mbank"], CHANNEL["counter"], CHANNEL["smart"]), len(at), p=(0.6, 0.25, 0.15))
    return intents.add(
        day=part.start[at],
        acct=accounts.first[part.owner[at]],
        acct2=_place(accounts, part, at),
        amt=part.principal[at],
        sign=-1,
        channel=channel,
        purpose=PURPOSE["transfer"],
        init=INIT["C"],
        cp_kind=ACCOUNT,
        parent=parent,
    )


def _next_generation(
    rng: np.random.Generator,
    intents: Intents,
    people: Population,
    accounts: Accounts,
    part: Receipts,
    due: np.ndarray,
    horizon: Horizon,
) -> Receipts:
    """What becomes of receipts that fall due: rolled with their interest, or paid out and mostly placed again."""
    interest = part.principal[due] * part.rate_bp[due] // 10_000 * (part.due[due] - part.start[due]) // 365
    interest = np.maximum(interest, 1)
    rolls = part.rolls[due]
    place, demand = _place(accounts, part, due), accounts.first[part.owner[due]]
    batch = {"channel": CHANNEL["batch"], "init": INIT["B"], "parent": part.needs[due]}
    # Interest of a rolled receipt is added to its account, else it goes to the demand account.
    paid = intents.add(
        day=part.due[due],
        acct=np.where(rolls, place, demand),
        amt=interest,
        sign=1,
        purpose=PURPOSE["interest"],
        cp_kind=BANK,
        **batch,
    )
    out = due[~rolls]
    back = intents.add(
        day=part.due[out],
        acct=place[~rolls],
        acct2=demand[~rolls],
        amt=part.principal[out],
        sign=-1,
        purpose=PURPOSE["transfer"],
        cp_kind=ACCOUNT,
        channel=CHANNEL["batch"],
        init=INIT["B"],
        parent=part.needs[out],
    )
    again = rng.random(len(out)) < 0.85
    start = np.where(rolls, part.due[due], 0)
    start[~rolls] = part.due[out] + 1 + rng.integers(0, 12, len(out)) * (rng.random(len(out)) < 0.5)
    principal = part.principal[due] + np.where(rolls, interest, 0)
    needs = np.where(rolls & (part.needs[due] >= 0), paid, -1)
    lasts = rolls.copy()
    lasts[~rolls] = again & (start[~rolls] < horizon.size) & (people.quiet_day[part.owner[out]] > start[~rolls])
    term = part.term[due]
    fresh = _receipts(rng, horizon, part.owner[due], part.is_cd[due], principal, term, start, needs)
    opens = np.flatnonzero(~rolls & lasts)
    parents = np.full(len(due), -1)
    parents[~rolls] = back
    fresh.needs[opens] = _open(rng, intents, accounts, fresh, opens, parents[opens])
    fresh.rolls[:] = np.where(rolls, True, fresh.rolls)
    keep = np.flatnonzero(lasts)
    return Receipts(**{name: column[keep] for name, column in fresh.__dict__.items()})
