"""One gate of a run: gather the facts, run the suite, remember what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tagmart.core import clock
from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.gates.expect import Checked, check
from tagmart.gates.facts import EVERYTHING, Fact, GateInput, gather, tag_of
from tagmart.gates.failing import FailingRow
from tagmart.gates.failing_tags import failing_tags
from tagmart.gates.holding import remember_holds
from tagmart.gates.known import let_pass, read_known
from tagmart.gates.suite import load_suite

# Subjects remembered per expectation: who reads more of them reads the frame.
MOST_SUBJECTS = 50
# Subjects named in the line that a stage prints.
MOST_NAMED = 3


@dataclass(frozen=True)
class GateOutcome:
    """What a gate found.

    Attributes:
        gate: the gate.
        failed: true if the night must stop.
        summary: for the operator: how many are green, and of the red ones who broke them and why.
        checked: every expectation's result.
    """

    gate: str
    failed: bool
    summary: str
    checked: tuple[Checked, ...]


def run_gate(settings: Settings, state: State, run_id: str, gate: str) -> GateOutcome:
    """Run a gate of a run and write its results to the state, in place of those of an earlier try.

    Args:
        settings: the home.
        state: its state.
        run_id: the run.
        gate: gate1, gate2, ledger or gate3.

    Raises:
        TagmartError: if the gate could not be computed. That is neither red nor green, and no result is left behind.
    """
    run = state.row("select biz_date from run where run_id = ?", run_id)
    if run is None:
        raise TagmartError("there is no such run", where="run_id", seen=repr(run_id), do="see `tagmart status`")
    suite = load_suite(settings.suites_dir, gate)
    state.do("delete from gate_result where run_id = ? and gate = ?", run_id, gate)
    given = GateInput(settings, state, run_id, date.fromisoformat(run["biz_date"]), suite.sums, suite.ties)
    facts = {frame: gather(frame, given) for frame in suite.frames}
    return judge(settings, state, run_id, gate, facts, lambda checked: failing_tags(given, checked))


def judge(
    settings: Settings,
    state: State,
    run_id: str,
    gate: str,
    facts: Mapping[str, Sequence[Fact]],
    look_up: Callable[[Sequence[Checked]], Iterable[FailingRow]] = lambda checked: (),
) -> GateOutcome:
    """Run a gate's suite over facts already gathered, and write the results.

    Args:
        look_up: finds the failing rows of what is red and did not bring them along, in one targeted query each.
    """
    suite = load_suite(settings.suites_dir, gate)
    checked = check(settings.home, suite, facts)
    if known := [one for one in read_known(settings.suites_dir.parent, settings.bank) if one.gate == gate]:
        day = date.fromisoformat(state.row("select biz_date from run where run_id = ?", run_id)["biz_date"])
        checked = let_pass(checked, known, facts, day)
    themes = {tag_of(fact): str(fact["theme_code"]) for fact in facts.get("tag", ()) if fact.get("theme_code")}
    spoken = {frame: _by_subject(rows) for frame, rows in facts.items()}
    red = [result for result in checked if not result.success]
    failing = [*_brought_along(red, spoken), *look_up(red)]
    at = clock.now().isoformat(timespec="microseconds")
    records = [
        {"run_id": run_id, "gate": gate, "checked_at": at, **record}
        for result in checked
        for record in _records(result, spoken[result.expectation.facts], themes)
    ]
    # First away, then in one transaction anew: a killed gate leaves no result, and no result is not a pass.
    state.do("delete from gate_result where run_id = ? and gate = ?", run_id, gate)
    state.do("delete from gate_failing_row where run_id = ? and gate = ?", run_id, gate)
    state.put("gate_failing_row", *(row.record(run_id, gate) for row in failing))
    state.put("gate_result", *records)
    remember_holds(state, run_id, suite, checked, facts)
    failed = any(not result.success and result.expectation.severity == "fail" for result in checked)
    return GateOutcome(gate, failed, _summary(checked, spoken), tuple(checked))


def _by_subject(rows: Iterable[Fact]) -> dict[tuple[str | None, str], Fact]:
    """Facts by the tie that they are of, if any, and their subject: two ties may speak of the same line of the ledger."""
    return {(fact.get("tie"), str(fact["subject"])): fact for fact in rows}


def _brought_along(red: Iterable[Checked], spoken: Mapping[str, Mapping]) -> list[FailingRow]:
    """The failing rows that facts carry themselves, of the subjects that are remembered."""
    return [
        row
        for result in red
        for subject, _ in _first(result)
        for row in _said(spoken[result.expectation.facts], result, subject, "failing") or ()
    ]


def _records(result: Checked, facts: Mapping[tuple[str | None, str], Fact], themes: Mapping[str, str]) -> list[dict]:
    """Rows of gate_result: the expectation itself, then each subject that breaks it, with the theme of the tag that it is about."""
    expectation = result.expectation
    shared = {
        "expectation": expectation.id,
        "severity": expectation.severity,
        "success": int(result.success),
        "what_to_do": expectation.do,
        "consequence": expectation.consequence,
    }
    # A tie speaks for itself: what was compared, or why nothing was.
    own = _said(facts, result, expectation.id, "message")
    if own is None and (about := _said(facts, result, EVERYTHING, "message")):
        own = f"{result.observed}; {about}"
    title = f"{expectation.zh}｜{expectation.en}"
    whole = {
        **shared,
        "subject": "",
        "owner": expectation.owner,
        "observed": str(own or result.observed),
        "message": title if result.success else f"{title}: {expectation.means}",
    }
    if result.success:
        return [whole]
    return [whole] + [
        {
            **shared,
            "subject": subject,
            "theme": _theme(_fact_of(facts, result, subject), expectation.consequence, themes),
            "owner": str(_said(facts, result, subject, "owner") or expectation.owner),
            "observed": values,
            "message": str(_said(facts, result, subject, "message") or expectation.means),
        }
        for subject, values in _first(result)
    ]


def _summary(checked: Sequence[Checked], spoken: Mapping[str, Mapping[str, Fact]]) -> str:
    """One line if all is well, else one more for every expectation that is red."""
    green = sum(result.success for result in checked)
    lines = [f"{green} of {len(checked)} expectations green"]
    for result in checked:
        if result.success:
            continue
        facts = spoken[result.expectation.facts]
        named = [
            f"{subject} ({_said(facts, result, subject, 'message') or values})"
            for subject, values in _first(result)[:MOST_NAMED]
        ]
        more = len(result.broken) - len(named)
        lines.append(
            f"{result.expectation.severity} {result.expectation.id}: {result.expectation.en}, {result.observed}"
            + _consequence(result.expectation.consequence)
            + (": " + "; ".join(named) if named else "")
            + (f"; and {more} more" if more > 0 else "")
        )
    return "\n".join(lines)


def _first(result: Checked) -> list[tuple[str, str]]:
    """The subjects that are remembered, each once."""
    return list(dict(result.broken).items())[:MOST_SUBJECTS]


def _said(facts: Mapping[tuple[str | None, str], Fact], result: Checked, subject: str, what: str) -> object:
    """What the fact of a subject says of itself: its message, its owner, its failing rows."""
    return _fact_of(facts, result, subject).get(what)


def _fact_of(facts: Mapping[tuple[str | None, str], Fact], result: Checked, subject: str) -> Fact:
    """The fact of a subject; of two ties that speak of the same line that of the right one."""
    return facts.get((result.expectation.id, subject)) or facts.get((None, subject)) or {}


def _theme(fact: Fact, consequence: str, themes: Mapping[str, str]) -> str:
    """Whose it is: the theme of the tag, of the total that is cut, of the shorter window; else that which a tie would hold back."""
    return str(fact.get("theme_code") or themes.get(tag_of(fact)) or consequence.partition("theme ")[2])


def _consequence(word: str) -> str:
    """What a break means for publishing, where it is less than everything."""
    if word in ("", "stop", "warn"):
        return ""
    what = {"theme": "the theme concerned", "family": "the family concerned"}.get(word, f"the {word}")
    return f" (only {what} and the tags derived from it keep their last good values)"
