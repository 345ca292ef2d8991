"""What companies borrow: notes with their schedules, business off the balance sheet, and the limits above both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.calendar import Horizon
from tagmart.synth.corporate.companies import ENTERPRISE, MICRO, SOLE, Companies
from tagmart.synth.population import NEVER
from tagmart.synth.repayments import Schedule, sums_upto

NOTE_KINDS = ("wcap", "fixed", "trade", "sole")
WCAP, FIXED_ASSET, TRADE, SOLE_LOAN = range(4)
OFFBAL_KINDS = ("accept", "guarantee", "lc", "discount", "commit")
ACCEPT, GUARANTEE, LC, DISCOUNT, COMMIT = range(5)
BORROWER_SHARE, GRANTED_SHARE, BAD_SHARE, LATE_SHARE = 0.12, 0.04, 0.015, 0.04
INTEREST_DAY = 21
SOLE_DAYS = (200, 150)
"""Days before the end of the world on which sole traders borrow where none would by chance."""
UNIT = 1_000_000
"""Cents of the smallest step of principal: ten thousand yuan."""


@dataclass(frozen=True)
class Loans:
    """Notes of companies, one array element a note; each has a contract of its own, under its borrower's limit.

    Attributes:
        stop_day, cure_day: what falls due from `stop_day` on is unpaid until `cure_day`.
        is_first: the company's first loan at any bank.
        first_due: the last day as first agreed, before any extension.
        write_off, restructured: the days of it, NEVER for most; entrusted: the money is another company's.
    """

    owner: np.ndarray
    kind: np.ndarray
    principal: np.ndarray
    rate_bp: np.ndarray
    start: np.ndarray
    due: np.ndarray
    stop_day: np.ndarray
    cure_day: np.ndarray
    is_first: np.ndarray
    first_due: np.ndarray
    write_off: np.ndarray
    restructured: np.ndarray
    entrusted: np.ndarray


@dataclass(frozen=True)
class OffBalance:
    """Acceptances, guarantees, letters of credit, discounted bills and commitments; `margin` in cents.

    Attributes:
        advance: what the bank had to pay for the company when it fell due, in cents.
    """

    owner: np.ndarray
    kind: np.ndarray
    face: np.ndarray
    margin: np.ndarray
    start: np.ndarray
    due: np.ndarray
    advance: np.ndarray


@dataclass(frozen=True)
class Limits:
    """Single limits, one array element a company that has one; `used` per lived day (rows) and limit (columns).

    Attributes:
        group_amt: the amount of each group's limit in cents, 0 where the group has none.
    """

    owner: np.ndarray
    amt: np.ndarray
    start: np.ndarray
    end: np.ndarray
    frozen: np.ndarray
    used: np.ndarray
    group_amt: np.ndarray


@dataclass(frozen=True)
class LoanDays:
    """Each note (rows) on each lived day (columns): cents, cents overdue, days past due, whether it is there."""

    principal: np.ndarray
    overdue: np.ndarray
    overdue_interest: np.ndarray
    dpd: np.ndarray
    there: np.ndarray


def make_loans(rng: np.random.Generator, firms: Companies, horizon: Horizon) -> Loans:
    """Who borrows: twelve of a hundred companies, the members of guarantee circles among them, year after year."""
    fits = np.isin(firms.kind, (ENTERPRISE, SOLE)) & (firms.quiet_day == NEVER) & (firms.closing_day == NEVER)
    fits &= firms.open_day < 0
    order = np.argsort(rng.random(firms.size) - 2.0 * (firms.circle >= 0) - 0.5 * (firms.group >= 0) + 9.0 * ~fits)
    borrowers = order[: max(round(firms.size * BORROWER_SHARE), int((firms.circle >= 0).sum()) + 3)]
    bad = max(1, round(len(borrowers) * BAD_SHARE))
    late = max(1, round(len(borrowers) * LATE_SHARE))
    # Circles stay sound: a broken one would be found by its overdue notes and not by its guarantees.
    apart = rng.permutation(borrowers[firms.circle[borrowers] < 0])
    rows = []
    for who in borrowers:
        rows.extend(_chain(rng, firms, int(who), horizon, who in apart[: bad + late]))
    sole = order[(firms.kind == SOLE)[order] & fits[order]][: len(SOLE_DAYS)]
    if not np.isin(sole, borrowers).any():
        # Circles may leave no room for sole traders: two borrow however small the bank, one before the turn of the year.
        for who, days in zip(sole, SOLE_DAYS, strict=False):
            principal = max(10, int(firms.revenue[who]) // UNIT) * UNIT
            rows.append((who, SOLE_LOAN, principal, 400, horizon.size - days, horizon.size - days + 360, False))
    owner, kind, principal, rate, start, due, first = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    stop, cure = np.full(firms.size, NEVER), np.full(firms.size, NEVER)
    stop[apart[:bad]] = horizon.size - rng.integers(130, 250, len(apart[:bad]))
    slow = apart[bad : bad + late]
    stop[slow] = horizon.size - rng.integers(40, 75, len(slow))
    cured = slow[1::2]
    stop[cured] -= 150
    cure[cured] = stop[cured] + rng.integers(20, 80, len(cured))
    never = np.full(len(owner), NEVER)
    return Loans(
        owner, kind, principal, rate, start, due, stop[owner], cure[owner], first.astype(bool), due, never, never,
        np.zeros(len(owner), dtype=bool),
    )  # fmt: skip


def _chain(rng: np.random.Generator, firms: Companies, who: int, horizon: Horizon, is_steady: bool) -> list[tuple]:
    """The notes of one borrower, one after the other: a year each, or some years for machines and buildings."""
    usual = {ENTERPRISE: rng.choice((WCAP, FIXED_ASSET, TRADE), p=(0.65, 0.2, 0.15)), SOLE: SOLE_LOAN}
    kind = int(usual[int(firms.kind[who])])
    times = rng.uniform(6, 14) if kind == FIXED_ASSET else rng.uniform(0.8, 3)
    principal = max(10, int(firms.revenue[who] * times) // UNIT) * UNIT
    rate = int(rng.integers(300, 480))
    start = max(int(firms.open_day[who]) + 20, -int(rng.integers(20, 340)))
    rows = []
    while start < horizon.size - 20:
        length = int(rng.choice((1095, 1825))) if kind == FIXED_ASSET else 360 if kind != TRADE else 180
        rows.append((who, kind, principal, rate, start, start + length, not rows and rng.random() < 0.3))
        # Most borrow again; those who will be late still have to be borrowing then.
        if not is_steady and rng.random() > 0.9:
            break
        start += length + int(rng.integers(2, 9))
    return rows


def make_schedule(loans: Loans, horizon: Horizon) -> Schedule:
    """Interest every month on the 21st and principal at the end, or quarterly instalments with their interest."""
    origin = horizon.origin.astype("datetime64[M]")
    parts: list[tuple[int, int, int, int, int]] = []
    for note in range(len(loans.owner)):
        start, end, left = int(loans.start[note]), int(loans.due[note]), int(loans.principal[note])
        quarterly = loans.kind[note] == FIXED_ASSET
        days = _dues(horizon, origin, start, end, 3 if quarterly else 1)
        agreed = int(loans.first_due[note])
        if agreed < end:
            # Until more time was agreed all was due on `agreed`; now that day asks for interest only.
            days = [*_dues(horizon, origin, start, agreed, 1), *_dues(horizon, origin, agreed, end, 1)]
        piece = left // len(days) // UNIT * UNIT if quarterly else 0
        before = start
        for term, day in enumerate(days, 1):
            interest = int(left * int(loans.rate_bp[note]) * (day - before) // (10_000 * 360))
            principal = left if day == end else piece
            parts.append((note, term, day, principal, interest))
            left, before = left - principal, day
    note, term, due, principal, interest = (np.array(column, dtype=np.int64) for column in zip(*parts, strict=True))
    missed = (due >= loans.stop_day[note]) & (due < loans.cure_day[note])
    return Schedule(note, term, due, principal, interest, np.where(missed, loans.cure_day[note], due))


def _dues(horizon: Horizon, origin: np.datetime64, start: int, end: int, every: int) -> list[int]:
    """The 21st of every month (or of quarter-end months) between two days, and the last day itself."""
    first = (horizon.origin + np.timedelta64(start, "D")).astype("datetime64[M]")
    months = first + np.arange(0, (end - start) // 28 + 2)
    if every == 3:
        months = months[months.astype(np.int64) % 3 == 2]
    days = (months.astype("datetime64[D]") + np.timedelta64(INTEREST_DAY - 1, "D") - horizon.origin).astype(np.int64)
    return [*(int(day) for day in days if start < day < end - 5), end]


def loan_days(loans: Loans, schedule: Schedule, horizon: Horizon) -> LoanDays:
    """State of every note on every lived day, from its schedule and nothing else."""
    count, days = len(loans.owner), horizon.size
    paid = sums_upto(count, days, schedule.note, schedule.paid, schedule.principal)
    due = sums_upto(count, days, schedule.note, schedule.due, schedule.principal)
    due_interest = sums_upto(count, days, schedule.note, schedule.due, schedule.interest)
    paid_interest = sums_upto(count, days, schedule.note, schedule.paid, schedule.interest)
    principal = loans.principal[:, None] - paid
    day = np.arange(days)
    late = np.zeros((count, days), dtype=np.int64)
    missed = np.flatnonzero(schedule.paid > schedule.due)
    for at in missed:
        low, high = np.clip((schedule.due[at], schedule.paid[at]), 0, days)
        row = late[schedule.note[at]]
        row[low:high] = np.maximum(row[low:high], day[low:high] - schedule.due[at])
    open_late = np.zeros((count, days), dtype=bool)
    for at in missed:
        low, high = np.clip((schedule.due[at], schedule.paid[at]), 0, days)
        open_late[schedule.note[at], low:high] = True
    there = (day[None, :] >= loans.start[:, None]) & ((principal > 0) | open_late)
    return LoanDays(principal, due - paid, due_interest - paid_interest, late, there)


def make_offbal(rng: np.random.Generator, firms: Companies, loans: Loans, horizon: Horizon) -> OffBalance:
    """Bills, guarantees and letters of borrowers; one acceptance is not covered when it falls due."""
    sound = (firms.kind[loans.owner] == ENTERPRISE) & (loans.stop_day == NEVER) & ~loans.entrusted
    borrowers = np.unique(loans.owner[sound])
    rows = []
    for who in borrowers:
        month = max(int(firms.revenue[who]), 20 * UNIT)
        for kind, chance, every, length, low, high, shares in (
            (ACCEPT, 0.35, 75, 180, 0.2, 0.8, (0.3, 0.5, 1.0)),
            (GUARANTEE, 0.15, 300, 365, 0.1, 0.4, (0.2, 0.3)),
            (LC, 0.3 * firms.industry[who].exports, 120, 90, 0.2, 0.6, (0.2, 0.3)),
            (DISCOUNT, 0.1, 140, 120, 0.1, 0.5, (0.0,)),
            (COMMIT, 0.1, 400, 365, 1.0, 3.0, (0.0,)),
        ):
            if rng.random() >= chance:
                continue
            share, start = rng.choice(shares), -int(rng.integers(1, every))
            while start < horizon.size:
                face = max(1, int(month * rng.uniform(low, high)) // UNIT) * UNIT
                rows.append((who, kind, face, int(face * share), start, start + length, 0))
                start += every + int(rng.integers(0, every // 3))
    # However small the bank, one guarantee and one letter of credit are there at the end, and are due soon.
    fallback = borrowers if len(borrowers) else loans.owner
    for kind, who, start in ((GUARANTEE, fallback[0], horizon.size - 345), (LC, fallback[-1], horizon.size - 200)):
        if not any(row[1] == kind and row[4] < horizon.size - 31 and row[5] > horizon.size for row in rows):
            rows.append((who, kind, 10 * UNIT, 2 * UNIT, start, horizon.size + 20, 0))
    columns = [np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)]
    found = OffBalance(*columns)
    fails = np.flatnonzero((found.kind == ACCEPT) & (found.due > horizon.size - 150) & (found.due < horizon.size - 10))[:1]
    found.advance[fails] = (found.face - found.margin)[fails]
    return found


def make_limits(
    rng: np.random.Generator, firms: Companies, loans: Loans, state: LoanDays, offbal: OffBalance, horizon: Horizon
) -> Limits:
    """A limit for every borrower, wide enough on every day, and limits that were granted and never drawn."""
    own = ~loans.entrusted
    borrowers = np.union1d(np.unique(loans.owner[own]), np.unique(offbal.owner))
    free = (firms.kind == ENTERPRISE) & (firms.open_day < -100) & (firms.quiet_day == NEVER)
    free &= (firms.closing_day == NEVER) & ~np.isin(np.arange(firms.size), borrowers)
    granted = rng.permutation(np.flatnonzero(free))[: max(1, round(firms.size * GRANTED_SHARE))]
    owner = np.r_[borrowers, granted]
    place = np.full(firms.size, -1)
    place[owner] = np.arange(len(owner))
    used = np.zeros((horizon.size, len(owner)), dtype=np.int64)
    np.add.at(used.T, place[loans.owner[own]], (state.principal * state.there)[own])
    exposed = exposure(offbal, horizon)
    np.add.at(used.T, place[offbal.owner], exposed)
    most = used.max(axis=0)
    room = np.where(most > 0, most * rng.uniform(1.05, 1.9, len(owner)), firms.revenue[owner] * rng.uniform(1, 4, len(owner)))
    amt = np.maximum((room / UNIT).astype(np.int64) + 1, 10) * UNIT
    begin = np.full(firms.size, NEVER)
    np.minimum.at(begin, loans.owner[own], loans.start[own])
    np.minimum.at(begin, offbal.owner, offbal.start)
    end = np.full(firms.size, -NEVER)
    np.maximum.at(end, loans.owner[own], loans.due[own])
    np.maximum.at(end, offbal.owner, offbal.due)
    start = np.where(begin[owner] < NEVER, begin[owner] - 15, rng.integers(-100, horizon.size - 5, len(owner)))
    # Of the undrawn ones, one was granted a month before the end: long enough ago to be asked about.
    start[len(borrowers) : len(borrowers) + 1] = horizon.size - 45
    until = np.where(end[owner] > -NEVER, end[owner] + 30, start + 365)
    frozen = np.where(rng.random(len(owner)) < 0.03, amt - most, 0)
    grouped = np.zeros(max(firms.groups, 1), dtype=np.int64)
    member = firms.group[owner] >= 0
    np.add.at(grouped, firms.group[owner][member], amt[member])
    return Limits(owner, amt, start, until, frozen, used, grouped)


def exposure(offbal: OffBalance, horizon: Horizon) -> np.ndarray:
    """Face less margin of each business on each lived day; what the bank had to advance stays until the end."""
    day = np.arange(horizon.size)[None, :]
    live = (day >= offbal.start[:, None]) & (day < offbal.due[:, None])
    counts = (offbal.kind != DISCOUNT) & (offbal.kind != COMMIT)
    open_part = np.where(counts, offbal.face - offbal.margin, 0)[:, None] * live
    return open_part + np.where(day >= offbal.due[:, None], offbal.advance[:, None], 0)


def is_low_risk(offbal: OffBalance) -> np.ndarray:
    """Business that is covered by margin in full: it is outside the exposure."""
    return (offbal.margin > 0) & (offbal.margin >= offbal.face)


def low_risk_owners(offbal: OffBalance) -> np.ndarray:
    """Companies with such business, in order."""
    return np.unique(offbal.owner[is_low_risk(offbal)])


def low_risk_used(offbal: OffBalance, horizon: Horizon) -> np.ndarray:
    """For each of `low_risk_owners` (rows) and lived day (columns) the face of such business."""
    owners, low = low_risk_owners(offbal), np.flatnonzero(is_low_risk(offbal))
    day = np.arange(horizon.size)[None, :]
    live = (day >= offbal.start[low][:, None]) & (day < offbal.due[low][:, None])
    found = np.zeros((len(owners), horizon.size), dtype=np.int64)
    np.add.at(found, np.searchsorted(owners, offbal.owner[low]), offbal.face[low][:, None] * live)
    return found


def is_inclusive(firms: Companies, loans: Loans, limits: Limits) -> np.ndarray:
    """Inclusive loans by the regulator's ruler: small, micro or sole, and at most ten million yuan of credit."""
    credit = np.zeros(firms.size, dtype=np.int64)
    credit[limits.owner] = limits.amt
    small = (firms.scale >= MICRO - 1) | (firms.kind == SOLE)
    return small[loans.owner] & (credit[loans.owner] <= 1_000_000_000) & ~loans.entrusted
