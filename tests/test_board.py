"""The night board, what needs a person, and going on without Airflow: over states as nights leave them."""

from __future__ import annotations

import json
import os
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tagmart.core import clock
from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError
from tagmart.core.locking import writer_lock, writing
from tagmart.core.settings import Settings, project_root
from tagmart.core.state import State
from tagmart.night import board_show
from tagmart.night.board import board, duration, headline, write_board
from tagmart.night.needs import IDLE
from tagmart.night.resume import resume
from tagmart.night.stages import STAGES

NOW = datetime.fromisoformat("2026-07-02T03:00:00+08:00")
NAMES = [stage.name for stage in STAGES]


@pytest.fixture
def home(tmp_path: Path, monkeypatch) -> tuple[Settings, State]:
    """Three published nights of ten minutes a stage, and one that is in its third stage since two minutes."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.delenv("TAGMART_LANDING", raising=False)
    monkeypatch.delenv("TAGMART_PUBLISH_BY", raising=False)
    settings = Settings(root=project_root(), bank="demo", home=tmp_path / "home")
    settings.claim_home()
    state = State(settings.state_db)
    for day, slower in ((28, 0), (29, 0), (30, 900)):
        began = datetime.fromisoformat(f"2026-06-{day}T02:00:00+08:00") + timedelta(days=1)
        run = f"202606{day}-001"
        state.put("run", {"run_id": run, "bank": "demo", "biz_date": f"2026-06-{day}", "status": "published",
                          "started_at": began.isoformat(), "ended_at": (began + timedelta(minutes=10 * len(NAMES))).isoformat()})
        for name in NAMES:
            stage(state, run, name, "done", began, 600 + slower)
    began = NOW - timedelta(minutes=30)
    state.put("run", {"run_id": "20260701-001", "bank": "demo", "biz_date": "2026-07-01", "status": "running", "started_at": began.isoformat()})
    stage(state, "20260701-001", "ingest", "done", began, 500)
    stage(state, "20260701-001", "gate1", "done", began, 600)
    stage(state, "20260701-001", "dwd", "running", NOW - timedelta(minutes=2), None)
    (settings.published / "status.json").write_text(json.dumps({"current": {
        "run_id": "20260630-001", "biz_date": "2026-06-30", "published_at": "2026-07-01T03:50:00+08:00",
        "zh": "数据截至 2026-06-30，2 条线索降级", "en": "as of 2026-06-30, 2 lead(s) degraded"}}), "utf-8")
    return settings, state


def stage(state: State, run: str, name: str, status: str, at: datetime, seconds: float | None) -> None:
    ended = at + timedelta(seconds=seconds) if seconds is not None else None
    state.put("stage", {"run_id": run, "stage": name, "status": status, "started_at": at.isoformat(), "seconds": seconds,
                        "ended_at": ended.isoformat() if ended else None, "message": f"{name} said"})


def feed(state: State, name: str, status: str, message: str = "") -> None:
    state.put("feed_fact", {"run_id": "20260701-001", "feed": name, "biz_date": "2026-07-01", "load": "full", "status": status,
                            "message": message, "owner": "core banking", "as_of": "2026-06-30"})


def red(state: State, expectation: str, severity: str = "warn", subject: str = "", message: str = "一｜one: why") -> None:
    state.put("gate_result", {"run_id": "20260701-001", "gate": "gate1", "expectation": expectation, "subject": subject, "severity": severity,
                              "owner": "finance", "success": 0, "observed": "", "message": message, "what_to_do": "ask", "checked_at": ""})


def test_the_board_tells_the_stage_now_its_time_and_when_the_night_will_be_published(home):
    now = board(*home, look=False)
    assert [(step.name, step.status, step.seconds) for step in now.steps[:4]] == [
        ("ingest", "done", 500), ("gate1", "done", 600), ("dwd", "running", 120), ("dws", "waiting", None),
    ]
    # The median of three nights, of which one took longer; of the stage now only what is left of it.
    assert {step.usual for step in now.steps} == {600}
    assert now.ends == NOW + timedelta(seconds=600 * (len(NAMES) - 2) - 120)
    assert now.deadline == datetime.fromisoformat("2026-07-02T07:30:00+08:00")
    assert (now.behind, headline(now)[2], now.needs) == (1, "Running: dwd", ())


def test_it_is_told_while_a_night_holds_warehouse_and_lock(home):
    settings, state = home
    with connect(settings.warehouse), writer_lock(settings.home, "20260701-001", "dwd"):
        assert writing(settings.home)["run_id"] == "20260701-001"
        text = write_board(settings, state).read_text("utf-8")
    assert (settings.home / "board.html").stat().st_mode & 0o777 == 0o600
    for words in ("2026-07-01", "dwd", "夜间看板", "Running: dwd", "2026-06-30", "无需处理", "2 条线索降级"):
        assert words in text
    assert "<script" not in text and "src=" not in text and "://" not in text and "url(" not in text


def test_one_late_feed_is_one_need_and_a_failed_stage_names_the_command(home, capsys):
    settings, state = home
    feed(state, "core_acct", "refused", "cut <b>short</b>")
    feed(state, "gl_balance", "carried", "1 day behind")
    feed(state, "core_bal", "loaded")
    red(state, "every_feed_accepted", "fail", "core_acct", "cut <b>short</b>")
    for number in range(20):
        red(state, "ties_not_waiting", subject=f"t{number}", message="not compared: gl_balance is carried")
    stage(state, "20260701-001", "gate1", "failed", NOW, 6)
    state.do("delete from stage where stage = 'dwd' and run_id = '20260701-001'")
    state.do("update run set status = 'failed', ended_at = ? where run_id = '20260701-001'", NOW.isoformat())
    now = board(settings, state, look=False)
    assert [(need.tone, need.en) for need in now.needs] == [
        ("bad", "stage gate1 has failed"), ("bad", "core_acct is refused"), ("warn", "gl_balance is late")]
    assert now.needs[0].command == "tagmart resume 20260701-001 --from ingest"
    assert [one["feed"] for one in now.feeds] == ["core_acct", "gl_balance", "core_bal"]
    assert headline(now)[0] == "bad" and now.ends is None
    assert "cut &lt;b&gt;short" in write_board(settings, state).read_text("utf-8")
    board_show.show_board(now)
    said = capsys.readouterr().out
    assert "数据截至 2026-06-30，2 条线索降级 as of 2026-06-30, 2 lead(s) degraded" in said
    assert "1 of 3 of the day · 1 carried · 1 refused or missing" in said and "tagmart resume 20260701-001 --from ingest" in said


@pytest.mark.parametrize(("hour", "moved", "words"), [
    ("07:31", timedelta(0), ["the night of 2026-07-01 is not published by 07:30"]),
    ("03:20", IDLE + timedelta(minutes=1), ["the run has stopped without a word: its process was ended"]),
    ("03:20", timedelta(minutes=1), []),
])
def test_a_missed_deadline_and_a_run_that_was_killed_need_a_person(home, monkeypatch, hour, moved, words):
    at = datetime.fromisoformat(f"2026-07-02T{hour}:00+08:00")
    monkeypatch.setattr(clock, "now", lambda: at)
    home[1].do("update stage set started_at = ?, ended_at = null where run_id = '20260701-001'", (at - moved).isoformat())
    assert [need.en for need in board(*home, look=False).needs] == words


def test_a_night_of_long_ago_has_no_deadline(home, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=9))
    home[1].do("update run set started_at = ? where status = 'running'", (NOW + timedelta(days=9)).isoformat())
    assert board(*home, look=False).deadline is None


def test_looking_into_the_landing_tells_what_is_there_of_the_next_night(home):
    settings, state = home
    for day in ("20260701", "20260702"):
        (settings.landing / day).mkdir(parents=True)
    feed(state, "core_bal", "loaded")
    day, due, missing = board(settings, state).following
    assert (day, len(missing)) == (date(2026, 7, 2), due)
    assert due > 40
    assert "core_txn" in missing


def test_before_the_first_night_it_says_so(tmp_path):
    settings = Settings(root=project_root(), bank="demo", home=tmp_path / "home")
    settings.claim_home()
    assert headline(board(settings, State(settings.state_db)))[2] == "No night yet"
    assert "尚未发布" in write_board(settings, State(settings.state_db)).read_text("utf-8")


def test_times_are_written_as_people_read_them():
    assert [duration(seconds) for seconds in (None, 3.4, 99, 600, 6_300)] == ["", "3 s", "99 s", "10 min", "1 h 45"]


def test_going_on_without_airflow_runs_the_rest_in_order(home):
    settings, state = home
    ran: list[tuple] = []

    def step(*words: str, environment: dict) -> str:
        ran.append((*words, environment["TAGMART_HOME"]))
        return ""

    state.do("update stage set status = 'failed' where stage = 'dwd' and run_id = '20260701-001'")
    assert resume(settings, state, None, None, step) == NAMES[NAMES.index("dwd"):]
    assert ran[0] == ("dwd", "--run-id", "20260701-001", os.fspath(settings.home))
    assert resume(settings, state, "20260701-001", "ingest", step) == NAMES
    with pytest.raises(TagmartError, match="published runs do not change"):
        resume(settings, state, "20260630-001", None, step)
    with pytest.raises(TagmartError, match="no such stage"):
        resume(settings, state, None, "gate", step)
