"""Alarms: one cause is one alarm, however many things are red because of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tagmart.core.errors import TagmartError
from tagmart.core.settings import project_root
from tagmart.gates.alarms import alarms, budget
from tagmart.night import show
from tests.gate_cases import RUN, new_home


def result(expectation: str, subject: str, message: str, severity: str = "warn", success: int = 0) -> dict:
    return {"gate": "g", "expectation": expectation, "subject": subject, "message": message, "severity": severity, "owner": "finance",
            "success": success, "what_to_do": "ask"}


FEEDS = [
    {"feed": "gl_balance", "status": "carried", "message": "of 2026-06-29, 1 day behind", "owner": "general ledger"},
    {"feed": "core_bal", "status": "loaded", "message": "", "owner": "core banking"},
]


def test_one_late_feed_is_one_alarm():
    """The feed itself and every tie that waits for it; a feed whose name only begins alike is another."""
    red = [
        result("feed_not_carried", "", "no feed carries an older state"),
        result("feed_not_carried", "gl_balance", "of 2026-06-29, 1 day behind"),
        result("ties_not_waiting", "", "no tie waits"),
        *(result("ties_not_waiting", f"t{number:02d}", "not compared: gl_balance is carried, core_bal is loaded") for number in range(1, 20)),
        result("other", "x", "gl_balance_2 is strange"),
    ]
    found = alarms(red, FEEDS)
    assert [(alarm.cause, alarm.owner, len(alarm.subjects)) for alarm in found] == [("gl_balance is late", "general ledger", 20), ("other", "finance", 1)]


def test_the_worst_comes_first_and_what_is_green_is_no_alarm():
    red = [result("a", "", "x"), result("a", "1", "x"), result("a", "2", "x"), result("b", "", "y", "fail"), result("c", "", "z", success=1)]
    assert [(alarm.severity, alarm.cause, alarm.subjects) for alarm in alarms(red, [])] == [("fail", "b", ("b",)), ("warn", "a", ("1", "2"))]


def test_too_many_warnings_are_said(tmp_path: Path, capsys):
    settings, state = new_home(tmp_path)
    most = budget(project_root() / "expectations" / "alarms.yml")
    for number in range(most + 1):
        state.put("gate_result", {"run_id": RUN, **result(f"e{number}", "", "told"), "checked_at": "2026-07-01T02:00:00+08:00"})
        if number in (most - 1, most):
            show.gates(settings, RUN)
            said = " ".join(capsys.readouterr().out.split())
            assert (f"more than {most}: too many to be read" in said) == (number == most)
            assert f"{number + 1} warn" in said


def test_without_a_budget_nothing_is_guessed(tmp_path: Path):
    with pytest.raises(TagmartError, match="the budget of warnings is not said"):
        budget(tmp_path / "alarms.yml")
