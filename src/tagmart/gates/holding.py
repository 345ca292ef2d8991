"""What a gate holds back instead of stopping the night: a feed that has not come, a theme or the families of what breaks.

A hold is a row of the state table `held`. Which tags it means is found out where they are held (publish.held_tags), from lineage.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tagmart.core.errors import TagmartError
from tagmart.core.state import State
from tagmart.gates.expect import Checked
from tagmart.gates.facts import Fact, tag_of
from tagmart.gates.suite import HOLD, Expectation, Suite
from tagmart.gates.ties import FAMILY, THEME

FEED = "feed"
HELD = "held"


def remember_holds(
    state: State, run_id: str, suite: Suite, checked: Sequence[Checked], facts: Mapping[str, Sequence[Fact]]
) -> None:
    """Write what a gate holds back into the state, in place of what an earlier try said.

    Args:
        state: its table `held` is written.
        run_id: the run.
        suite: of the gate.
        checked: what the gate found.
        facts: what it looked at.
    """
    rows: dict[tuple[str, str], dict] = {}
    for kind, name, because, as_of in [*_late(facts.get(FEED, ())), *_broken(suite, checked, facts)]:
        row = rows.setdefault((kind, name), {"kind": kind, "name": name, "because": because, "as_of": as_of})
        if because not in row["because"].split(", "):
            row["because"] += f", {because}"
    state.do("delete from held where run_id = ? and gate = ?", run_id, suite.gate)
    state.put("held", *({"run_id": run_id, "gate": suite.gate, **row} for row in rows.values()))


def _late(feeds: Iterable[Fact]) -> Iterator[tuple[str, str, str, object]]:
    """The feeds whose contract lets their tags be held."""
    for fact in feeds:
        if fact.get("status") == HELD:
            yield FEED, str(fact["subject"]), "late or refused", fact.get("as_of")


def _broken(
    suite: Suite, checked: Iterable[Checked], facts: Mapping[str, Sequence[Fact]]
) -> Iterator[tuple[str, str, str, object]]:
    """What the expectations name that broke and do not stop the night."""
    ties = {tie.id: tie for tie in suite.ties}
    for result in checked:
        expectation = result.expectation
        if result.success or expectation.severity != HOLD:
            continue
        word, _, theme = expectation.consequence.partition(" ")
        if theme:
            yield THEME, theme, expectation.id, None
        elif expectation.id in ties:
            # The families of a tie are those that are made of what it compares, or of what it says is wrong then.
            tie = ties[expectation.id]
            yield from ((FEED, feed, expectation.id, None) for feed in tie.holds or tie.feeds)
        else:
            about = {str(fact["subject"]): fact for fact in facts[expectation.facts]}
            for subject, _ in result.broken:
                _require_tag(expectation, about[subject])
                yield (THEME if word == THEME else FAMILY), f"of {tag_of(about[subject])}", expectation.id, None


def _require_tag(expectation: Expectation, fact: Fact) -> None:
    """Refuse to hold what a fact about a whole table says: no theme and no family is its own."""
    if fact.get("is_table"):
        raise TagmartError("only a tag has a theme or a family that could be held", where=expectation.id, seen=str(fact["subject"]),
                           do="leave `on_break` out: what is wrong with a whole table stops the night")
