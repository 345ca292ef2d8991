"""What the bank knows around a customer: managers, consents, tests, complaints, agreements, controls, status."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.accounts import Accounts
from tagmart.synth.calendar import Horizon
from tagmart.synth.cards import Cards
from tagmart.synth.markets import Lots
from tagmart.synth.population import NEVER, Population

CONSENT_CHANNELS = ("sms", "call", "push", "mbox", "wecom")
CONSENT_PURPOSES = ("marketing", "service")
AGREEMENTS = ("mbank", "ebank", "sms", "wm", "fund", "ins", "pension", "etc", "payroll", "pb")
# Agreements that came later, with random numbers of their own: custody of a securities account's money 三方存管, digital
# yuan wallet, social security card, standing orders, and foreign exchange.
MORE_AGREEMENTS = ("stock_custody", "ecny", "ssc", "autopay", "fx")
CONTROL_KINDS = ("freeze", "stop_pay", "no_receive_no_pay", "non_counter")
CONTROL_BY = ("court", "police", "bank", "aml")
COURT_KINDS = ("civil", "enforce", "dishonest", "limit_consume")
STATUSES = ("potential", "normal", "frozen", "closed", "deceased", "merged", "erased")
TOPICS = ("fee", "service", "marketing", "card", "app")
MANAGERS_PER_OUTLET = 2
LEAST_CONTROLS = 4


@dataclass(frozen=True)
class Spans:
    """Facts that hold from a day to before another (NEVER: still). `kind` and `extra` depend on the fact."""

    owner: np.ndarray
    kind: np.ndarray
    start: np.ndarray
    end: np.ndarray
    extra: np.ndarray


@dataclass(frozen=True)
class Consents:
    """Consents given (grants) or withdrawn, one array element an event."""

    owner: np.ndarray
    channel: np.ndarray
    purpose: np.ndarray
    day: np.ndarray
    second: np.ndarray
    grants: np.ndarray


def make_managers(rng: np.random.Generator, people: Population, horizon: Horizon) -> Spans:
    """Managers of the richer few; some change hands. `kind` is the manager's number."""
    chance = np.array((0, 0.002, 0.03, 0.35, 0.95, 1, 1))[people.band]
    who = np.flatnonzero(rng.random(people.size) < chance)
    start = np.maximum(people.open_day[who] + 5, -rng.integers(10, 900, len(who)))
    manager = people.outlet[who] * MANAGERS_PER_OUTLET + rng.integers(0, MANAGERS_PER_OUTLET, len(who))
    moves = (rng.random(len(who)) < 0.15) & (start < horizon.size - 60)
    when = np.where(moves, rng.integers(np.clip(start, 0, horizon.size - 60) + 30, horizon.size), NEVER)
    heir = np.flatnonzero(moves)
    other = manager[heir] // MANAGERS_PER_OUTLET * MANAGERS_PER_OUTLET + (manager[heir] + 1) % MANAGERS_PER_OUTLET
    return Spans(
        np.r_[who, who[heir]],
        np.r_[manager, other],
        np.r_[start, when[heir]],
        np.r_[when, np.full(len(heir), NEVER)],
        np.zeros(len(who) + len(heir), int),
    )


def make_consents(rng: np.random.Generator, people: Population, horizon: Horizon) -> Consents:
    """Consents by channel and purpose; a tenth of them is withdrawn later."""
    parts = []
    chances = {"marketing": (0.4, 0.2, 0.45, 0.35, 0.12), "service": (0.85, 0.6, 0.8, 0.7, 0.2)}
    for purpose, name in enumerate(CONSENT_PURPOSES):
        for channel in range(len(CONSENT_CHANNELS)):
            chance = np.where(people.has_mbank, chances[name][channel], chances[name][channel] * 0.25) * (
                people.band > 0
            )
            who = np.flatnonzero(rng.random(people.size) < chance)
            day = np.maximum(people.open_day[who], -rng.integers(0, 700, len(who))) + rng.integers(0, 400, len(who))
            second = rng.integers(8 * 3600, 21 * 3600, len(who))
            gone = np.flatnonzero(rng.random(len(who)) < 0.1)
            later = day[gone] + rng.integers(1, 300, len(gone))
            parts.append((who, channel, purpose, day, second, True))
            parts.append((who[gone], channel, purpose, later, second[gone], False))
    columns = [np.concatenate([np.broadcast_to(part[at], (len(part[0]),)) for part in parts]) for at in range(6)]
    order = np.lexsort((columns[2], columns[1], columns[0], columns[4], columns[3]))
    return Consents(*(column[order] for column in columns))


def make_risk_tests(rng: np.random.Generator, people: Population, lots: Lots) -> Spans:
    """Risk tests of investors and some others, about once a year. `kind` is the result, `extra` 1 if revoked."""
    invests = np.bincount(lots.owner, minlength=people.size) > 0
    who = np.flatnonzero(invests | ((people.band > 1) & (rng.random(people.size) < 0.15)))
    times = rng.integers(1, 4, len(who))
    owner = np.repeat(who, times)
    turn = np.arange(len(owner)) - np.repeat(np.cumsum(times) - times, times)
    base = np.repeat(np.maximum(people.open_day[who] + 1, -rng.integers(1, 500, len(who))), times)
    start = base + turn * 330 + rng.integers(0, 60, len(owner))
    level = np.clip(
        np.repeat(rng.choice((1, 2, 3, 4, 5), len(who), p=(0.1, 0.35, 0.35, 0.15, 0.05)), times) + (turn == 2), 1, 5
    )
    return Spans(owner, level, start, np.full(len(owner), NEVER), (rng.random(len(owner)) < 0.01).astype(int))


def make_complaints(rng: np.random.Generator, people: Population, horizon: Horizon) -> Spans:
    """Complaints; most are closed within weeks. `kind` is the topic, `extra` the level."""
    count = max(3, round(people.size * 0.02))
    owner = rng.choice(np.flatnonzero(people.has_account), count)
    start = np.maximum(rng.integers(0, horizon.size, count), people.open_day[owner] + 1)
    end = start + rng.integers(2, 60, count)
    return Spans(owner, rng.integers(0, len(TOPICS), count), start, end, rng.integers(1, 4, count))


def make_agreements(rng: np.random.Generator, people: Population, lots: Lots, horizon: Horizon) -> Spans:
    """Agreements by type (`kind`); few are ended."""
    invests = np.bincount(lots.owner, minlength=people.size) > 0
    live = (people.band > 0) & people.has_account
    draw = rng.random((len(AGREEMENTS), people.size))
    holds = {
        "mbank": people.has_mbank,
        "ebank": live & (draw[1] < 0.15),
        "sms": live & (draw[2] < 0.35),
        "wm": invests,
        "fund": invests & (draw[4] < 0.7),
        "ins": live & (draw[5] < 0.04),
        "pension": live & (draw[6] < 0.05),
        "etc": live & (draw[7] < 0.12),
        "payroll": people.employer >= 0,
        "pb": people.band >= 5,
    }
    parts = []
    for kind, name in enumerate(AGREEMENTS):
        who = np.flatnonzero(holds[name])
        start = np.maximum(people.open_day[who], -rng.integers(1, 1500, len(who)))
        start = np.where(name == "payroll", np.maximum(people.pay_from[who] - 5, people.open_day[who]), start)
        ends = (rng.random(len(who)) < 0.02) & (name in ("ebank", "ins", "etc"))
        end = np.where(ends, np.maximum(start, 0) + rng.integers(1, horizon.size, len(who)), NEVER)
        parts.append((who, np.full(len(who), kind), start, end, np.zeros(len(who), int)))
    return Spans(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def with_more_agreements(rng: np.random.Generator, spans: Spans, people: Population, horizon: Horizon) -> Spans:
    """The agreements, and those of MORE_AGREEMENTS; `kind` counts through both lists."""
    live = (people.band > 0) & people.has_account
    age = (horizon.origin + horizon.size - people.birth).astype(np.int64) / 365.25
    chances = {
        "stock_custody": np.where((people.band >= 2) & (age >= 18), 0.12, 0.01),
        "ecny": np.where(people.has_mbank, 0.1, 0.0),
        "ssc": np.where(age >= 16, 0.3, 0.05),
        "autopay": np.full(people.size, 0.08),
    }
    parts = [tuple(spans.__dict__.values())]
    for kind, chance in enumerate(chances.values(), start=len(AGREEMENTS)):
        who = np.flatnonzero(live & (rng.random(people.size) < chance))
        start = np.maximum(people.open_day[who] + 1, -rng.integers(-300, 1200, len(who)))
        ended = rng.random(len(who)) < 0.03
        end = np.where(ended, np.maximum(start, 0) + rng.integers(1, horizon.size, len(who)), NEVER)
        parts.append((who, np.full(len(who), kind), start, end, np.zeros(len(who), int)))
    return Spans(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def with_fx(spans: Spans, owner: np.ndarray, opened: np.ndarray) -> Spans:
    """The agreements, and that on foreign exchange of whoever has an account in foreign currency."""
    kind = len(AGREEMENTS) + MORE_AGREEMENTS.index("fx")
    more = (owner, np.full(len(owner), kind), opened, np.full(len(owner), NEVER), np.zeros(len(owner), int))
    return Spans(*(np.r_[column, fresh] for column, fresh in zip(spans.__dict__.values(), more, strict=True)))


def make_controls(rng: np.random.Generator, people: Population, accounts: Accounts, horizon: Horizon) -> Spans:
    """Controls on 0.3 % of customers, however small the bank one of each kind and of each authority among them.

    `owner` is the ACCOUNT, `kind` kind * 4 + authority, `extra` cents: frozen, or the limit of business without a counter.
    """
    fits = np.unique(accounts.first[(accounts.first >= 0) & (people.open_day < 0) & (people.band > 0)])
    acct = rng.permutation(fits)[: max(LEAST_CONTROLS, round(people.size * 0.003))]
    count = len(acct)
    start = rng.integers(0, horizon.size - 5, count)
    end = np.where(rng.random(count) < 0.3, start + rng.integers(10, 200, count), NEVER)
    amt = rng.integers(1, 200, count) * 100_000
    kind, by = rng.integers(0, 4, count), rng.integers(0, 4, count)
    first = np.arange(count) < LEAST_CONTROLS
    # Court freezes, police stop payments, anti-money-laundering blocks, the bank limits what goes without a counter.
    kind, by = np.where(first, np.arange(count), kind), np.where(first, np.array((0, 1, 3, 2))[np.arange(count) % 4], by)
    return Spans(acct, kind * 4 + by, start, np.where(first, NEVER, end), amt)


def make_court_cases(rng: np.random.Generator, people: Population, horizon: Horizon) -> Spans:
    """Court cases of about 0.3 % of customers. `kind` kind * 2 + (1 for plaintiff), `extra` cents."""
    plain = np.flatnonzero(np.array([number != "" for number in people.id_no]))
    plain = np.setdiff1d(plain, np.r_[people.twins.ravel(), people.doubles.kept, people.doubles.copied])
    count = max(2, round(people.size * 0.003))
    owner = rng.choice(plain, count, replace=False)
    start = rng.integers(-200, horizon.size - 5, count)
    end = np.where(rng.random(count) < 0.3, start + rng.integers(20, 300, count), NEVER)
    kind = rng.integers(0, 4, count)
    plaintiff = (kind == 0) & (rng.random(count) < 0.4)
    return Spans(owner, kind * 2 + plaintiff, start, end, rng.integers(1, 500, count) * 100_000)


def _merged(people: Population, bare: np.ndarray, cards: Cards, borrowers: np.ndarray) -> np.ndarray:
    """Second numbers of one person that the bank merges: most without any product, two in a thousand with real things.

    Those with the most come first, cards before none. Who borrows or is paid wages under the second number keeps it.
    """
    pairs = people.doubles
    empty = pairs.copied[bare[pairs.copied] & (people.open_day[pairs.copied] < 0)]
    held, kept = pairs.copied, pairs.kept
    fits = (people.band[held] > 0) & (people.activity[held] != 2) & (people.employer[held] < 0) & ~people.is_pension[held]
    fits &= (people.closing_day[held] == NEVER) & (people.open_day[held] < 0) & ~np.isin(held, borrowers)
    fits &= (people.band[kept] > 0) & (people.activity[kept] != 2) & (people.closing_day[kept] == NEVER)
    owners = held[fits]
    order = np.lexsort((-people.band[owners], ~np.isin(owners, cards.owner)))
    with_money = owners[order][: max(1, round(people.size * 0.002))]
    return np.r_[empty[: max(1, round(people.size * 0.003))], with_money]


def make_statuses(rng: np.random.Generator, people: Population, cards: Cards, borrowers: np.ndarray) -> Spans:
    """Changes of status (`kind`, an index of STATUSES) from a day on; who is not named is normal or potential."""
    bare = ~people.has_account & ~np.isin(np.arange(people.size), cards.owner)
    order = rng.permutation(np.flatnonzero(bare & (people.open_day < 0)))
    merged = _merged(people, bare, cards, borrowers)
    erased = np.setdiff1d(order, np.r_[people.doubles.kept, people.doubles.copied], assume_unique=True)
    erased = erased[: max(1, round(people.size * 0.001))]
    rest = np.flatnonzero((people.activity == 2) & (people.band > 0) & (people.quiet_day < NEVER))
    rest = np.setdiff1d(rest, merged)
    dead = rng.permutation(rest)[: max(1, round(people.size * 0.004))]
    frozen = rng.permutation(np.setdiff1d(rest, dead))[: round(people.size * 0.002)]
    leaver = np.flatnonzero((people.closing_day < NEVER) & people.has_account)
    leaver = np.setdiff1d(leaver, cards.owner)
    groups = (
        (merged, 5, None),
        (erased, 6, None),
        (dead, 4, people.quiet_day),
        (frozen, 2, people.quiet_day),
        (leaver, 3, people.closing_day),
    )
    owner = np.concatenate([who for who, _, _ in groups])
    kind = np.concatenate([np.full(len(who), code) for who, code, _ in groups])
    start = np.concatenate([rng.integers(30, 600, len(who)) if when is None else when[who] for who, _, when in groups])
    return Spans(owner, kind, start, np.full(len(owner), NEVER), np.zeros(len(owner), int))
