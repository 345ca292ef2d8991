"""What is known and let pass for a while: every frozen difference with its reason, its last day, and what became of it tonight."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from tagmart.gates.tie_facts import KNOWN_LINES, SEPARATOR
from tagmart.gates.ties import read_ties

# What became of it: it is there and let pass; it is not there (mended, or the tie was not compared); it has another amount and
# breaks the tie; its last day is over, and nothing is let pass any more.
IN_FORCE, NOT_SEEN, CHANGED, THAWED = "in force", "not seen", "changed", "thawed"


@dataclass(frozen=True)
class Frozen:
    """A difference that somebody has explained.

    Attributes:
        tie: where it is said: expectations/ties/<tie>.yml.
        about: organisation, subject and currency.
        amount: left side less right side, in the currency.
        until: last business date on which it is let pass.
        days_left: from the night's date to it; below zero once it is over.
        reason: why it is there.
        state: in force, not seen, changed or thawed.
    """

    tie: str
    about: str
    amount: Decimal
    until: date
    days_left: int
    reason: str
    state: str


def frozen(suites_dir: Path, results: Iterable[Mapping[str, object]], biz_date: date) -> list[Frozen]:
    """Everything frozen, the next to thaw first.

    Args:
        suites_dir: beside which the ties are.
        results: rows of gate_result of the run.
        biz_date: of the run.

    Raises:
        TagmartError: if a tie cannot be read.
    """
    results = list(results)
    seen = {str(row["expectation"]): str(row["observed"]) for row in results if not row["subject"]}
    broken = {(str(row["expectation"]), str(row["subject"])) for row in results if row["subject"]}
    found = []
    for tie in read_ties(suites_dir):
        passed = seen.get(tie.id, "").partition(KNOWN_LINES)[2].split(", ")
        for known in tie.known:
            about = SEPARATOR.join(known.line)
            state = (
                THAWED if biz_date > known.until else CHANGED if (tie.id, about) in broken
                else IN_FORCE if about in passed else NOT_SEEN
            )  # fmt: skip
            found.append(Frozen(tie.id, about, known.amount, known.until, (known.until - biz_date).days, known.reason, state))
    return sorted(found, key=lambda one: (one.until, one.tie, one.about))
