"""The general ledger as sums: per subject, organisation and day what was debited and credited, in cents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tagmart.synth import reference
from tagmart.synth.finance.subjects import EQUITY

BASE_CCY = "CNY"


def gl_org_ids() -> list[str]:
    """Organisations that keep books, in the order that the ledger counts them."""
    return list(dict.fromkeys(org.gl_org_id for org in reference.organisations()))


def gl_org_of_outlet() -> np.ndarray:
    """For each outlet the index of the organisation that keeps its books."""
    ids = gl_org_ids()
    outlets = [org for org in reference.organisations() if org.level_code == "outlet"]
    return np.array([ids.index(org.gl_org_id) for org in outlets])


@dataclass
class Book:
    """Every entry is posted on both sides, so debits and credits of an organisation are always equal.

    Attributes:
        days: number of lived days.
        opening: per subject the net debit of each organisation before the first day.
        debit, credit: per subject an array of organisations (rows) and days (columns).
    """

    days: int
    opening: dict[str, np.ndarray] = field(default_factory=dict)
    debit: dict[str, np.ndarray] = field(default_factory=dict)
    credit: dict[str, np.ndarray] = field(default_factory=dict)

    def _line(self, subject: str) -> None:
        """Make sure that a subject has its arrays."""
        if subject not in self.opening:
            orgs = len(gl_org_ids())
            self.opening[subject] = np.zeros(orgs, dtype=np.int64)
            self.debit[subject] = np.zeros((orgs, self.days), dtype=np.int64)
            self.credit[subject] = np.zeros((orgs, self.days), dtype=np.int64)

    def post(self, debit: str, credit: str, org: np.ndarray, day: np.ndarray, cents: np.ndarray) -> None:
        """Post entries, one array element an entry; a red one is negative. Days outside the world are left out.

        Args:
            debit: subject that is debited.
            credit: subject that is credited.
            org: index of the organisation of each.
            day: day index of each.
            cents: amount of each.
        """
        self._line(debit)
        self._line(credit)
        lived = (day >= 0) & (day < self.days)
        where = (org[lived], day[lived])
        np.add.at(self.debit[debit], where, cents[lived])
        np.add.at(self.credit[credit], where, cents[lived])

    def open(self, debit: str, credit: str, org: np.ndarray, cents: np.ndarray) -> None:
        """Balances from before the first day, with their contra."""
        self._line(debit)
        self._line(credit)
        np.add.at(self.opening[debit], org, cents)
        np.subtract.at(self.opening[credit], org, cents)

    def state(
        self, subject: str, contra: str, balance: np.ndarray, is_asset: bool = True, before: str = EQUITY
    ) -> None:
        """A subject whose balance is known from the details: every change of a day is one entry.

        Args:
            subject: of the details.
            contra: the other side.
            balance: cents per organisation (rows) and lived day (columns); the first day's is there from before.
            is_asset: whether it grows on the debit side.
            before: the other side of what is there from before.
        """
        orgs = np.arange(balance.shape[0])
        both, old = ((subject, contra), (subject, before)) if is_asset else ((contra, subject), (before, subject))
        self.open(*old, orgs, balance[:, 0])
        change = np.diff(balance, axis=1)
        for pair, part in ((both, np.maximum(change, 0)), (both[::-1], np.maximum(-change, 0))):
            org, day = np.nonzero(part)
            self.post(*pair, org, day + 1, part[org, day])

    def net(self, subject: str) -> np.ndarray:
        """Net debit per organisation and day at the end of the day."""
        return self.opening[subject][:, None] + np.cumsum(self.debit[subject] - self.credit[subject], axis=1)


def added(books: Sequence[Book]) -> Book:
    """The books of all blocks in one."""
    whole = Book(books[0].days)
    for book in books:
        for subject in book.opening:
            whole._line(subject)
            whole.opening[subject] += book.opening[subject]
            whole.debit[subject] += book.debit[subject]
            whole.credit[subject] += book.credit[subject]
    return whole


def summed(org: np.ndarray, values: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Details (rows) by day (columns), where they are there, added up by organisation."""
    found = np.zeros((len(gl_org_ids()), values.shape[1]), dtype=np.int64)
    for at in range(len(found)):
        mine = org == at
        found[at] = np.where(there[mine], values[mine], 0).sum(axis=0)
    return found


def summed_spans(org: np.ndarray, cents: np.ndarray, start: np.ndarray, end: np.ndarray, days: int) -> np.ndarray:
    """Amounts that are there from `start` to before `end`, added up by organisation and day."""
    change = np.zeros((len(gl_org_ids()), days + 1), dtype=np.int64)
    np.add.at(change, (org, np.clip(start, 0, days)), cents)
    np.subtract.at(change, (org, np.clip(end, 0, days)), cents)
    return np.cumsum(change, axis=1)[:, :-1]
