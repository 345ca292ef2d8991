"""Loans and credit cards: contracts, notes, statements, and the intents that pay them from deposit accounts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.accounts import Accounts
from tagmart.synth.calendar import Horizon
from tagmart.synth.ledger import BANK, CHANNEL, INIT, PURPOSE, Intents
from tagmart.synth.population import ACTIVE, DORMANT, NEVER, Population

LOAN_KINDS = ("mtg", "cons", "biz")
MTG, CONS, BIZ = range(3)
LOAN_SHARES = (0.06, 0.03, 0.015)
OVERDUE_SHARE = 0.07
CARD_SHARE = 0.18
DUE_DAY = 20
TRANSACTOR, REVOLVER, MINIMUM, SLEEPER = range(4)


@dataclass(frozen=True)
class Notes:
    """Loan notes, one array element a note. Principal in cents; `months` payments of an annuity (biz: interest only).

    Attributes:
        pay_day: day of the month on which is paid.
        stop_day, cure_day: unpaid from the first payment on or after `stop_day` until `cure_day`.
    """

    owner: np.ndarray
    kind: np.ndarray
    principal: np.ndarray
    rate_bp: np.ndarray
    start: np.ndarray
    months: np.ndarray
    pay_day: np.ndarray
    stop_day: np.ndarray
    cure_day: np.ndarray


def make_notes(rng: np.random.Generator, people: Population, horizon: Horizon) -> Notes:
    """Who borrows what. A few stop paying late in the world; half of those pay up again."""
    age = (horizon.origin + horizon.size - people.birth).astype(np.int64) / 365.25
    fits = np.flatnonzero(
        (people.band > 0) & (age > 23) & (age < 66) & (people.closing_day == NEVER) & (people.activity != DORMANT)
    )
    owner, kind = [], []
    steady = np.where(people.employer[fits] >= 0, 0.25, 1.0)
    for what, share in enumerate(LOAN_SHARES):
        # Who is paid through the bank borrows from it more often.
        found = fits[np.argsort(rng.random(len(fits)) * steady)[: max(1, round(people.size * share))]]
        owner.append(found)
        kind.append(np.full(len(found), what))
    owner, kind = np.concatenate(owner), np.concatenate(kind)
    size = len(owner)
    months = np.choose(
        kind, (rng.choice((180, 240, 300, 360), size), rng.choice((12, 24, 36), size), rng.choice((12, 36), size))
    )
    principal = np.choose(
        kind, (rng.lognormal(13.4, 0.4, size), rng.lognormal(11.2, 0.6, size), rng.lognormal(12.8, 0.6, size))
    )
    principal = (principal * 100).astype(np.int64) // 1_000_000 * 1_000_000 + 1_000_000
    oldest = np.choose(kind, (-3000, -330, -300))
    start = rng.integers(oldest, np.where(kind == MTG, horizon.size - 200, horizon.size - 20))
    start = np.maximum(start, people.open_day[owner] + 30)
    late = rng.random(size) < OVERDUE_SHARE
    late[: max(0, 3 - late.sum())] = True
    stop = np.where(late, rng.integers(horizon.size - 260, horizon.size - 20, size), NEVER)
    stop = np.where(late, np.maximum(stop, start + 40), NEVER)
    cure = np.where(late & (rng.random(size) < 0.4), stop + rng.integers(5, 90, size), NEVER)
    # However small the bank, one old loan is overdue when the world ends.
    old = np.flatnonzero((start < 0) & (months > 60))[:1]
    stop[old], cure[old] = horizon.size - 70, NEVER
    return Notes(
        owner,
        kind,
        principal,
        np.choose(kind, (rng.integers(310, 420, size), rng.integers(380, 900, size), rng.integers(350, 520, size))),
        start,
        months,
        rng.integers(1, 28, size),
        stop,
        cure,
    )


@dataclass(frozen=True)
class NoteDays:
    """Each note (rows) on each lived day (columns): cents, cents overdue, days past due, whether it is there."""

    principal: np.ndarray
    overdue: np.ndarray
    dpd: np.ndarray
    there: np.ndarray


def note_months(notes: Notes, horizon: Horizon) -> np.ndarray:
    """For each note and lived month the number of payments due up to and including that month's pay day."""
    dates = horizon.origin + notes.start.astype("timedelta64[D]")
    start_month = dates.astype("datetime64[M]").astype(np.int64)
    month = horizon.origin.astype("datetime64[M]").astype(np.int64) + np.arange(horizon.months)
    return month[None, :] - start_month[:, None]


def _principal_after(notes: Notes, paid: np.ndarray) -> np.ndarray:
    """Principal in cents after `paid` payments (notes by days)."""
    rate = (notes.rate_bp / 120_000)[:, None]
    count = notes.months[:, None]
    paid = np.clip(paid, 0, count)
    left = ((1 + rate) ** count - (1 + rate) ** paid) / ((1 + rate) ** count - 1)
    left = np.where(notes.kind[:, None] == BIZ, paid < count, left)
    return np.round(notes.principal[:, None] * left).astype(np.int64)


def note_days(notes: Notes, horizon: Horizon) -> NoteDays:
    """Principal, overdue amount and days past due of every note on every lived day."""
    day = np.arange(horizon.size)
    month = horizon.month_of(day)
    due_day = horizon.month_first[:-1][None, :] + notes.pay_day[:, None] - 1
    upto = note_months(notes, horizon)
    due = np.where(day[None, :] >= due_day[:, month], upto[:, month], upto[:, month] - 1)
    due = np.maximum(due, 0)
    # Payments made: frozen at the last one before the stop, until the cure.
    stopped = (day[None, :] >= notes.stop_day[:, None]) & (day[None, :] < notes.cure_day[:, None])
    frozen_at = np.clip(notes.stop_day - 1, 0, horizon.size - 1)
    frozen = np.take_along_axis(due, frozen_at[:, None], axis=1)
    paid = np.where(stopped, np.minimum(due, frozen), due)
    principal, planned = _principal_after(notes, paid), _principal_after(notes, due)
    missed = due > paid
    started = np.where(missed & ~np.c_[np.zeros((len(missed), 1), bool), missed[:, :-1]], day[None, :], 0)
    first_missed = np.maximum.accumulate(started, axis=1)
    there = (day[None, :] >= notes.start[:, None]) & (principal > 0)
    return NoteDays(
        principal, np.where(missed, principal - planned, 0), np.where(missed, day[None, :] - first_missed, 0), there
    )


def add_loan_intents(intents: Intents, accounts: Accounts, notes: Notes, horizon: Horizon) -> None:
    """Monthly payments from the demand account, and the money of new consumer and business loans."""
    upto = note_months(notes, horizon)
    row, month = np.nonzero((upto >= 1) & (upto <= notes.months[:, None]))
    day = horizon.month_first[month] + notes.pay_day[row] - 1
    pays = (day < notes.stop_day[row]) | (day >= notes.cure_day[row])
    row, day = row[pays], day[pays]
    rate = notes.rate_bp[row] / 120_000
    annuity = notes.principal[row] * rate / (1 - (1 + rate) ** -notes.months[row])
    amt = np.where(notes.kind[row] == BIZ, notes.principal[row] * rate, annuity).astype(np.int64)
    line = {"channel": CHANNEL["batch"], "purpose": PURPOSE["loan"], "init": INIT["B"], "cp_kind": BANK}
    intents.add(day=day, acct=accounts.first[notes.owner[row]], amt=np.maximum(amt, 1), sign=-1, **line)
    new = np.flatnonzero((notes.start >= 0) & (notes.kind != MTG))
    intents.add(day=notes.start[new], acct=accounts.first[notes.owner[new]], amt=notes.principal[new], sign=1, **line)


@dataclass(frozen=True)
class Cards:
    """Credit cards: state per card (rows) and lived day (columns) in cents, and one statement per card and month."""

    owner: np.ndarray
    open_day: np.ndarray
    limit: np.ndarray
    sleeps: np.ndarray
    bal: np.ndarray
    credit: np.ndarray
    dpd: np.ndarray
    instal: np.ndarray
    last_stmt: np.ndarray
    stmt_amt: np.ndarray
    stmt_min: np.ndarray
    stmt_paid: np.ndarray


def make_cards(rng: np.random.Generator, people: Population, horizon: Horizon) -> Cards:
    """Cards with a statement at every month end and a due day on the 20th of the next month."""
    age = (horizon.origin + horizon.size - people.birth).astype(np.int64) / 365.25
    fits = np.flatnonzero(
        (age > 21) & (age < 70) & ((people.band > 0) | (rng.random(people.size) < 0.1)) & (people.closing_day == NEVER)
    )
    owner = np.sort(rng.permutation(fits)[: max(2, round(people.size * CARD_SHARE))])
    size, months = len(owner), horizon.months
    behave = rng.choice(4, size, p=(0.68, 0.12, 0.05, 0.15))
    limit = np.clip(rng.lognormal(9.8, 0.7, size), 3000, 300_000).astype(np.int64) // 1000 * 100_000
    open_day = np.where(
        rng.random(size) < 0.08, rng.integers(0, horizon.size - 40, size), -rng.integers(20, 2500, size)
    )
    open_day = np.maximum(open_day, people.open_day[owner] + 1)
    stop = np.where(rng.random(size) < 0.04, rng.integers(horizon.months - 9, horizon.months - 1, size), NEVER)
    cure = np.where(rng.random(size) < 0.6, stop + rng.integers(1, 4, size), NEVER)
    monthly = limit * rng.uniform(0.05, 0.35, size) * (behave != SLEEPER)
    bal, dpd = np.zeros((size, horizon.size), np.int64), np.zeros((size, horizon.size), np.int64)
    last, statements = np.zeros((size, horizon.size), np.int64), np.zeros((3, size, months), np.int64)
    carry, billed, oldest_due = np.zeros(size, np.int64), np.zeros(size, np.int64), np.full(size, NEVER)
    for month in range(months):
        first, end = horizon.month_first[month], horizon.month_first[month + 1]
        spend = np.minimum(monthly * rng.lognormal(-0.1, 0.45, size), np.maximum(limit * 0.95 - carry, 0)).astype(
            np.int64
        )
        spend = np.where(open_day < first, spend, 0) * ((month < stop) | (month >= cure))
        days = np.arange(first, end)
        share = np.sort(rng.random((size, end - first)), axis=1)
        share[:, -1] = 1
        running = carry[:, None] + (spend[:, None] * share).astype(np.int64)
        pays = np.select(
            [behave == REVOLVER, behave == MINIMUM], [billed * rng.integers(15, 70, size) // 100, billed // 10], billed
        )
        pays = np.where(
            (month >= stop) & (month < cure), 0, np.maximum(pays, np.minimum(billed, np.maximum(billed // 10, 10_000)))
        )
        settled = (month == cure) & (oldest_due < NEVER)
        pays = np.where(settled, billed, pays)
        due_day = first + DUE_DAY - 1
        running[:, days >= due_day] -= pays[:, None]
        minimum = np.minimum(billed, np.maximum(billed // 10, 10_000))
        if month:
            statements[2][:, month - 1] = pays
        missed = (pays < minimum) & (billed > 0)
        oldest_due = np.where(missed & (oldest_due == NEVER), due_day, np.where(~missed, NEVER, oldest_due))
        before = dpd[:, first - 1] if month else np.zeros(size, np.int64)
        counting = np.where(before[:, None] > 0, before[:, None] + (days - first + 1)[None, :], 0)
        after = np.where(oldest_due < NEVER, due_day - oldest_due, -1)[:, None] + (days - due_day)[None, :]
        dpd[:, first:end] = np.where(
            days[None, :] < due_day, counting, np.where(oldest_due[:, None] < NEVER, np.maximum(after, 0), 0)
        )
        bal[:, first:end], last[:, first:end] = running, billed[:, None]
        carry = running[:, -1]
        billed = np.maximum(carry, 0)
        last[:, end - 1] = billed
        statements[0][:, month] = billed
        statements[1][:, month] = np.minimum(billed, np.maximum(billed // 10, 10_000))
    credit = np.where((rng.random(size) < 0.03) & (behave == SLEEPER), rng.integers(100, 20_000, size), 0)
    instal = np.where(rng.random(size) < 0.12, 0.4, 0.0)[:, None]
    return Cards(
        owner, open_day, limit, behave == SLEEPER, bal, credit, dpd, (bal * instal).astype(np.int64), last, *statements
    )


def add_card_intents(intents: Intents, people: Population, accounts: Accounts, cards: Cards, horizon: Horizon) -> None:
    """Half of the card holders pay from their demand account here, by direct debit."""
    card, month = np.nonzero(cards.stmt_paid > 0)
    mine = (
        (cards.owner[card] % 2 == 0)
        & (accounts.first[cards.owner[card]] >= 0)
        & (people.activity[cards.owner[card]] == ACTIVE)
    )
    card, month = card[mine], month[mine]
    intents.add(
        day=horizon.month_first[month + 1] + DUE_DAY - 1,
        acct=accounts.first[cards.owner[card]],
        amt=cards.stmt_paid[card, month],
        sign=-1,
        channel=CHANNEL["batch"],
        purpose=PURPOSE["other"],
        init=INIT["B"],
        cp_kind=BANK,
    )
