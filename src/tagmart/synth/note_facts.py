"""What files say of loan notes: the facts of retail and corporate ones alike, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tagmart.synth.credit import on_book
from tagmart.synth.population import NEVER
from tagmart.synth.troubles import OBSERVE_DAYS

# A restructured loan is at least special mention 关注 while it is watched.
WATCHED_CLASS = 2


@dataclass(frozen=True)
class NoteFacts:
    """What the files say of notes, one element a note; the matrices have a row for a note and a column for a lived day.

    Attributes:
        kind, subject: texts; mode: index of REPAY_MODES; outlet: whose branch keeps the note in its books.
        due: the last day as agreed in the end, `first_due` before the extension of `ext_day`.
        write_off, restructured: the days of it, NEVER for most; entrusted: the money is not the bank's.
        there: the file has the note; `on_book`: it is a loan of the bank.
        classed: the five-level class of each note on each day of `class_days`.
    """

    note_no: list[str]
    contract_no: list[str]
    ecif_no: list[str]
    kind: list[str]
    product: list[str]
    subject: list[str]
    rate_bp: np.ndarray
    start: np.ndarray
    due: np.ndarray
    first_due: np.ndarray
    ext_day: np.ndarray
    write_off: np.ndarray
    restructured: np.ndarray
    entrusted: np.ndarray
    mode: np.ndarray
    outlet: np.ndarray
    is_inclusive: np.ndarray
    is_first: np.ndarray
    principal: np.ndarray
    overdue: np.ndarray
    overdue_interest: np.ndarray
    dpd: np.ndarray
    there: np.ndarray
    class_days: np.ndarray
    classed: np.ndarray

    @property
    def on_book(self) -> np.ndarray:
        """Which notes (rows) are loans of the bank on which day (columns)."""
        return on_book(self.there, self.write_off, self.entrusted)

    @property
    def observe_to(self) -> np.ndarray:
        """The day until which a restructured loan is watched, NEVER for others."""
        return np.where(self.restructured < NEVER, self.restructured + OBSERVE_DAYS, NEVER)

    @property
    def is_observed(self) -> np.ndarray:
        """Which notes are restructured and watched on which day of `class_days`."""
        days = self.class_days[None, :]
        return (self.restructured[:, None] <= days) & (days <= self.observe_to[:, None])


def loan_class(dpd: np.ndarray) -> np.ndarray:
    """Class of a loan by days past due: none, up to 90, 91-270, 271-360, more."""
    return np.searchsorted(np.array((0, 90, 270, 360)), dpd, side="left") + 1


def watched_class(facts: NoteFacts) -> NoteFacts:
    """The facts with what was restructured in no class better than the one in which it is watched."""
    return replace(facts, classed=np.where(facts.is_observed, np.maximum(facts.classed, WATCHED_CLASS), facts.classed))


def contract_versions(facts: NoteFacts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each contract when signed and, if it was extended, when that was agreed: row, is extended, day."""
    longer = np.flatnonzero(facts.ext_day < NEVER)
    row = np.r_[np.arange(len(facts.start)), longer]
    is_longer = np.arange(len(row)) >= len(facts.start)
    return row, is_longer, np.where(is_longer, facts.ext_day[row], facts.start[row])


def schedule_days(facts: NoteFacts, note: np.ndarray, due: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each instalment the day on which it was agreed, and on which an extension changed it (NEVER for most)."""
    agreed = np.where(due > facts.first_due[note], facts.ext_day[note], facts.start[note])
    return agreed, np.where((facts.ext_day[note] < NEVER) & (due == facts.first_due[note]), facts.ext_day[note], NEVER)
