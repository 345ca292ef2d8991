"""Loans: contracts, notes, and the intents that pay them from deposit accounts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tagmart.synth.accounts import Accounts
from tagmart.synth.calendar import Horizon
from tagmart.synth.ledger import BANK, CHANNEL, INIT, ORDER_CREDIT, PURPOSE, SAME_NAME, Intents
from tagmart.synth.population import DORMANT, NEVER, Population

if TYPE_CHECKING:
    from tagmart.synth.repayments import Repayments

LOAN_KINDS = ("mtg", "cons", "biz")
MTG, CONS, BIZ = range(3)
LOAN_SHARES = (0.06, 0.03, 0.015)
OVERDUE_SHARE, PREPAID_A_YEAR = 0.07, 0.05
# Days on which mortgage rates were in the news: an assumption of the demo bank.
RATE_NEWS = ("2024-10-21", "2025-05-20", "2025-11-20", "2026-03-20", "2026-09-21", "2027-03-22")


@dataclass(frozen=True)
class Notes:
    """Loan notes, one array element a note. Principal in cents; `months` payments of an annuity (biz: interest only).

    Attributes:
        pay_day: day of the month on which is paid.
        stop_day, cure_day: unpaid from the first payment on or after `stop_day` until `cure_day`.
        prepay_day, prepay_bp: the day on which that part (10,000: all) of what is owed is repaid early; NEVER for most.
        write_off: the day on which the bank gives the claim up; ext_day: on which more time is agreed (`months` counts it);
            restructured: on which the bank gave way to a borrower in difficulty. NEVER for most.
        entrusted: the money is not the bank's; such notes stand behind all others.
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
    prepay_day: np.ndarray
    prepay_bp: np.ndarray
    write_off: np.ndarray
    ext_day: np.ndarray
    restructured: np.ndarray
    entrusted: np.ndarray


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
    found = Notes(
        owner,
        kind,
        principal,
        np.choose(kind, (rng.integers(310, 420, size), rng.integers(380, 900, size), rng.integers(350, 520, size))),
        start,
        months,
        rng.integers(1, 28, size),
        stop,
        cure,
        np.full(size, NEVER),
        np.zeros(size, dtype=np.int64),
        *(np.full(size, NEVER) for _ in range(3)),
        np.zeros(size, dtype=bool),
    )
    return _with_prepayments(rng, found, horizon)


def _with_prepayments(rng: np.random.Generator, notes: Notes, horizon: Horizon) -> Notes:
    """Five of a hundred mortgages are prepaid a year, in part or whole, most of them in the weeks after rate news."""
    size = len(notes.owner)
    news = np.array([horizon.index(day) for day in RATE_NEWS])
    news = news[(news >= 0) & (news < horizon.size - 50)]
    free = (notes.kind == MTG) & (notes.start < 0) & (notes.stop_day == NEVER)
    fits = rng.permutation(np.flatnonzero(free))[: round(int((notes.kind == MTG).sum()) * PREPAID_A_YEAR * horizon.size / 365)]
    near = rng.choice(news, len(fits)) + rng.integers(1, 45, len(fits)) if len(news) else np.zeros(len(fits), int)
    day = np.where((rng.random(len(fits)) < 0.7) & (near > 0), near, rng.integers(30, horizon.size - 5, len(fits)))
    share = np.where(rng.random(len(fits)) < 0.4, 10_000, rng.integers(1, 8, len(fits)) * 1_000)
    prepay_day, prepay_bp = np.full(size, NEVER), np.zeros(size, dtype=np.int64)
    prepay_day[fits], prepay_bp[fits] = day, share
    return replace(notes, prepay_day=prepay_day, prepay_bp=prepay_bp)


@dataclass(frozen=True)
class NoteDays:
    """Each note (rows) on each lived day (columns): cents, cents overdue, days past due, whether it is there."""

    principal: np.ndarray
    overdue: np.ndarray
    dpd: np.ndarray
    there: np.ndarray


def on_book(there: np.ndarray, write_off: np.ndarray, entrusted: np.ndarray) -> np.ndarray:
    """Which notes (rows) are loans of the bank on which day (columns): there, not given up, and of its own money."""
    return there & ~entrusted[:, None] & (np.arange(there.shape[1])[None, :] < write_off[:, None])


def note_months(notes: Notes, horizon: Horizon) -> np.ndarray:
    """For each note and lived month the number of payments due up to and including that month's pay day."""
    dates = horizon.origin + notes.start.astype("timedelta64[D]")
    start_month = dates.astype("datetime64[M]").astype(np.int64)
    month = horizon.origin.astype("datetime64[M]").astype(np.int64) + np.arange(horizon.months)
    return month[None, :] - start_month[:, None]


def _principal_after(notes: Notes, paid: np.ndarray) -> np.ndarray:
    """Principal in cents after `paid` payments (notes by days)."""
    return principal_after(notes, np.arange(len(paid))[:, None], paid)


def principal_after(notes: Notes, note: np.ndarray, paid: np.ndarray) -> np.ndarray:
    """Principal in cents of notes after so many payments, prepayments left out; `note` and `paid` are broadcast."""
    rate, count = notes.rate_bp[note] / 120_000, notes.months[note]
    paid = np.clip(paid, 0, count)
    left = ((1 + rate) ** count - (1 + rate) ** paid) / ((1 + rate) ** count - 1)
    left = np.where(notes.kind[note] == BIZ, paid < count, left)
    return np.round(notes.principal[note] * left).astype(np.int64)


def scaled(notes: Notes, note: np.ndarray, cents: np.ndarray) -> np.ndarray:
    """What is left of so many cents once the prepayment is made."""
    return cents * (10_000 - notes.prepay_bp[note]) // 10_000


def payment_days(notes: Notes, note: np.ndarray, term: np.ndarray, horizon: Horizon) -> np.ndarray:
    """The day of the `term`-th payment of notes: the pay day, so many months after the month of the start."""
    start = (horizon.origin + notes.start[note].astype("timedelta64[D]")).astype("datetime64[M]")
    month = (start + term.astype("timedelta64[M]")).astype("datetime64[D]")
    return (month - horizon.origin).astype(np.int64) + notes.pay_day[note] - 1


def _paid_counts(notes: Notes, horizon: Horizon) -> tuple[np.ndarray, np.ndarray]:
    """For each note (rows) and lived day (columns) how many payments were due, and how many were made."""
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
    return due, np.where(stopped, np.minimum(due, frozen), due)


def prepaid_cents(notes: Notes, horizon: Horizon) -> np.ndarray:
    """What each note repays early, in cents; 0 for most."""
    early = np.flatnonzero(notes.prepay_day < horizon.size)
    _, paid = _paid_counts(notes, horizon)
    owed = principal_after(notes, early, paid[early, notes.prepay_day[early]])
    found = np.zeros(len(notes.owner), dtype=np.int64)
    found[early] = owed - scaled(notes, early, owed)
    return found


def note_days(notes: Notes, horizon: Horizon) -> NoteDays:
    """Principal, overdue amount and days past due of every note on every lived day."""
    day = np.arange(horizon.size)
    due, paid = _paid_counts(notes, horizon)
    principal, planned = _principal_after(notes, paid), _principal_after(notes, due)
    early = np.flatnonzero(notes.prepay_day < horizon.size)
    after = day[None, :] >= notes.prepay_day[early][:, None]
    for table in (principal, planned):
        table[early] = np.where(after, scaled(notes, early[:, None], table[early]), table[early])
    missed = due > paid
    started = np.where(missed & ~np.c_[np.zeros((len(missed), 1), bool), missed[:, :-1]], day[None, :], 0)
    first_missed = np.maximum.accumulate(started, axis=1)
    there = (day[None, :] >= notes.start[:, None]) & (principal > 0)
    return NoteDays(
        principal, np.where(missed, principal - planned, 0), np.where(missed, day[None, :] - first_missed, 0), there
    )


def add_loan_intents(intents: Intents, accounts: Accounts, notes: Notes, repaid: Repayments) -> None:
    """Every payment from the demand account, the money of new consumer and business loans, and what prepayments are made of."""
    usual = np.flatnonzero(~np.isin(repaid.kind, (1, 2)))
    line = {"channel": CHANNEL["batch"], "purpose": PURPOSE["loan"], "init": INIT["B"], "cp_kind": BANK}
    cents = (repaid.principal + repaid.interest)[usual]
    intents.add(day=repaid.day[usual], acct=accounts.first[notes.owner[repaid.note[usual]]], amt=cents, sign=-1, **line)
    new = np.flatnonzero((notes.start >= 0) & (notes.kind != MTG))
    intents.add(day=notes.start[new], acct=accounts.first[notes.owner[new]], amt=notes.principal[new], sign=1, **line)
    # The money for a prepayment comes from the customer's account at another bank, and leaves before anything else is paid.
    early = np.flatnonzero(np.isin(repaid.kind, (1, 2)))
    there = {"day": repaid.day[early], "acct": accounts.first[notes.owner[repaid.note[early]]], "amt": repaid.principal[early]}
    intents.add(sign=1, channel=CHANNEL["batch"], purpose=PURPOSE["transfer"], init=INIT["P"], cp_kind=SAME_NAME, **there)
    intents.add(sign=-1, order=ORDER_CREDIT, **{**line, **there, "channel": CHANNEL["counter"], "init": INIT["C"]})
