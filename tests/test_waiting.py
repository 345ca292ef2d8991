"""Waiting for the night's deliveries: what is awaited, when a worker is given away, what ends the waiting."""

from __future__ import annotations

import asyncio
import sys
from datetime import date, datetime, timedelta

import pytest
from airflow.sdk.exceptions import TaskDeferred

from tagmart.core import clock
from tagmart.core.settings import project_root
from tagmart.ingest import Awaited
from tagmart.night.waiting import DeliveriesTrigger, WaitForDeliveries
from tests.tiny_bank import FIRST, FULL, SECOND, THIRD, Bank, rows


@pytest.fixture
def bank(tmp_path, monkeypatch) -> Bank:
    monkeypatch.delenv("TAGMART_LANDING", raising=False)
    bank = Bank(tmp_path)
    for name, value in (("ROOT", tmp_path), ("BANK", "tiny"), ("HOME", bank.settings.home)):
        monkeypatch.setenv(f"TAGMART_{name}", str(value))
    bank.journal()
    bank.contract(FULL)
    return bank


def branch(bank: Bank, day: date, kind: str = "F") -> None:
    bank.deliver("branch", day, kind, "branch_id|branch_name\n1|总行\n")


def at(monkeypatch, moment: str) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime.fromisoformat(f"{moment}+08:00"))


def wait(minutes: int, biz_date: date = SECOND) -> None:
    context = {"params": {"biz_date": biz_date.isoformat(), "wait_minutes": minutes}, "logical_date": None}
    WaitForDeliveries(task_id="wait").execute(context)


def test_what_is_awaited_is_what_is_due_and_neither_complete_nor_loaded(bank):
    assert Awaited.on(bank.settings, SECOND).missing() == ["branch", "posting"]
    branch(bank, SECOND, "I")
    _, control = bank.deliver("posting", SECOND, "I", rows(SECOND, 1))
    control.unlink()
    assert Awaited.on(bank.settings, SECOND).missing() == ["posting"]
    bank.deliver("posting", SECOND, "I", rows(SECOND, 1))
    bank.night(SECOND)
    for path in bank.folder(SECOND).iterdir():
        path.unlink()
    assert Awaited.on(bank.settings, SECOND).missing() == []
    assert Awaited.on(bank.settings, THIRD).missing() == ["branch", "posting"]


def test_a_weekly_feed_is_awaited_on_its_day_only(bank):
    path = bank.settings.contracts_dir / "core" / "branch.yml"
    path.write_text(path.read_text("utf-8").replace("load: full", "load: full\ndue: {weekly: 1}"), "utf-8")
    assert [Awaited.on(bank.settings, day).missing() for day in (FIRST, SECOND, THIRD)] == [
        ["posting"], ["branch", "posting"], ["posting"],
    ]


@pytest.mark.parametrize(("minutes", "moment", "delivered"), [
    (0, "2026-06-30 02:00", False),  # nobody asked to wait
    (180, "2026-06-30 05:00", False),  # the deadline has passed
    (180, "2026-06-30 02:00", True),  # there is nothing to wait for
])
def test_the_night_goes_on_after_one_look(bank, monkeypatch, capsys, minutes, moment, delivered):
    if delivered:
        branch(bank, SECOND, "I")
        bank.deliver("posting", SECOND, "I", rows(SECOND, 1))
    at(monkeypatch, moment)
    wait(minutes)
    words = "all deliveries of 2026-06-29 are there" if delivered else "2 deliveries of 2026-06-29 have not come: branch, posting."
    assert words in capsys.readouterr().out


def test_the_worker_is_given_away_until_all_deliveries_are_there(bank, monkeypatch, capsys):
    branch(bank, SECOND, "I")
    at(monkeypatch, "2026-06-30 02:00")
    with pytest.raises(TaskDeferred) as deferred:
        wait(180)
    assert deferred.value.timeout >= timedelta(minutes=180)
    name, arguments = deferred.value.trigger.serialize()
    assert name == "tagmart.night.waiting.DeliveriesTrigger"
    assert arguments["until"] == "2026-06-30T05:00:00+08:00"
    trigger = DeliveriesTrigger(**arguments | {"poll_seconds": 0.05})

    async def watch() -> dict:
        events = trigger.run()
        first = asyncio.create_task(anext(events))
        await asyncio.sleep(0.3)
        assert not first.done()
        bank.deliver("posting", SECOND, "I", rows(SECOND, 1))
        return (await asyncio.wait_for(first, 5)).payload

    event = asyncio.run(watch())
    assert event == {"biz_date": "2026-06-29", "missing": []}
    task = WaitForDeliveries(task_id="wait")
    getattr(task, deferred.value.method_name)({}, event=event)
    assert "all deliveries of 2026-06-29 are there" in capsys.readouterr().out


def test_the_deadline_ends_the_waiting_and_what_is_missing_is_told(bank, capsys):
    until = clock.now() + timedelta(seconds=0.2)

    async def watch() -> dict:
        return (await asyncio.wait_for(anext(DeliveriesTrigger("2026-06-29", until.isoformat(), 0.05).run()), 5)).payload

    event = asyncio.run(watch())
    assert event == {"biz_date": "2026-06-29", "missing": ["branch", "posting"]}
    WaitForDeliveries(task_id="wait").go_on({}, event)
    assert "2 deliveries of 2026-06-29 have not come: branch, posting." in capsys.readouterr().out


def test_the_dag_waits_before_it_begins(monkeypatch):
    monkeypatch.setenv("TAGMART_WAIT_MINUTES", "240")
    monkeypatch.syspath_prepend(str(project_root() / "dags"))
    monkeypatch.delitem(sys.modules, "nightly", raising=False)
    import nightly

    dag = nightly.nightly()
    assert dag.params["wait_minutes"] == 240
    assert dag.get_task("turn").downstream_task_ids == {"begin"}
    assert dag.get_task("wait").pool != "tagmart_writer"
