"""Contributions to personal pension accounts 个人养老金: who pays how much of the year's limit, and when.

The money comes from employers' deductions and from accounts at other banks, so no posting of this bank's core goes with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tagmart.synth.population import NEVER
from tagmart.synth.relations import AGREEMENTS
from tagmart.synth.write import JOURNAL, Feed, day_dates, money, numbered, pick

if TYPE_CHECKING:
    from tagmart.synth.world import World

STREAM = 93
KINDS = ("pay", "return")
# 个人养老金 a calendar year: 12,000 yuan, in cents; what is paid above it is given back some days later.
YEAR_LIMIT = 1_200_000
RETURN_DAYS = 5
# How a holder pays in a year: not at all, a twelfth each month, all at once, in some parts, or more than the limit.
HABITS, HABIT_SHARES = ("none", "monthly", "once", "parts", "over"), (0.2, 0.3, 0.2, 0.25, 0.05)
PART_CENTS = 50_000


def core_pension(world: World) -> Feed:
    """Contributions of those whose pension agreement is in force on the day, and what is given back of them."""
    owner, day, cents, kind = _contributions(world)
    serial = np.arange(len(day)) - np.searchsorted(day, day, side="left") + 1
    columns = {
        "contrib_no": numbered("YL", world.horizon, day, serial + world.place.base(5), 7),
        "ecif_no": pick(list(world.people.ecif_no), world.number_of(owner, day)),
        "paid_date": day_dates(world.horizon, day),
        "amt": money(cents),
        "kind_code": pick(KINDS, kind),
    }
    return Feed("core_pension", JOURNAL, columns, day)


def _contributions(world: World) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Owner, day, cents and kind of every contribution and return, in the order of days."""
    spans, horizon, rng = world.agreements, world.horizon, world.place.dice(STREAM)
    held = np.flatnonzero(spans.kind == AGREEMENTS.index("pension"))
    years = horizon.dates[: horizon.size].astype("datetime64[Y]")
    parts = []
    for year in np.unique(years):
        inside = np.flatnonzero(years == year)
        habit = rng.choice(len(HABITS), len(held), p=HABIT_SHARES)
        when = inside[rng.integers(0, len(inside), (len(held), 12))]
        for at, name in enumerate(HABITS):
            who = held[habit == at]
            parts += [(who, *paid) for paid in _payments(name, rng, when[habit == at], horizon.month_first, inside)]
    span, day, cents, kind = (np.concatenate(column) for column in zip(*(_wide(*part) for part in parts), strict=True))
    live = (spans.start[span] <= day) & (day < np.minimum(spans.end[span], NEVER)) & (day < horizon.size)
    order = np.flatnonzero(live)[np.lexsort((kind[live], span[live], day[live]))]
    return spans.owner[span[order]], day[order], cents[order], kind[order]


def _payments(
    habit: str, rng: np.random.Generator, when: np.ndarray, month_first: np.ndarray, inside: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray | int, int]]:
    """What holders of one habit pay in a year: day, cents and kind, each an array of the holders or one number for all.

    Args:
        habit: one of HABITS.
        rng: of the amounts.
        when: days of the year, by holder (rows).
        month_first: first day of each lived month.
        inside: the lived days of the year.
    """
    size = len(when)
    if habit == "monthly":
        months = month_first[(month_first >= inside[0]) & (month_first <= inside[-1])]
        return [(first + when[:, 0] % 20, YEAR_LIMIT // 12, 0) for first in months]
    if habit == "once":
        return [(when[:, 0], YEAR_LIMIT, 0)]
    if habit == "parts":
        return [(when[:, at], rng.integers(1, 5, size) * PART_CENTS, 0) for at in range(3)]
    if habit == "over":
        # What is given back is given back in the same year.
        first = np.minimum(when[:, 0], inside[-1] - 2 * RETURN_DAYS)
        return [(first, YEAR_LIMIT, 0), (first + 1, PART_CENTS, 0), (first + 1 + RETURN_DAYS, PART_CENTS, 1)]
    return []


def _wide(span: np.ndarray, day: np.ndarray, cents: np.ndarray | int, kind: int) -> tuple[np.ndarray, ...]:
    """One part of the contributions with a number of each for every holder."""
    return span, day, np.broadcast_to(cents, span.shape), np.full(len(span), kind)
