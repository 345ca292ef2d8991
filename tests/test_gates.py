"""Gates: every expectation green and red at least once, and mistakes in suites are errors."""

from __future__ import annotations

import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from tagmart.contracts import load_contracts
from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.gates import run_gate
from tagmart.gates.expect import check
from tagmart.gates.gate import MOST_SUBJECTS, judge
from tagmart.gates.suite import load_suite
from tests.gate_cases import GOOD, RED, RUN, SUITES, D, new_home


@pytest.fixture
def home(tmp_path: Path) -> tuple[Settings, State]:
    return new_home(tmp_path)


def good(gate: str) -> dict[str, list[dict]]:
    return {frame: [GOOD[frame]] for frame in load_suite(SUITES, gate).frames}


@pytest.mark.parametrize("gate", ["gate1", "gate2", "gate3"])
def test_good_facts_are_green(home, gate):
    outcome = judge(*home, RUN, gate, good(gate))
    assert [result.expectation.id for result in outcome.checked if not result.success] == []
    assert not outcome.failed
    count = len(outcome.checked)
    assert outcome.summary == f"{count} of {count} expectations green"
    assert home[1].row("select count(*) as n from gate_result where success = 1")["n"] == count


@pytest.mark.parametrize("gate", ["gate1", "gate2", "gate3"])
def test_bad_facts_are_red_and_nothing_else_is(tmp_path, gate):
    cases = {f"case {number}": case for number, case in enumerate(RED) if case[0] == gate and case[2] is not None}
    facts = good(gate)
    for subject, (_, frame, change, _) in cases.items():
        facts[frame].append({**GOOD[frame], **change, "subject": subject})
    results = check(tmp_path, load_suite(SUITES, gate), facts)
    seen = {
        subject: {result.expectation.id for result in results if subject in dict(result.broken)} for subject in cases
    }
    assert seen == {subject: red for subject, (*_, red) in cases.items()}
    good_ones = {row["subject"] for row in GOOD.values()}
    assert not any(good_ones & dict(result.broken).keys() for result in results)


@pytest.mark.parametrize("gate", ["gate1", "gate2", "gate3"])
def test_no_facts_at_all_are_red(tmp_path, gate):
    cases = [case for case in RED if case[0] == gate and case[2] is None]
    facts = {**good(gate), **{frame: [] for _, frame, *_ in cases}}
    results = check(tmp_path, load_suite(SUITES, gate), facts)
    assert {result.expectation.id for result in results if not result.success} == set().union(
        *(red for *_, red in cases)
    )


def test_every_expectation_is_red_somewhere_above():
    everything = {item.id for gate in ("gate1", "gate2", "gate3") for item in load_suite(SUITES, gate).expectations}
    assert everything == set().union(*(red for *_, red in RED))


def test_the_runbook_says_of_every_expectation_what_it_means_who_acts_and_what_to_run():
    """In its tables; `some_*` names all of its kind. Ties have a section of their own, one for all."""
    book = (SUITES.parents[1] / "docs" / "runbook.md").read_text("utf-8")
    rows = [cells for line in book.splitlines() if len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 4]
    told = {word for cells in rows if all(cells) for word in re.findall(r"`([a-z0-9_*]+)`", cells[0])}
    suites = [load_suite(SUITES, gate) for gate in ("gate1", "gate2", "gate3", "ledger")]
    ids = {item.id for suite in suites for item in suite.expectations} - {tie.id for suite in suites for tie in suite.ties}
    assert {one for one in ids if not any(fnmatch(one, word) for word in told)} == set()


def test_a_warning_does_not_stop_the_night(home):
    outcome = judge(*home, RUN, "gate1", {**good("gate1"), "feed": [{**GOOD["feed"], "rows_quarantined": 1}]})
    assert not outcome.failed
    assert "warn rows_set_aside" in outcome.summary


def test_gate1_says_what_the_ingest_said(home):
    settings, state = home
    for contract in load_contracts(settings.contracts_dir).values():
        state.put(
            "feed_fact",
            {
                "run_id": RUN,
                "feed": contract.feed,
                "biz_date": D.isoformat(),
                "load": contract.load,
                "status": "loaded",
                "rows_declared": 7,
                "rows_in": 7,
                "rows_loaded": 7,
                "rows_quarantined": 0,
                "bad_share": 0.0,
                "bad_share_limit": contract.limits.bad_share,
                "files": "",
                "owner": contract.owner,
                "as_of": D.isoformat(),
            },
        )
    assert not run_gate(settings, state, RUN, "gate1").failed
    said = "core_txn_20260630_J_001.dat: 9 rows, the control file says 10"
    state.do("update feed_fact set status = 'refused', message = ? where feed = 'core_txn'", said)
    outcome = run_gate(settings, state, RUN, "gate1")
    assert outcome.failed
    assert said in outcome.summary
    row = state.row("select * from gate_result where expectation = 'feed_accepted' and subject = 'core_txn'")
    assert row["message"] == said
    assert row["owner"] == load_contracts(settings.contracts_dir)["core_txn"].owner
    assert row["observed"] == "status refused"
    state.do("delete from feed_fact where feed = 'core_bal'")
    assert "core_bal (the ingest of this run said nothing" in run_gate(settings, state, RUN, "gate1").summary


def test_at_most_fifty_subjects_are_remembered(home):
    rows = [
        {**GOOD["monotone"], "subject": f"tag {number:03d}", "broken_cnt": 1} for number in range(MOST_SUBJECTS + 10)
    ]
    outcome = judge(*home, RUN, "gate2", {**good("gate2"), "monotone": rows})
    kept = home[1].row("select count(*) as n from gate_result where subject <> ''")
    assert kept["n"] == MOST_SUBJECTS
    assert "and 57 more" in outcome.summary


def broken_suite(folder: Path, **change: object) -> Path:
    content = yaml.safe_load((SUITES / "gate1.yml").read_text(encoding="utf-8"))
    block = {**content["expectations"][3], **change}
    (folder / "gate1.yml").write_text(yaml.safe_dump({"expectations": [block]}), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"facts": "feeds"}, r"gate1.yml: feed_accepted: unknown facts.*'feeds'.*Did you mean 'feed'"),
        ({"kwargs": {"column": "statuss"}}, r"unknown column of facts 'feed'.*Did you mean 'status'"),
        ({"severity": "error"}, r"unknown severity.*fail, warn"),
        ({"wher": "x"}, r"unknown key.*Did you mean 'where'"),
        (
            {"expect": "expect_column_values_to_be_in_sets"},
            r"no such expectation.*Did you mean 'expect_column_values_to_be_in_set'",
        ),
        ({"kwargs": {"column": "status", "value_sett": []}}, r"wrong arguments.*value_sett"),
        ({"where": "statsu == 'x'"}, r"cannot be read.*Did you mean 'status'"),
    ],
)
def test_a_suite_that_names_what_is_not_there_is_an_error(tmp_path, change, message):
    with pytest.raises(TagmartError, match=message):
        check(tmp_path, load_suite(broken_suite(tmp_path, **change), "gate1"), {"feed": [GOOD["feed"]]})


def test_a_crash_inside_great_expectations_is_an_error_and_not_a_pass(home, tmp_path):
    broken_suite(tmp_path, kwargs={"column": "message", "regex": "("}, expect="expect_column_values_to_match_regex")
    with pytest.raises(TagmartError, match=r"could not be computed|wrong arguments"):
        check(tmp_path, load_suite(tmp_path, "gate1"), {"feed": [GOOD["feed"]]})


def test_great_expectations_comes_without_what_no_suite_uses_and_has_every_expectation():
    script = (
        "import sys; from tagmart.gates.library import great_expectations; gx = great_expectations()\n"
        "print(*[name for name in ('scipy.stats._stats_py', 'altair.vegalite', 'sqlalchemy', 'psycopg2') if name in sys.modules])\n"
        "print(len(gx.expectations.registry.list_registered_expectation_implementations()) > 50)\n"
        "from scipy import stats; print(stats.entropy([1, 1], [1, 1]) == 0)\n"
        "import sqlalchemy; print(sqlalchemy.create_engine is not None)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["", "True", "True", "True"]


def test_a_gate_that_does_not_exist_names_the_nearest(home):
    with pytest.raises(TagmartError, match="Did you mean 'gate1'"):
        run_gate(*home, RUN, "gate11")
