"""The stages of a night, in order, and the one function that runs any of them."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from time import perf_counter
from typing import TYPE_CHECKING

from tagmart.core import clock
from tagmart.core.errors import TagmartError
from tagmart.core.locking import writer_lock
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.night.begin import BEGIN, require_turn
from tagmart.night.space import note_space

if TYPE_CHECKING:
    from tagmart.gates import GateOutcome


@dataclass(frozen=True)
class Turn:
    """What a stage is given: where things are, what has happened, and which run it works for."""

    settings: Settings
    state: State
    run_id: str
    biz_date: date


@dataclass(frozen=True)
class Stage:
    """One step of the night.

    Attributes:
        name: as in Airflow and on the command line.
        title: what it does, for people.
        work: does it, and returns what was done in a few words.
    """

    name: str
    title: str
    work: Callable[[Turn], str]


def _ingest(turn: Turn) -> str:
    from tagmart.ingest import ingest_night

    facts = ingest_night(turn.settings, turn.state, turn.run_id, turn.biz_date, progress=print)
    carried = sum(fact.status == "carried" for fact in facts)
    held = sum(fact.status == "held" for fact in facts)
    refused = sum(fact.status not in ("loaded", "unchanged", "carried", "held") for fact in facts)
    return (f"{len(facts)} feeds · {rows_taken_in(turn.state, turn.run_id)}" + (f" · {carried} carried" if carried else "")
            + (f" · {held} held" if held else "") + (f" · {refused} refused" if refused else ""))


def rows_taken_in(state: State, run_id: str) -> str:
    """The rows of the run's own day, and those of earlier deliveries that the run also loaded, in words."""
    day = state.row("select coalesce(sum(rows_loaded), 0) as n from feed_fact where run_id = ?", run_id)["n"]
    earlier = state.row(
        "select coalesce(sum(arrival.rows_loaded), 0) as n from arrival join feed_fact using (feed)"
        " where arrival.run_id = ? and feed_fact.run_id = ? and arrival.biz_date not in (feed_fact.biz_date, 'static')",
        run_id, run_id,
    )["n"]
    return f"{day:,} rows of the day" + (f" · {earlier:,} of earlier deliveries" if earlier else "")


# Gates that are checked in one stage: starting a process costs more than either.
GATES_OF = {"gate1": ("gate1",), "gate2": ("gate2", "ledger"), "gate3": ("gate3",)}


def _gate(stage: str) -> Callable[[Turn], str]:
    def work(turn: Turn) -> str:
        from tagmart.gates import run_gate

        if stage == "gate2" and _is_left_held(turn):
            _profile(turn)
        # All of them, even if the first is red: one look shows everything that is to be mended.
        outcomes = [run_gate(turn.settings, turn.state, turn.run_id, gate) for gate in GATES_OF[stage]]
        if red := [outcome for outcome in outcomes if outcome.failed]:
            raise TagmartError(f"{' and '.join(outcome.gate for outcome in red)} is red", where=turn.run_id,
                               seen="\n".join(outcome.summary for outcome in red),
                               do=f"see `tagmart gate show {turn.run_id}`; the published mart is still the last good one")
        return _hold(turn, stage) + _one_line(outcomes)

    return work


def _one_line(outcomes: Sequence[GateOutcome]) -> str:
    """The gates of a stage in its first line, which is all that most people read; what is red in the lines below it."""
    firsts, details = [], []
    for outcome in outcomes:
        first, *more = outcome.summary.splitlines()
        firsts.append(first if len(outcomes) == 1 else f"{outcome.gate}: {first}")
        details += more
    return "\n".join([" · ".join(firsts), *details])


def _hold(turn: Turn, stage: str) -> str:
    """What the gates of a stage have held back is held: before the night goes on, and before gate 3 and readers see it."""
    from tagmart.night.held import hold_tags, require_earlier

    if stage == "gate1":
        require_earlier(turn.settings, turn.state, turn.run_id, turn.biz_date)
    broken = turn.state.row(
        f"select 1 from held where run_id = ? and gate in ({', '.join('?' for _ in GATES_OF[stage])})", turn.run_id, *GATES_OF[stage]
    )
    if stage != "gate2" or not broken:
        return ""
    from tagmart.gates.profile import profile_candidate

    held = hold_tags(turn.settings, turn.state, turn.run_id, turn.biz_date)
    profile_candidate(turn.settings.run_dir(turn.run_id) / "tagmart.duckdb")
    return f"{sum(one.tags for one in held)} tags keep earlier values\n"


def _dbt(*layers: str) -> Callable[[Turn], str]:
    def work(turn: Turn) -> str:
        from tagmart.night.build import build

        return build(turn.settings, turn.run_id, list(layers))

    return work


def _wide(turn: Turn) -> str:
    from tagmart.explain import write_lineage
    from tagmart.publish import lay_out

    lay_out(turn.settings)
    traced = write_lineage(turn.settings)
    return f"{_dbt('wide')(turn)}, {traced} tags traced to their sources"


def _is_left_held(turn: Turn) -> bool:
    """Has an earlier try of this stage or a later one put earlier values into the wide tables? Then they are to be made anew.

    A gate leaves out what is held. It would find nothing wrong, and the night would go on with tags that nobody holds.
    """
    from tagmart.night.held import is_left_held

    return is_left_held(turn.settings, turn.state, turn.run_id)


def _profile(turn: Turn) -> str:
    from tagmart.gates.profile import profile_candidate
    from tagmart.night.held import hold_tags
    from tagmart.publish import label_candidate

    if _is_left_held(turn):
        _wide(turn)
    label_candidate(turn.settings)
    held = hold_tags(turn.settings, turn.state, turn.run_id, turn.biz_date)
    tags = profile_candidate(turn.settings.candidate / "tagmart.duckdb")
    return f"{tags} tags profiled" + (f", {sum(one.tags for one in held)} of them keep earlier values" if held else "")


def _segments(turn: Turn) -> str:
    from tagmart.night.held import mark_segments
    from tagmart.night.leads import mark_leads

    degraded, held = mark_segments(turn.settings, turn.state, turn.run_id, turn.biz_date)
    leads = mark_leads(turn.settings, turn.state, turn.run_id, turn.biz_date)
    return (_dbt("segments")(turn) + (f", {degraded} segments degraded, {held} held" if degraded or held else "")
            + (f", {leads} leads on an earlier state" if leads else ""))


def _publish(turn: Turn) -> str:
    import duckdb

    from tagmart.publish import publish, settle

    published = publish(turn.settings, turn.state, turn.run_id, turn.biz_date)
    turn.state.do("update run set status = 'published', ended_at = ? where run_id = ?", _now(), turn.run_id)
    done = str(published.relative_to(turn.settings.home))
    try:
        removed = settle(turn.settings, turn.state, spare=turn.run_id)
    except (OSError, TagmartError, duckdb.Error) as error:
        # Readers have the new night already: a disk that does not let go of an old one must not make it red.
        return f"{done} · across.duckdb was not made anew or older runs not removed (`tagmart published settle`): {error}"
    return done + (f" · {len(removed)} older run(s) removed" if removed else "")


STAGES = (
    Stage("ingest", "take in the files", _ingest),
    Stage("gate1", "may the files be used?", _gate("gate1")),
    Stage("dwd", "conform parties, accounts, transactions", _dbt("seeds", "staging", "dwd")),
    Stage("dws", "daily partials", _dbt("dws")),
    Stage("tags", "tags", _dbt("tags")),
    Stage("wide", "wide tables and catalogue", _wide),
    Stage("profile", "label and profile every tag", _profile),
    Stage("gate2", "may the tags be used?", _gate("gate2")),
    Stage("segments", "segments", _segments),
    Stage("gate3", "may the night be published?", _gate("gate3")),
    Stage("publish", "publish", _publish),
)
BY_NAME = {stage.name: stage for stage in STAGES}


def run_stage(settings: Settings, run_id: str, name: str) -> str:
    """Run one stage of a run under the writer's lock, and record how it went.

    Any stage can be run again after a failure or a kill: each replaces what it writes.

    Returns:
        What was done, in a few words.

    Raises:
        TagmartError: as the stage says; the run is then marked failed, and the published mart is untouched.
    """
    stage = BY_NAME[name]
    state = State(settings.state_db)
    with writer_lock(settings.home, run_id, name), few_collections():
        names = [BEGIN, *BY_NAME]
        run = require_turn(settings, state, run_id, before=names[names.index(name) - 1])
        state.do("update run set status = 'running', message = null, ended_at = null where run_id = ?", run_id)
        _forget_from(state, run_id, name)
        state.put("stage", {"run_id": run_id, "stage": name, "status": "running", "started_at": _now()})
        _board(settings, state)
        started = perf_counter()
        try:
            message = stage.work(Turn(settings, state, run_id, date.fromisoformat(run["biz_date"])))
        except BaseException as error:
            _record_failure(settings, state, run_id, name, perf_counter() - started, error)
            raise
        note_space(settings, state, run_id, date.fromisoformat(run["biz_date"]), name)
        _finish(state, run_id, name, "done", perf_counter() - started, message)
        if name == STAGES[-1].name:
            _page(settings, state, run_id)
        _board(settings, state)
    return message


@contextmanager
def few_collections() -> Iterator[None]:
    """Look for unreachable objects seldom: a stage makes millions that stay, and Python would walk them again and again.

    A fifth of a dbt stage was spent on that. Its memory is the same: what a stage drops is freed at once, by its count.
    """
    before = gc.get_threshold()
    gc.set_threshold(100_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _forget_from(state: State, run_id: str, name: str) -> None:
    """Drop what this stage and those after it said in an earlier try: it was about data that is now made anew."""
    names = [stage.name for stage in STAGES]
    for later in names[names.index(name):]:
        state.do("delete from stage where run_id = ? and stage = ?", run_id, later)
        for gate in GATES_OF.get(later, ()):
            state.do("delete from gate_result where run_id = ? and gate = ?", run_id, gate)
            state.do("delete from held where run_id = ? and gate = ?", run_id, gate)


def _finish(state: State, run_id: str, name: str, status: str, seconds: float, message: str) -> None:
    state.do(
        "update stage set status = ?, ended_at = ?, seconds = ?, message = ? where run_id = ? and stage = ?",
        status, _now(), round(seconds, 2), message, run_id, name,
    )


def _record_failure(settings: Settings, state: State, run_id: str, name: str, seconds: float, error: BaseException) -> None:
    """That a stage failed, in the state and on its pages; on a full disk this fails too, and the stage's own error is what is told."""
    try:
        _finish(state, run_id, name, "failed", seconds, str(error) or type(error).__name__)
        state.do("update run set status = 'failed', ended_at = ?, message = ? where run_id = ?", _now(), str(error), run_id)
        _page(settings, state, run_id)
        _board(settings, state)
    except sqlite3.Error as second:
        print(f"that the stage failed could not be written down: {second}")


def _page(settings: Settings, state: State, run_id: str) -> None:
    """The run's page: written when the run ends, well or badly; one that cannot be written never fails a stage."""
    import duckdb

    from tagmart.gates.page import write_page

    try:
        write_page(settings, state, run_id)
    except (OSError, duckdb.Error) as error:
        print(f"the page of the run could not be written: {error}")


def _board(settings: Settings, state: State) -> None:
    """The night board: made anew when a stage begins and when it ends; a board that cannot be written never fails a stage."""
    from tagmart.night.board import write_board

    try:
        write_board(settings, state)
    except (OSError, TagmartError) as error:
        print(f"the night board could not be written: {error}")


def _now() -> str:
    return clock.now().isoformat(timespec="microseconds")
