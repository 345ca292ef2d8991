"""Controls on accounts of companies: who ordered which, from when to when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tagmart.synth.population import NEVER
from tagmart.synth.relations import CONTROL_BY, CONTROL_KINDS, LEAST_CONTROLS, Spans

if TYPE_CHECKING:
    from tagmart.synth.world import World

STREAM = 57
CONTROL_SHARE = 0.01
FREEZE = CONTROL_KINDS.index("freeze")


def make_controls(world: World) -> Spans:
    """Controls on one of a hundred companies, every kind and every authority among them.

    `owner` is the main ACCOUNT, `kind` kind * 4 + authority, `extra` cents.
    """
    firms, days = world.companies, world.horizon.size
    rng = world.place.dice(STREAM)
    fits = rng.permutation(np.flatnonzero((firms.open_day < 0) & (firms.closing_day == NEVER)))
    who = fits[: max(LEAST_CONTROLS, round(firms.size * CONTROL_SHARE))]
    count = np.arange(len(who))
    kind = count % len(CONTROL_KINDS)
    start = rng.integers(days - 300, days - 40, len(who))
    # The first of every kind is still in force at the end.
    ends = (count >= LEAST_CONTROLS) & (rng.random(len(who)) < 0.4)
    end = np.where(ends, start + rng.integers(10, 200, len(who)), NEVER)
    by = (kind + count // len(CONTROL_KINDS)) % len(CONTROL_BY)
    return Spans(world.corporate_ledger.accounts.main[who], kind * 4 + by, start, end, rng.integers(1, 60, len(who)) * 500_000)


def frozen_amounts(world: World, days: np.ndarray) -> np.ndarray:
    """Cents that are frozen on each day (rows) and account of companies (columns)."""
    spans, found = make_controls(world), np.zeros((len(days), len(world.corporate_ledger.accounts.owner)), dtype=np.int64)
    for at in np.flatnonzero(spans.kind // 4 == FREEZE):
        found[(days >= spans.start[at]) & (days < spans.end[at]), spans.owner[at]] += spans.extra[at]
    return found
