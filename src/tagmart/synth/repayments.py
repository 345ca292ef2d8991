"""Repayment schedules of retail loans, what was prepaid, and the limits above the loans."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tagmart.synth.calendar import Horizon
from tagmart.synth.credit import CONS, NoteDays, Notes, payment_days, prepaid_cents, principal_after, scaled
from tagmart.synth.population import NEVER, Population
from tagmart.synth.troubles import EXTENDED_MONTHS

GRANTED_SHARE = 0.02


@dataclass(frozen=True)
class Schedule:
    """Instalments, one array element each: principal and interest in cents, and the day of payment (NEVER: unpaid).

    Attributes:
        note: index of the note; term: number of the instalment, from 1.
    """

    note: np.ndarray
    term: np.ndarray
    due: np.ndarray
    principal: np.ndarray
    interest: np.ndarray
    paid: np.ndarray


@dataclass(frozen=True)
class RetailSchedule:
    """The instalments as agreed at first, and as they are after a prepayment (`now`); equal where there was none."""

    first: Schedule
    now: Schedule


@dataclass(frozen=True)
class RetailLimits:
    """Limits of retail customers, one array element each; `note` is the loan under it, -1 where nothing was drawn."""

    owner: np.ndarray
    note: np.ndarray
    amt: np.ndarray
    start: np.ndarray
    end: np.ndarray
    revolves: np.ndarray


def make_schedule(notes: Notes, horizon: Horizon) -> RetailSchedule:
    """All instalments of all loans, so that what is unpaid of the principal is what the note owes on every day."""
    count = notes.months
    note = np.repeat(np.arange(len(count)), count)
    term = np.arange(len(note)) - np.repeat(np.cumsum(count) - count, count) + 1
    due = payment_days(notes, note, term, horizon)
    before, after = principal_after(notes, note, term - 1), principal_after(notes, note, term)
    first = _instalments(notes, note, term, due, before, after)
    # Whatever falls due behind a prepayment is smaller in proportion; what was due before is as it was.
    later = due > notes.prepay_day[note]
    before, after = scaled(notes, note, before), scaled(notes, note, after)
    again = _instalments(notes, note, term, due, before, after)
    principal, interest = np.where(later, again.principal, first.principal), np.where(later, again.interest, first.interest)
    # Before more time was agreed, all of the principal was due with the last of the first payments.
    agreed = np.where((term == first_months(notes)[note]) & (notes.ext_day[note] < NEVER), notes.principal[note], first.principal)
    first = replace(first, principal=agreed)
    return RetailSchedule(first, Schedule(note, term, due, principal, interest, first.paid))


def first_months(notes: Notes) -> np.ndarray:
    """The payments that were agreed at first, before any extension."""
    return notes.months - np.where(notes.ext_day < NEVER, EXTENDED_MONTHS, 0)


def _instalments(
    notes: Notes, note: np.ndarray, term: np.ndarray, due: np.ndarray, before: np.ndarray, after: np.ndarray
) -> Schedule:
    interest = np.round(before * (notes.rate_bp[note] / 120_000)).astype(np.int64)
    missed = (due >= notes.stop_day[note]) & (due < notes.cure_day[note])
    return Schedule(note, term, due, before - after, interest, np.where(missed, notes.cure_day[note], due))


def sums_upto(count: int, days: int, row: np.ndarray, day: np.ndarray, cents: np.ndarray) -> np.ndarray:
    """Sums up to each lived day (columns), by row; days before the world count from its first one, days behind it never."""
    found = np.zeros((count, days), dtype=np.int64)
    inside = day < days
    np.add.at(found, (row[inside], np.maximum(day[inside], 0)), cents[inside])
    return found.cumsum(axis=1)


@dataclass(frozen=True)
class Repayments:
    """What was paid on loans, one array element a payment, in the order of days.

    Attributes:
        kind: index of REPAY_KINDS.
    """

    note: np.ndarray
    day: np.ndarray
    principal: np.ndarray
    interest: np.ndarray
    penalty: np.ndarray
    kind: np.ndarray


REPAY_KINDS = ("normal", "early_part", "early_full", "collect", "substitute")


def paid_instalments(schedule: Schedule, horizon: Horizon) -> Repayments:
    """Payments of instalments within the world; late ones were collected, with a penalty of 0.05 % a day."""
    at = np.flatnonzero((schedule.paid >= 0) & (schedule.paid < horizon.size) & (schedule.principal + schedule.interest > 0))
    late = schedule.paid[at] - schedule.due[at]
    penalty = (schedule.principal[at] + schedule.interest[at]) * late * 5 // 10_000
    order = np.lexsort((schedule.term[at], schedule.note[at], schedule.paid[at]))
    columns = (
        schedule.note[at], schedule.paid[at], schedule.principal[at], schedule.interest[at], penalty, np.where(late > 0, 3, 0)
    )
    return Repayments(*(column[order] for column in columns))


def make_repayments(notes: Notes, schedule: RetailSchedule, horizon: Horizon) -> Repayments:
    """Instalments and prepayments of retail loans."""
    usual = paid_instalments(schedule.now, horizon)
    early = np.flatnonzero(notes.prepay_day < horizon.size)
    none = np.zeros(len(early), dtype=np.int64)
    kind = np.where(notes.prepay_bp[early] == 10_000, 2, 1)
    more = (early, notes.prepay_day[early], prepaid_cents(notes, horizon)[early], none, none, kind)
    columns = [np.r_[one, two] for one, two in zip(usual.__dict__.values(), more, strict=True)]
    order = np.argsort(columns[1], kind="stable")
    return Repayments(*(column[order] for column in columns))


def make_limits(rng: np.random.Generator, people: Population, notes: Notes, horizon: Horizon) -> RetailLimits:
    """A limit for every loan of the bank, revolving for half of consumer loans, and consumer limits never drawn."""
    size = int((~notes.entrusted).sum())
    notes = Notes(**{name: column[:size] for name, column in notes.__dict__.items()})
    revolves = (notes.kind == CONS) & (rng.random(size) < 0.5)
    amt = np.where(revolves, notes.principal * rng.uniform(1, 2, size), notes.principal).astype(np.int64) // 100_000 * 100_000
    amt = np.maximum(amt, notes.principal)
    fits = (people.band > 0) & (people.open_day < -60) & (people.closing_day == NEVER) & (people.quiet_day == NEVER)
    fits[notes.owner] = False
    granted = rng.permutation(np.flatnonzero(fits))[: max(2, round(people.size * GRANTED_SHARE))]
    start = rng.integers(-200, horizon.size - 3, len(granted))
    # One of them was granted a month before the world ends: long enough ago to be asked about.
    start[:1] = horizon.size - 40
    return RetailLimits(
        np.r_[notes.owner, granted],
        np.r_[np.arange(size), np.full(len(granted), -1)],
        np.r_[amt, rng.integers(2, 30, len(granted)) * 1_000_000],
        np.r_[notes.start - 5, start],
        np.r_[notes.start + np.round(notes.months * 30.4375).astype(np.int64) + 5, start + 730],
        np.r_[revolves, np.ones(len(granted), dtype=bool)],
    )


def used_of(limits: RetailLimits, notes: Notes, state: NoteDays) -> np.ndarray:
    """For each limit (rows) and lived day (columns) the cents used: outstanding if it revolves, else all that was drawn."""
    drawn = np.maximum(limits.note, 0)
    day = np.arange(state.principal.shape[1])[None, :]
    outstanding = state.principal[drawn] * state.there[drawn]
    once = notes.principal[drawn][:, None] * (day >= notes.start[drawn][:, None])
    used = np.where(limits.revolves[:, None], outstanding, once)
    return np.where(limits.note[:, None] >= 0, used, 0)

