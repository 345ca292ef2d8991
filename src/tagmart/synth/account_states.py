"""What the customer file of accounts says when: an account is written when it opens, whenever it is used, and when it closes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.fx import FxLegs
from tagmart.synth.ledger import INIT, Legs
from tagmart.synth.population import NEVER


@dataclass(frozen=True)
class AccountStates:
    """Versions of accounts, one array element a version.

    Attributes:
        row: the account; day: from when the version holds; closed: whether it says that the account is closed.
        last_used: day of the last posting that the bank itself did not begin, -1 where there was none since the world began.
    """

    row: np.ndarray
    day: np.ndarray
    closed: np.ndarray
    last_used: np.ndarray


def account_states(
    real: np.ndarray,
    opened: np.ndarray,
    closing: np.ndarray,
    legs: Legs | FxLegs,
    first: int,
    last: int,
    handed: np.ndarray | None = None,
) -> AccountStates:
    """Versions of accounts for an initial load and the deliveries behind it.

    An account is used on days on which its customer, a payer or an authority posts to it; interest, fees and deductions are
    the bank's own doing. Versions between opening and the initial load are left out: nobody would see them.

    Args:
        real: the accounts that exist.
        opened: the day on which each account is opened.
        closing: the day on which each is closed, NEVER for most.
        legs: posted on these accounts, in the order of days.
        first: day of the initial load.
        last: day of the last delivery.
        handed: the day on which each account came under another customer number, NEVER for most; None for no such accounts.
    """
    upto = int(np.searchsorted(legs.day, last + 1))
    used = np.flatnonzero(legs.init[:upto] != INIT["B"])
    acct, day = legs.acct[used].astype(np.int64), legs.day[used].astype(np.int64)
    early = day <= first
    latest = np.full(len(opened), -1, dtype=np.int64)
    np.maximum.at(latest, acct[early], day[early])
    size = last - first + 1
    later = np.unique(acct[~early] * size + day[~early] - first)
    moved, moved_day = later // size, later % size + first
    gone = real[closing[real] < NEVER]
    # An account is no more used than closed on its last day, and no more used than opened on its first.
    kept = (moved_day > opened[moved]) & (moved_day < closing[moved])
    given = real[:0] if handed is None else real[(handed[real] > opened[real]) & (handed[real] < closing[real])]
    row = np.r_[real, given, moved[kept], gone]
    when = np.r_[opened[real], opened[given] if handed is None else handed[given], moved_day[kept], closing[gone]]
    closed = np.r_[np.zeros(len(row) - len(gone), bool), np.ones(len(gone), bool)]
    # The newest use up to the version's day: among the days behind the initial load, else what was known by then.
    key = row * size + np.clip(when - first, 0, size - 1)
    at = np.searchsorted(later, key, side="right") - 1
    found = later[np.maximum(at, 0)] if len(later) else np.zeros(len(key), dtype=np.int64)
    recent = (at >= 0) & (found // size == row) & (len(later) > 0)
    return AccountStates(row, when, closed, np.where(recent, found % size + first, latest[row]))
