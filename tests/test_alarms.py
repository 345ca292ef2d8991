"""Alarms: one cause is one alarm, however many things are red because of it."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml

from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError
from tagmart.core.settings import project_root
from tagmart.gates import GateOutcome
from tagmart.gates.alarms import alarms, budget, told
from tagmart.gates.expect import Checked
from tagmart.gates.frozen import CHANGED, IN_FORCE, NOT_SEEN, NOT_YET, THAWED, frozen
from tagmart.gates.known import let_pass, read_known
from tagmart.gates.page import page_facts, render
from tagmart.gates.suite import load_suite
from tagmart.gates.tie_facts import KNOWN_LINES
from tagmart.night import show
from tagmart.night.stages import _one_line
from tests.gate_cases import RUN, D, new_home


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


def test_warnings_beyond_the_budget_are_summed_up_by_owner_and_what_stops_is_always_told():
    red = [result("stop", "", "s", "fail"), *(result(f"w{number}", "", "w") for number in range(5))]
    said = told(alarms(red, []), 2)
    assert [alarm.cause for alarm in said.alarms] == ["stop", "w0", "w1"]
    assert (said.warned, said.rest) == (5, {"finance": 3})


def test_a_known_difference_is_frozen_until_its_day_and_exactly_what_it_was(tmp_path: Path):
    """In force, changed, thawed, gone: what the page says of each, from what the gate has found."""
    ties = tmp_path / "ties"
    ties.mkdir()
    known = "".join(
        f"  - {{org: {org}, subject: '1', ccy: CNY, amount: -3.00, until: {until}, reason: ticket 4711}}\n"
        for org, until in (("A", "2026-07-31"), ("AB", "2026-07-31"), ("B", "2026-07-02"), ("C", "2026-06-29"))
    )
    (ties / "t1.yml").write_text(
        "tie: t1\ncovers: [1]\ntitle: {zh: 一, en: one}\ntolerance: 0.01\non_break: warn\nowner: finance\n"
        f"left: one\nright: other\nfeeds: []\nkey: account\nmeans: it differs\ndo: look\nknown:\n{known}", encoding="utf-8",
    )
    (ties / "t1.sql").write_text("select 1", encoding="utf-8")
    (tmp_path / "contracts").mkdir()
    results = [
        result("t1", "", "") | {"observed": f"2 compared, 1.00 against 2.00; 1 {KNOWN_LINES}AB · 1 · CNY"},
        result("t1", "B · 1 · CNY", "difference -4.00") | {"observed": "over 4"},
    ]
    found = {one.about[:2].strip(): (one.state, one.days_left) for one in frozen(tmp_path / "suites", "demo", results, date(2026, 6, 30))}
    assert found == {"A": (NOT_SEEN, 31), "AB": (IN_FORCE, 31), "B": (CHANGED, 2), "C": (THAWED, -1)}


def test_known_dirt_is_shown_with_the_differences_of_ties(tmp_path: Path):
    """What the page says of every entry follows from what the gate has let pass, in its own words."""
    settings, state = new_home(tmp_path)
    root = tmp_path / "root"
    shutil.copytree(project_root() / "expectations", root / "expectations")
    settings = replace(settings, root=root)
    expectation = next(one for one in load_suite(settings.suites_dir, "gate1").expectations if one.id == "rows_set_aside")
    facts = {"feed": [{"subject": feed, "rows_quarantined": 1200} for feed in ("core_txn", "cc_txn", "chn_event", "ecif_corp")]}
    entry = {"bank": "demo", "gate": "gate1", "expectation": "rows_set_aside", "count": 1500, "since": date(2026, 6, 1), "until": date(2026, 7, 31),
             "reason": "legs of the <old> core"}
    entries = [{**entry, "subject": feed, **change} for feed, change in (
        ("core_txn", {}), ("cc_txn", {"count": 1}), ("chn_event", {"until": date(2026, 6, 29)}), ("ecif_corp", {"since": date(2026, 7, 1)}), ("ref_org", {}),
    )]  # fmt: skip
    (root / "expectations" / "known.yml").write_text(yaml.safe_dump({"known": [*entries, {**entry, "bank": "berka"}]}), encoding="utf-8")
    broken = tuple((fact["subject"], "rows_quarantined 1200") for fact in facts["feed"])
    (passed,) = let_pass([Checked(expectation, False, "4 of 4", broken)], read_known(root / "expectations", "demo"), facts, D)
    state.put("gate_result", {"run_id": RUN, "gate": "gate1", "expectation": "rows_set_aside", "subject": "", "severity": "warn", "owner": "x", "success": 0,
                              "observed": passed.observed, "message": "m", "what_to_do": "", "checked_at": "x"})
    facts = page_facts(settings, state, RUN)
    found = {one.about: (one.allowed, one.seen, one.days_left, one.state) for one in facts["frozen"] if one.since}
    assert found == {
        "core_txn": ("1,500", "1,200", 31, IN_FORCE), "cc_txn": ("1", "1,200", 31, CHANGED), "chn_event": ("1,500", "1,200", -1, THAWED),
        "ecif_corp": ("1,500", "1,200", 31, NOT_YET), "ref_org": ("1,500", "", 31, NOT_SEEN),
    }  # fmt: skip
    assert "legs of the &lt;old&gt; core" in render("night.html.j2", facts)


def test_the_page_says_what_a_night_in_part_keeps_of_an_earlier_one(tmp_path: Path):
    settings, state = new_home(tmp_path)
    assert "Published in part" not in render("night.html.j2", page_facts(settings, state, RUN))
    state.put("held", {"run_id": RUN, "gate": "gate1", "kind": "feed", "name": "cc_txn", "because": "late or refused", "tags": 61, "as_of": "2026-06-29"})
    settings.run_dir(RUN).mkdir(parents=True)
    with connect(settings.run_dir(RUN) / "tagmart.duckdb") as mart:
        mart.execute("""
            create schema mart;
            create table mart.segment_daily as select unnest(['a', 'b', 'c']) as segment_id, 1 as size, unnest(['held', 'degraded', 'on_time']) as state,
                unnest([true, true, false]) as is_degraded;
            create table mart.lead_catalog as select 'cc_big_spend' as lead_code, true as is_degraded, date '2026-06-29' as as_of, 'feed cc_txn' as late_because;
            create table mart.event_lead as select unnest([true, true, false]) as is_degraded
        """)
    text = " ".join(re.sub("<[^>]+>", " ", render("night.html.j2", page_facts(settings, state, RUN))).split())
    assert "feed cc_txn late or refused 61 2026-06-29" in text
    assert "selected from older values 1 · 沿用成员 members kept 1" in text
    assert "线索 Leads: 标记为降级 marked as degraded 2 线索 Lead cc_big_spend 2026-06-29 feed cc_txn" in text


def test_a_stage_of_two_gates_tells_both_in_its_first_line():
    outcomes = [GateOutcome("gate2", False, "25 of 26 expectations green\nwarn a: x", ()), GateOutcome("ledger", False, "57 of 58 expectations green\nwarn b: y", ())]
    assert _one_line(outcomes).splitlines() == ["gate2: 25 of 26 expectations green · ledger: 57 of 58 expectations green", "warn a: x", "warn b: y"]
    assert _one_line(outcomes[:1]) == "25 of 26 expectations green\nwarn a: x"


def test_a_delivery_that_was_refused_is_not_called_late_and_a_title_is_not_said_twice():
    feeds = [{"feed": "cc_txn", "status": "refused", "message": "cut short", "owner": "cards"}]
    found = alarms([result("feed_accepted", "cc_txn", "cut short", "fail"), result("a", "", "账｜The books tie: they do not")], feeds)
    assert [(alarm.cause, alarm.message) for alarm in found] == [("cc_txn is refused", "cut short"), ("a", "they do not")]
