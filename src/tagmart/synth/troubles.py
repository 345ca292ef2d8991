"""What becomes of some loans in life: entrusted, written off, extended or restructured; all of it drawn apart from the rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tagmart.synth.calendar import Horizon
from tagmart.synth.credit import BIZ, MTG, Notes, payment_days
from tagmart.synth.population import DORMANT, NEVER, Population

ENTRUSTED_SHARE, WRITTEN_SHARE, EXTENDED_SHARE = 0.01, 0.03, 0.2
EXTENDED_MONTHS = 6
# An extension is agreed so many days before the loan was due; what was restructured is watched for a year.
EXTENSION_NOTICE, OBSERVE_DAYS = 10, 365


def with_troubles(rng: np.random.Generator, notes: Notes, people: Population, horizon: Horizon) -> Notes:
    """The notes with their troubles, and behind them the loans of the housing provident fund 公积金, which are not the bank's.

    Args:
        rng: dice.
        notes: as `make_notes` made them.
        people, horizon: of the world.
    """
    sound = (notes.stop_day == NEVER) & (notes.kind != MTG)
    found = _written_off(rng, notes, sound, horizon)
    found = _extended(rng, found, sound & (found.stop_day == NEVER), horizon)
    return _with_entrusted(rng, _restructured(found, horizon), people, horizon)


def _written_off(rng: np.random.Generator, notes: Notes, sound: np.ndarray, horizon: Horizon) -> Notes:
    """Some borrowers pay no more, and most of a year later the bank gives the claim up: it stays a claim off the books."""
    fits = np.flatnonzero(sound & (notes.start < horizon.size - 460) & (notes.months >= 12))
    chosen = rng.permutation(fits)[: max(1, round(int((notes.kind != MTG).sum()) * WRITTEN_SHARE))]
    stop, written = notes.stop_day.copy(), notes.write_off.copy()
    stop[chosen] = np.maximum(notes.start[chosen], -250) + rng.integers(60, 120, len(chosen))
    # Never before the world: a claim is given up on a day of it.
    stop[chosen] = np.maximum(stop[chosen], 1)
    written[chosen] = stop[chosen] + rng.integers(250, 330, len(chosen))
    return replace(notes, stop_day=stop, write_off=written)


def _extended(rng: np.random.Generator, notes: Notes, sound: np.ndarray, horizon: Horizon) -> Notes:
    """Business loans of a year that are given half a year more just before they are due 展期."""
    due = payment_days(notes, np.arange(len(notes.owner)), notes.months, horizon)
    fits = np.flatnonzero(sound & (notes.kind == BIZ) & (notes.months == 12) & (due > 40) & (due < horizon.size - 15))
    chosen = rng.permutation(fits)[: max(2, round(int((notes.kind == BIZ).sum()) * EXTENDED_SHARE))]
    months, extended = notes.months.copy(), notes.ext_day.copy()
    months[chosen] += EXTENDED_MONTHS
    extended[chosen] = due[chosen] - EXTENSION_NOTICE
    return replace(notes, months=months, ext_day=extended)


def _restructured(notes: Notes, horizon: Horizon) -> Notes:
    """Every second borrower who paid up again, or whose loan was extended, did so because the bank gave way 重组."""
    helped = np.where(notes.ext_day < NEVER, notes.ext_day, notes.cure_day)
    at = np.flatnonzero(helped < horizon.size)[::2]
    day = notes.restructured.copy()
    day[at] = helped[at]
    return replace(notes, restructured=day)


def _with_entrusted(rng: np.random.Generator, notes: Notes, people: Population, horizon: Horizon) -> Notes:
    """Loans that the bank only keeps the books of, at the fund's lower rate; they stand behind all others."""
    age = (horizon.origin + horizon.size - people.birth).astype(np.int64) / 365.25
    fits = np.flatnonzero(
        (people.band > 0) & (age > 24) & (age < 58) & (people.closing_day == NEVER) & (people.activity != DORMANT)
        & people.has_account & (people.open_day < -200)
    )  # fmt: skip
    owner = np.sort(rng.permutation(fits)[: max(2, round(people.size * ENTRUSTED_SHARE))])
    size = len(owner)
    never = np.full(size, NEVER)
    more = Notes(
        owner=owner,
        kind=np.full(size, MTG),
        principal=(rng.lognormal(12.9, 0.3, size) * 100).astype(np.int64) // 1_000_000 * 1_000_000 + 1_000_000,
        rate_bp=rng.choice((260, 285, 310), size),
        start=np.maximum(-rng.integers(60, 3000, size), people.open_day[owner] + 30),
        months=rng.choice((180, 240, 300, 360), size),
        pay_day=rng.integers(1, 28, size),
        stop_day=never, cure_day=never, prepay_day=never, prepay_bp=np.zeros(size, dtype=np.int64),
        write_off=never, ext_day=never, restructured=never, entrusted=np.ones(size, dtype=bool),
    )  # fmt: skip
    return Notes(**{name: np.r_[column, more.__dict__[name]] for name, column in notes.__dict__.items()})
