"""Failing rows: which accounts or customers break an expectation, found by one targeted query after it has failed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

# Signs left readable at the end of a key.
READABLE = 4


@dataclass(frozen=True)
class FailingRow:
    """One key that breaks an expectation, or is among the largest of a line that does.

    Attributes:
        expectation: its id.
        subject: what broke it: a line of the ledger, a tag.
        place: from 1, the worst first.
        key_kind: account, note, customer, …
        key: in full; stays in the home.
        shown: as people and the mart see it.
        reason: why it is here.
        gl_org, gl_subject, ccy, amount_left, amount_right: for ties.
    """

    expectation: str
    subject: str
    place: int
    key_kind: str
    key: str
    shown: str
    reason: str
    gl_org: str | None = None
    gl_subject: str | None = None
    ccy: str | None = None
    amount_left: Decimal | None = None
    amount_right: Decimal | None = None

    def record(self, run_id: str, gate: str) -> dict[str, object]:
        """The row of the state; amounts as text, for SQLite knows no decimals."""
        gap = None if self.amount_left is None or self.amount_right is None else self.amount_left - self.amount_right
        return {
            "run_id": run_id, "gate": gate, "expectation": self.expectation, "subject": self.subject, "place": self.place,
            "key_kind": self.key_kind, "key_full": self.key, "key_shown": self.shown, "reason": self.reason,
            "gl_org": self.gl_org, "gl_subject": self.gl_subject, "ccy": self.ccy,
            "amount_left": _text(self.amount_left), "amount_right": _text(self.amount_right), "difference": _text(gap),
        }  # fmt: skip


def masked(key: str) -> str:
    """A key of which the last signs stay readable; a short one is hidden whole."""
    return "****" + (key[-READABLE:] if len(key) >= 3 * READABLE else "")


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"
