"""Telling people: what goes into the log, what a webhook gets, and that neither ever fails a night."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from tagmart.core import clock
from tagmart.core.state import State
from tagmart.night import tell
from tagmart.night.tell import alert, deadline_missed, done, until_deadline

D = "2026-06-30"
PERSON = "张三 13800138000"


class Hook:
    """A real HTTP server on loopback that keeps what is posted."""

    def __init__(self, status: int = 200) -> None:
        self.got: list[dict] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.got.append({"type": self.headers["Content-Type"], **json.loads(body)})
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing on the test's output."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    yield hook
    hook.server.shutdown()


@pytest.fixture
def home(tmp_path: Path, monkeypatch) -> State:
    monkeypatch.setenv("TAGMART_HOME", str(tmp_path))
    monkeypatch.setenv("TAGMART_BANK", "demo")
    for name in ("COMMAND", "WEBHOOK", "EVENTS"):
        monkeypatch.delenv(f"TAGMART_ALERT_{name}", raising=False)
    monkeypatch.delenv("TAGMART_PUBLISH_BY", raising=False)
    state = State(tmp_path / "state.sqlite")
    state.put("run", {"run_id": "20260630-001", "bank": "demo", "biz_date": D, "status": "failed", "started_at": "2026-07-01T02:00:00+08:00"})
    state.put("gate_result", *({
        "run_id": "20260630-001", "gate": "gate1", "expectation": "every_feed_accepted", "subject": subject, "severity": "fail",
        "owner": "core banking", "success": 0, "observed": PERSON, "message": PERSON, "checked_at": "",
    } for subject in ("", "core_txn")))
    return state


def log(state: State) -> list[dict]:
    path = state.path.parent / "alerts.log"
    assert path.stat().st_mode & 0o777 == 0o600
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def context(**more: object) -> dict:
    return {"task_instance": SimpleNamespace(dag_id="nightly", task_id="take_in.gate1", run_id="manual__1"), "params": {"biz_date": D},
            "exception": RuntimeError(f"gate1 is red: {PERSON}"), **more}


def test_a_failure_goes_to_log_and_webhook_and_no_words_of_the_error_leave_the_machine(home, hook, monkeypatch):
    monkeypatch.setenv("TAGMART_ALERT_WEBHOOK", hook.url)
    alert(context())
    (line,), (sent,) = log(home), hook.got
    assert (line["event"], line["task"], line["error"]) == ("failed", "take_in.gate1", f"gate1 is red: {PERSON}")
    assert sent["type"].startswith("application/json")
    assert sent["gates"] == [{"gate": "gate1", "expectation": "every_feed_accepted", "severity": "fail", "owner": "core banking"}]
    assert (sent["run_id"], sent["do"]) == ("20260630-001", "tagmart gate show 20260630-001")
    assert "失败 failed: every_feed_accepted (core banking)" in sent["text"]
    assert not [word for word in PERSON.split() if word in json.dumps(sent, ensure_ascii=False)]


def test_what_is_told_beyond_the_log_is_chosen(home, hook, monkeypatch):
    monkeypatch.setenv("TAGMART_ALERT_WEBHOOK", hook.url)
    done(context())
    assert (len(log(home)), hook.got) == (1, [])
    monkeypatch.setenv("TAGMART_ALERT_EVENTS", "failed, late, published")
    done(context())
    assert [one["event"] for one in hook.got] == ["published"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://[broken", "file:///etc/hostname", "http://127.0.0.1:{refusing}/"])
def test_a_webhook_that_does_not_answer_is_noted_and_nothing_else(home, monkeypatch, url):
    refusing = Hook(status=500)
    url = url.replace("{refusing}", str(refusing.server.server_port))
    monkeypatch.setenv("TAGMART_ALERT_WEBHOOK", url)
    monkeypatch.setenv("TAGMART_ALERT_COMMAND", "/no/such/command")
    alert(context())
    refusing.server.shutdown()
    lines = log(home)
    assert [(line["event"], line.get("how")) for line in lines] == [("failed", None), ("not told", "command"), ("not told", "webhook")]
    assert url not in json.dumps(lines)


def test_without_a_state_or_a_home_a_failure_is_told_all_the_same(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TAGMART_HOME", str(tmp_path / "gone"))
    alert(context(params={}, logical_date=None))
    assert "alerts.log could not be written (FileNotFoundError)" in capsys.readouterr().out


def at(monkeypatch, moment: str) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime.fromisoformat(f"{moment}+08:00"))


def dag_run(conf: dict | None = None, logical: str | None = "2026-06-30T18:00:00Z") -> dict:
    return {"dag_run": {"dag_run_id": "scheduled__1", "logical_date": logical, "conf": conf}, "deadline": {}}


def test_a_missed_deadline_is_told_unless_published_or_long_past(home, hook, monkeypatch):
    monkeypatch.setenv("TAGMART_ALERT_WEBHOOK", hook.url)
    at(monkeypatch, "2026-07-01T07:30:10")
    deadline_missed(context=dag_run())
    assert [(one["event"], one["biz_date"]) for one in hook.got] == [("late", D)]
    at(monkeypatch, "2026-07-02T09:00:00")
    deadline_missed(context=dag_run({"biz_date": D}, None))
    at(monkeypatch, "2026-07-01T07:30:10")
    home.put("publish", {"run_id": "20260630-001", "biz_date": D, "published_at": "", "path": "", "became_current": 1})
    deadline_missed(context=dag_run())
    assert len(hook.got) == 1


def test_the_deadline_is_a_time_of_the_morning_after(home, monkeypatch):
    assert until_deadline() == timedelta(hours=5, minutes=30)
    monkeypatch.setenv("TAGMART_PUBLISH_BY", "06:15")
    assert tell.deadline_on(date(2026, 6, 30)).isoformat() == "2026-07-01T06:15:00+08:00"
