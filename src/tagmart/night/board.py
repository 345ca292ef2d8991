"""The night board: what stands where now, told from the state alone, so that it can be asked while a night holds the warehouse."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median

from tagmart.core import clock
from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.gates.alarms import Told, alarms, budget, told
from tagmart.gates.page import GATES, render, titles, write_whole
from tagmart.night.needs import Need, needs
from tagmart.night.stages import STAGES
from tagmart.night.tell import deadline_of

PAGE = "board.html"
# Published nights of which the usual time of a stage is the median.
PAST_NIGHTS = 14
TAKEN = ("loaded", "unchanged")
CARRIED = "carried"
# A stage that takes so many times as long as usual is worth a look.
SLOW = 3


@dataclass(frozen=True)
class Step:
    """One stage of the night.

    Attributes:
        name: of the stage.
        status: done, running, failed or waiting.
        seconds: how long it took, or has taken so far; None before it begins.
        usual: median of past nights, in seconds; None if there are none.
        said: its first line.
    """

    name: str
    status: str
    seconds: float | None
    usual: float | None
    said: str

    @property
    def is_slow(self) -> bool:
        """Whether it takes far longer than usual."""
        return self.status == "running" and bool(self.usual) and (self.seconds or 0) > SLOW * self.usual + 60


@dataclass(frozen=True)
class Board:
    """Everything that the board shows; figures and names of feeds, gates and tags, never of a person.

    Attributes:
        bank: the bank.
        at: when it was looked.
        run: the newest run, or None before the first night.
        steps: the stages in order.
        ends: when the run is expected to be published; None if nothing is under way, or no night was ever published.
        deadline: when it must be published; None for a night that was run long after its day.
        seconds: how long the run has taken so far, or took.
        feeds: rows of feed_fact, those that are not of the day first.
        missing: feeds due on the date and not there yet; None if nobody looked into the landing.
        following: the next date, and how many of its deliveries are due and how many missing; None as above.
        gates: per gate its words, how many expectations hold, and its tone.
        told: the alarms of the run.
        titles: expectation → its sentence.
        needs: what a person must do, the worst first.
        waits: runs that wait for their turn.
        published: what readers see and what the stamp says of it, from status.json; None before the first night.
        behind: days by which it is behind the business date of yesterday.
    """

    bank: str
    at: datetime
    run: Mapping[str, object] | None
    steps: tuple[Step, ...]
    ends: datetime | None
    deadline: datetime | None
    seconds: float
    feeds: tuple[Mapping[str, object], ...]
    missing: tuple[str, ...] | None
    following: tuple[date, int, tuple[str, ...]] | None
    gates: tuple[Mapping[str, object], ...]
    told: Told
    titles: Mapping[str, str]
    needs: tuple[Need, ...]
    waits: tuple[Mapping[str, object], ...]
    published: Mapping[str, object] | None
    behind: int | None


def board(settings: Settings, state: State, *, look: bool = True) -> Board:
    """How things stand.

    Args:
        settings: the home; its warehouse and marts are not opened.
        state: its state.
        look: read the contracts and the names of the files in the landing too: which deliveries have not come yet.

    Raises:
        TagmartError: if contracts, ties or the budget of alarms cannot be read.
    """
    at = clock.now()
    run = state.row("select * from run order by rowid desc limit 1")
    run_id = run["run_id"] if run else ""
    stages = {row["stage"]: row for row in state.rows("select * from stage where run_id = ?", run_id)}
    usual, gap = usual_seconds(state, settings.bank, run_id)
    steps = tuple(_step(stage.name, stages.get(stage.name), usual.get(stage.name), at) for stage in STAGES)
    feeds = state.rows("select * from feed_fact where run_id = ? order by feed", run_id)
    results = state.rows("select * from gate_result where run_id = ? order by rowid", run_id)
    said = told(alarms(results, feeds), budget(settings.suites_dir.parent / "alarms.yml"))
    published = _published(settings)
    deadline = deadline_of(run) if run else None
    missing, following = _awaited(settings, run, feeds) if look else (None, None)
    waits = tuple(state.rows("select * from turn where granted_at is null order by asked_at"))
    return Board(
        bank=settings.bank, at=at, run=run, steps=steps, ends=_ends(run, steps, gap, at), deadline=deadline, seconds=_so_far(run, at),
        feeds=tuple(sorted(feeds, key=lambda feed: (feed["status"] in TAKEN, feed["status"] == CARRIED))), missing=missing,
        following=following, gates=tuple(_gates(results)), told=said, titles=titles(results),
        needs=tuple(needs(settings, state, run, stages, said, deadline, at, look=look)), waits=waits, published=published,
        behind=(clock.biz_date_of(at) - date.fromisoformat(str(published["biz_date"]))).days if published else None,
    )  # fmt: skip


def write_board(settings: Settings, state: State, *, look: bool = False) -> Path:
    """Write home/board.html, in one step and for its owner only.

    Raises:
        TagmartError: as `board`.
    """
    return write_whole(settings.home / PAGE, render("board.html.j2", page_facts(board(settings, state, look=look))))


def page_facts(now: Board) -> dict[str, object]:
    """The board as its template wants it."""
    longest = max((max(step.seconds or 0, step.usual or 0) for step in now.steps), default=0)
    tone, zh, en = headline(now)
    taken = sum(feed["status"] in TAKEN for feed in now.feeds)
    return {
        "now": now, "tone": tone, "verdict_zh": zh, "verdict_en": en, "longest": longest or 1, "duration": duration, "taken": taken,
        "carried": sum(feed["status"] == CARRIED for feed in now.feeds), "late": [feed for feed in now.feeds if feed["status"] not in TAKEN],
        "fails": sum(alarm.severity == "fail" for alarm in now.told.alarms),
        "step_tone": {"done": "good", "failed": "bad", "running": "warn", "waiting": "idle"},
    }  # fmt: skip


def headline(now: Board) -> tuple[str, str, str]:
    """Tone and verdict, in Chinese and English."""
    if now.run is None:
        return "idle", "尚无批次", "No night yet"
    running = next((step.name for step in now.steps if step.status == "running"), "")
    if any(need.tone == "bad" for need in now.needs):
        return "bad", "需要处理", "Needs a person"
    if now.run["status"] == "published":
        return ("warn", "已发布，有提醒", "Published, with warnings") if now.needs else ("good", "已发布", "Published")
    return "idle", "运行中", f"Running{': ' + running if running else ''}"


def duration(seconds: float | None) -> str:
    """Seconds as people read them: 43 s, 12 min, 1 h 05."""
    if seconds is None:
        return ""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d}"


def usual_seconds(state: State, bank: str, but: str) -> tuple[dict[str, float], float]:
    """How long each stage usually takes, and how long it is from the end of one to the begin of the next.

    Args:
        bank: whose nights.
        but: a run that is left out.

    Returns:
        Stage → median seconds of the last published nights, and the median pause in seconds; empty and 0 without any.
    """
    nights = state.rows(
        "select run_id, started_at, ended_at from run where status = 'published' and bank = ? and run_id <> ?"
        " order by rowid desc limit ?", bank, but, PAST_NIGHTS,
    )
    taken: dict[str, list[float]] = {}
    pauses = []
    for night in nights:
        rows = state.rows("select stage, seconds from stage where run_id = ? and seconds is not null", night["run_id"])
        for row in rows:
            taken.setdefault(row["stage"], []).append(row["seconds"])
        whole = (datetime.fromisoformat(night["ended_at"]) - datetime.fromisoformat(night["started_at"])).total_seconds()
        pauses.append(max(0.0, whole - sum(row["seconds"] for row in rows)) / max(1, len(rows)))
    return {stage: median(seconds) for stage, seconds in taken.items()}, median(pauses) if pauses else 0.0


def _step(name: str, row: Mapping[str, object] | None, usual: float | None, at: datetime) -> Step:
    """One stage as it stands."""
    if row is None:
        return Step(name, "waiting", None, usual, "")
    seconds = row["seconds"]
    if row["status"] == "running":
        seconds = (at - datetime.fromisoformat(str(row["started_at"]))).total_seconds()
    return Step(name, str(row["status"]), seconds, usual, (str(row["message"] or "").splitlines() or [""])[0])


def _so_far(run: Mapping[str, object] | None, at: datetime) -> float:
    """Seconds from the begin of a run to its end, or to now."""
    if run is None:
        return 0.0
    end = datetime.fromisoformat(str(run["ended_at"])) if run["ended_at"] else at
    return (end - datetime.fromisoformat(str(run["started_at"]))).total_seconds()


def _ends(run: Mapping[str, object] | None, steps: Sequence[Step], gap: float, at: datetime) -> datetime | None:
    """When a run that is under way will be published, if the rest takes its usual time."""
    left = [step for step in steps if step.status != "done"]
    if run is None or run["status"] != "running" or not left or any(step.usual is None for step in left):
        return None
    seconds = sum(max(0.0, (step.usual or 0) - (step.seconds or 0)) + gap for step in left)
    return at + timedelta(seconds=seconds)


def _gates(results: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """The gates that have looked, in their order."""
    found = []
    for gate, (zh, en) in GATES.items():
        own = [row for row in results if row["gate"] == gate and not row["subject"]]
        if own:
            red = [row for row in own if not row["success"]]
            tone = "bad" if any(row["severity"] == "fail" for row in red) else "warn" if red else "good"
            found.append({"gate": gate, "zh": zh, "en": en, "all": len(own), "good": len(own) - len(red), "tone": tone})
    return found


def _awaited(
    settings: Settings, run: Mapping[str, object] | None, feeds: Sequence[Mapping[str, object]]
) -> tuple[tuple[str, ...], tuple[date, int, tuple[str, ...]] | None]:
    """Which deliveries of the run's date are not there yet, and how it stands with those of the next date."""
    from tagmart.ingest import Awaited

    if run is None:
        return (), None
    own = date.fromisoformat(str(run["biz_date"]))
    missing = () if feeds else tuple(Awaited.on(settings, own).missing())
    following = Awaited.on(settings, own + timedelta(days=1))
    return missing, (following.biz_date, len(following.contracts), tuple(following.missing()))


def _published(settings: Settings) -> dict | None:
    """What readers see, as status.json says it."""
    path = settings.published / "status.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))["current"]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError) as error:
        raise TagmartError("status.json cannot be read", where=str(path), seen=type(error).__name__,
                           do="run `tagmart published settle`") from error
