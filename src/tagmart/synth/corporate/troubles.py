"""What becomes of some loans of companies: extended, restructured, written off; and loans of one company to another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tagmart.synth.calendar import Horizon
from tagmart.synth.corporate.companies import ENTERPRISE, Companies
from tagmart.synth.corporate.lending import FIXED_ASSET, UNIT, WCAP, Loans
from tagmart.synth.population import NEVER
from tagmart.synth.troubles import EXTENSION_NOTICE

EXTENDED_SHARE, WRITTEN_SHARE, ENTRUSTED_SHARE = 0.05, 0.01, 0.006
EXTENDED_DAYS, UNPAID_DAYS = 180, 280


def with_troubles(rng: np.random.Generator, loans: Loans, firms: Companies, horizon: Horizon) -> Loans:
    """The loans with their troubles; behind them entrusted loans, whose money is another company's.

    Who is in trouble borrows no more: later notes of that company are left out. Guarantee circles stay sound.

    Args:
        rng: dice.
        loans: as `make_loans` made them.
        firms, horizon: of the world.
    """
    free = (loans.stop_day == NEVER) & (firms.circle[loans.owner] < 0)
    lapsed = _one_of_each(rng, loans, np.flatnonzero(free & (loans.start < horizon.size - 420) & (loans.start > -150)))
    lapsed = lapsed[: max(1, round(len(loans.owner) * WRITTEN_SHARE))]
    free &= ~np.isin(loans.owner, loans.owner[lapsed])
    ripe = free & (loans.kind != FIXED_ASSET) & (loans.due > 60) & (loans.due < horizon.size - 40)
    longer = _one_of_each(rng, loans, np.flatnonzero(ripe))[: max(2, round(len(loans.owner) * EXTENDED_SHARE))]
    stop, written, due, agreed = (loans.stop_day.copy(), loans.write_off.copy(), loans.due.copy(), loans.first_due.copy())
    first = np.maximum(loans.start[lapsed] + 60, 5)
    stop[lapsed], written[lapsed] = first, first + UNPAID_DAYS
    due[longer] += EXTENDED_DAYS
    restructured = loans.restructured.copy()
    helped = longer[::2]
    restructured[helped] = agreed[helped] - EXTENSION_NOTICE
    found = replace(loans, stop_day=stop, write_off=written, due=due, restructured=restructured)
    last = np.full(firms.size, NEVER)
    troubled = np.r_[lapsed, longer]
    last[loans.owner[troubled]] = loans.start[troubled]
    kept = loans.start <= last[loans.owner]
    found = Loans(**{name: column[kept] for name, column in found.__dict__.items()})
    return _with_entrusted(rng, found, firms)


def _one_of_each(rng: np.random.Generator, loans: Loans, fits: np.ndarray) -> np.ndarray:
    """Loans in any order, one of a borrower."""
    mixed = rng.permutation(fits)
    return mixed[np.sort(np.unique(loans.owner[mixed], return_index=True)[1])]


def _with_entrusted(rng: np.random.Generator, loans: Loans, firms: Companies) -> Loans:
    """Money that one company lends to another through the bank, which neither funds it nor bears its risk 委托贷款."""
    fits = (firms.kind == ENTERPRISE) & (firms.open_day < -60) & (firms.quiet_day == NEVER) & (firms.closing_day == NEVER)
    fits &= ~np.isin(np.arange(firms.size), loans.owner)
    owner = np.sort(rng.permutation(np.flatnonzero(fits))[: max(1, round(firms.size * ENTRUSTED_SHARE))])
    size = len(owner)
    start = rng.integers(-50, 200, size)
    never = np.full(size, NEVER)
    more = Loans(
        owner=owner, kind=np.full(size, WCAP),
        principal=np.maximum(10, (firms.revenue[owner] * rng.uniform(0.5, 2, size)).astype(np.int64) // UNIT) * UNIT,
        rate_bp=rng.integers(400, 600, size), start=start, due=start + 1095, stop_day=never, cure_day=never,
        is_first=np.zeros(size, dtype=bool), first_due=start + 1095, write_off=never, restructured=never,
        entrusted=np.ones(size, dtype=bool),
    )  # fmt: skip
    return Loans(**{name: np.r_[column, more.__dict__[name]] for name, column in loans.__dict__.items()})
