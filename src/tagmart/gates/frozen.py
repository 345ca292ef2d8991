"""What is known and let pass for a while: everything frozen with its reason, its last day, and what became of it tonight."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tagmart.gates.known import KNOWN, OF_AT_MOST, KnownDirt, read_known
from tagmart.gates.known import THAWED as NO_MORE
from tagmart.gates.tie_facts import KNOWN_LINES, SEPARATOR
from tagmart.gates.ties import read_ties

# What became of it: it is there and let pass; it is not there (mended, or not compared); it is another amount or more than was
# looked at, and breaks what it is frozen in; its last day is over, and nothing is let pass any more; its first day is to come.
IN_FORCE, NOT_SEEN, CHANGED, THAWED, NOT_YET = "in force", "not seen", "changed", "thawed", "not yet"


@dataclass(frozen=True)
class Frozen:
    """Something that somebody has looked at and lets pass: a difference of a tie, or dirt that an expectation counts.

    Attributes:
        name: the tie or the expectation.
        about: organisation, subject and currency of a tie; what breaks an expectation, empty where such subjects are counted.
        allowed: the difference (left side less right side, in the currency), or how many at most.
        seen: how many there are tonight; empty if none, and of a tie.
        since: when it was looked at; None of a tie.
        until: last business date on which it is let pass.
        days_left: from the night's date to it; below zero once it is over.
        reason: why it is there.
        state: in force, not seen, changed, thawed or not yet.
    """

    name: str
    about: str
    allowed: str
    seen: str
    since: date | None
    until: date
    days_left: int
    reason: str
    state: str


def frozen(suites_dir: Path, bank: str, results: Iterable[Mapping[str, object]], biz_date: date) -> list[Frozen]:
    """Everything frozen, the next to thaw first.

    Args:
        suites_dir: beside which the ties and known.yml are.
        bank: whose.
        results: rows of gate_result of the run.
        biz_date: of the run.

    Raises:
        TagmartError: if a tie or known.yml cannot be read.
    """
    results = list(results)
    told = {str(row["expectation"]): str(row["observed"]) for row in results if not row["subject"]}
    dirt = [_dirt(one, told.get(one.expectation, ""), biz_date) for one in read_known(suites_dir.parent, bank)]
    return sorted([*_of_ties(suites_dir, told, results, biz_date), *dirt], key=lambda one: (one.until, one.name, one.about))


def _of_ties(
    suites_dir: Path, told: Mapping[str, str], results: Iterable[Mapping[str, object]], biz_date: date
) -> Iterator[Frozen]:
    """The differences that ties freeze, by amount."""
    broken = {(str(row["expectation"]), str(row["subject"])) for row in results if row["subject"]}
    for tie in read_ties(suites_dir):
        passed = told.get(tie.id, "").partition(KNOWN_LINES)[2].split(", ")
        for known in tie.known:
            about = SEPARATOR.join(known.line)
            state = (
                THAWED if biz_date > known.until else CHANGED if (tie.id, about) in broken
                else IN_FORCE if about in passed else NOT_SEEN
            )  # fmt: skip
            yield Frozen(tie.id, about, f"{known.amount:,.2f}", "", None, known.until, (known.until - biz_date).days, known.reason, state)


def _dirt(known: KnownDirt, told: str, biz_date: date) -> Frozen:
    """An entry of known.yml, and what the result of its expectation says of it."""
    passed, refused = (told.partition(f"{word}{known.place}, ")[2] for word in (KNOWN, NO_MORE))
    state = (
        THAWED if biz_date > known.until else NOT_YET if biz_date < known.since
        else CHANGED if refused else IN_FORCE if passed else NOT_SEEN
    )  # fmt: skip
    seen = (passed or refused).partition(OF_AT_MOST)[0]
    return Frozen(known.expectation, known.subject, f"{known.count:,}", seen, known.since, known.until, (known.until - biz_date).days,
                  known.reason, state)
