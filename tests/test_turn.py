"""Whose turn it is when nights meet, and which failures of a step are worth another try."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import date, datetime, timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowTaskTimeout, TaskDeferred
from airflow.utils.types import DagRunType

from tagmart.core import clock
from tagmart.core.locking import writer_lock
from tagmart.core.settings import Settings, project_root
from tagmart.core.state import State
from tagmart.night import launch, tasks
from tagmart.night.launch import StepBusyError, StepKilledError
from tagmart.night.turn import BACKFILL, GIVEN_UP, NIGHTLY, PATIENCE, PAUSE, ask
from tagmart.night.waiting import TurnTrigger, WaitForTurn

START = datetime.fromisoformat("2026-07-02T02:00:00+08:00")
OLD, NEW = date(2026, 6, 1), date(2026, 7, 1)


class Night:
    """A home with a clock that a test moves."""

    def __init__(self, settings: Settings, monkeypatch) -> None:
        self.settings, self.state, self.at = settings, State(settings.state_db), START
        monkeypatch.setattr(clock, "now", lambda: self.at)

    def ask(self, who: str, kind: str, day: date) -> str:
        return ask(self.settings, self.state, who, kind, day)

    def begins(self, day: date) -> None:
        """What `begin` does to the state."""
        self.state.put("run", {"run_id": f"{day:%Y%m%d}-001", "bank": "demo", "biz_date": day.isoformat(), "status": "running",
                               "started_at": self.at.isoformat()})
        self.state.do("delete from turn where granted_at is not null")

    def ends(self, day: date) -> None:
        self.state.do("update run set status = 'published' where biz_date = ?", day.isoformat())


@pytest.fixture
def night(tmp_path, monkeypatch) -> Night:
    settings = Settings(root=project_root(), bank="demo", home=tmp_path / "home")
    settings.claim_home()
    for name, value in (("BANK", "demo"), ("HOME", settings.home)):
        monkeypatch.setenv(f"TAGMART_{name}", str(value))
    return Night(settings, monkeypatch)


def test_the_nightly_run_goes_between_two_nights_of_a_backfill(night):
    assert night.ask("b1", BACKFILL, OLD) == ""
    night.begins(OLD)
    assert night.ask("n", NIGHTLY, NEW) == "the night of 2026-06-01 is under way (run 20260601-001)"
    night.ends(OLD)
    assert night.ask("b2", BACKFILL, OLD + timedelta(1)) == "the nightly run of 2026-07-01 goes first"
    assert night.ask("n", NIGHTLY, NEW) == ""
    assert night.ask("b2", BACKFILL, OLD + timedelta(1)) == "the night of 2026-07-01 is about to begin"
    night.begins(NEW)
    assert "2026-07-01 is under way" in night.ask("b2", BACKFILL, OLD + timedelta(1))
    night.ends(NEW)
    assert night.ask("b2", BACKFILL, OLD + timedelta(1)) == ""


def test_who_was_killed_blocks_nobody_for_long(night):
    night.begins(OLD)
    night.ask("n", NIGHTLY, NEW)
    night.at += PAUSE + timedelta(seconds=1)
    # The run says that it is running, nobody writes, and nothing has moved; the nightly claim is fresh still.
    assert night.ask("b", BACKFILL, OLD) == "the nightly run of 2026-07-01 goes first"
    night.at += GIVEN_UP
    assert night.ask("b", BACKFILL, OLD) == ""
    night.at += GIVEN_UP + timedelta(seconds=1)
    assert night.ask("c", BACKFILL, OLD) == ""


def test_a_long_stage_is_under_way_as_long_as_its_process_writes(night):
    night.begins(OLD)
    night.ask("n", NIGHTLY, NEW)
    with writer_lock(night.settings.home, "20260601-001", "dwd"):
        night.at += PAUSE + timedelta(minutes=1)
        assert "under way" in night.ask("n", NIGHTLY, NEW)
        assert "under way" in night.ask("b", BACKFILL, OLD)
        while night.at < START + PATIENCE:
            night.at += timedelta(minutes=4)
            night.ask("n", NIGHTLY, NEW)
        assert night.ask("n", NIGHTLY, NEW) == "", "the nightly run does not wait for ever"


def context(kind: DagRunType, day: date, **params: object) -> dict:
    return {"dag_run": SimpleNamespace(run_id=f"{kind.value}__{day}", run_type=kind), "params": {"biz_date": str(day), **params}, "logical_date": None}


@pytest.mark.parametrize(("kind", "params"), [(DagRunType.BACKFILL_JOB, {}), (DagRunType.MANUAL, {"backfill": True})])
def test_the_task_gives_its_worker_away_until_it_is_its_turn(night, capsys, kind, params):
    night.begins(NEW)
    with pytest.raises(TaskDeferred) as deferred:
        WaitForTurn(task_id="turn").execute(context(kind, OLD, **params))
    assert "waiting: the night of 2026-07-01 is under way" in capsys.readouterr().out
    assert night.state.row("select kind, reason from turn")["kind"] == BACKFILL
    name, arguments = deferred.value.trigger.serialize()
    assert name == "tagmart.night.waiting.TurnTrigger"
    trigger = TurnTrigger(**arguments | {"poll_seconds": 0.05})

    async def watch() -> dict:
        first = asyncio.create_task(anext(trigger.run()))
        await asyncio.sleep(0.3)
        assert not first.done()
        night.ends(NEW)
        return (await asyncio.wait_for(first, 5)).payload

    getattr(WaitForTurn(task_id="turn"), deferred.value.method_name)({}, event=asyncio.run(watch()))
    assert "it is the turn of 2026-06-01" in capsys.readouterr().out


@pytest.mark.parametrize(("failure", "tries", "again"), [
    (StepBusyError("somebody writes"), 5, True),
    (StepKilledError("ended by signal 9"), 1, True),
    (StepKilledError("ended by signal 9"), 2, False),
    (launch.StepFailedError("gate1 is red"), 1, False),
    (AirflowTaskTimeout("too long"), 1, False),
])
def test_only_what_another_try_can_mend_is_tried_again(monkeypatch, failure, tries, again):
    def fails(*_: str) -> str:
        raise failure

    monkeypatch.setattr(tasks, "step", fails)
    monkeypatch.setattr(tasks, "get_current_context", lambda: {"ti": SimpleNamespace(try_number=tries)})
    with pytest.raises(type(failure) if again else AirflowFailException):
        tasks.run_step("dwd")


def test_a_step_that_does_not_end_when_asked_is_ended_for_good(monkeypatch):
    monkeypatch.setattr(launch, "PATIENCE_SECONDS", 0.3)
    stubborn = "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    real = launch.subprocess.Popen
    started = []

    def popen(_: list[str], **options: object):
        started.append(real([sys.executable, "-c", stubborn], **options))
        return started[0]

    monkeypatch.setattr(launch.subprocess, "Popen", popen)
    monkeypatch.setattr("builtins.print", lambda *_, **__: (_ for _ in ()).throw(AirflowTaskTimeout("too long")))
    with pytest.raises(AirflowTaskTimeout):
        launch.step("dwd")
    assert started[0].wait(5) == -9


def test_a_step_that_was_killed_says_so(monkeypatch):
    real = launch.subprocess.Popen
    dies = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]
    monkeypatch.setattr(launch.subprocess, "Popen", lambda _, **options: real(dies, **options))
    with pytest.raises(StepKilledError, match="signal 9"):
        launch.step("dwd")


def test_the_dag_has_a_deadline_a_time_for_each_task_and_its_callbacks(monkeypatch):
    monkeypatch.setenv("TAGMART_PUBLISH_BY", "06:00")
    monkeypatch.syspath_prepend(str(project_root() / "dags"))
    monkeypatch.delitem(sys.modules, "nightly", raising=False)
    import nightly

    dag = nightly.nightly()
    (deadline,) = dag.deadline
    assert (deadline.interval, deadline.callback.path) == (timedelta(hours=4), "tagmart.night.tell.deadline_missed")
    assert dag.get_task("wait").downstream_task_ids == {"turn"}
    steps = [task for task in dag.tasks if task.pool == "tagmart_writer"]
    assert len(steps) == 12
    assert all(task.execution_timeout and task.retries == 10 and task.on_failure_callback for task in steps)
    assert [task.task_id for task in steps if task.on_success_callback] == ["serve.publish"]


@pytest.mark.parametrize("hours", [0.5, 2, 20])
def test_a_new_installation_begins_with_the_next_night_and_not_with_the_one_just_missed(monkeypatch, hours):
    """However shortly after 02:00 it is; the timetable as the scheduler reads it back from Airflow's database."""
    import pendulum
    from airflow.serialization.decoders import decode_timetable
    from airflow.serialization.encoders import encode_timetable
    from airflow.timetables import trigger
    from airflow.timetables.base import TimeRestriction

    monkeypatch.syspath_prepend(str(project_root() / "dags"))
    monkeypatch.delitem(sys.modules, "nightly", raising=False)
    import nightly

    night = pendulum.datetime(2026, 6, 30, 2, tz="Asia/Shanghai")
    monkeypatch.setattr(trigger, "utcnow", lambda: night.add(minutes=int(60 * hours)))
    timetable = decode_timetable(json.loads(json.dumps(encode_timetable(nightly.nightly().timetable))))
    first = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=TimeRestriction(None, None, catchup=False))
    assert first.run_after == night.add(days=1)
