"""What a publishing, a home and its clock survive: full disks, read-only folders, a held lock, two at once, a clock that jumps.

The same for whole nights: tests/test_kills.py and tests/test_load.py, in `make drill`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, datetime, timedelta

import pytest

from tagmart.core import clock
from tagmart.core.locking import writer_lock
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.night.begin import BEGIN, begin, require_turn
from tagmart.night.launch import TRY_AGAIN
from tagmart.publish import Policy, current, latest_good, list_published, publish, rotate_runs, settle
from tests import troubles
from tests.publishing import D, Home, candidate, night, read_run

PUBLISH = """
import sys
from datetime import date
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.publish import publish
settings = Settings.load("demo", sys.argv[1])
publish(settings, State(settings.state_db), sys.argv[2], date.fromisoformat(sys.argv[3]))
"""


def publishing(settings: Settings, run_id: str) -> list[str]:
    """Publishing a run in a process of its own."""
    return [sys.executable, "-c", PUBLISH, str(settings.home), run_id, str(D)]


@pytest.mark.skipif(bool(troubles.no_mounts()), reason=troubles.no_mounts() or "mounts are possible")
@pytest.mark.parametrize("trouble", ["full disk", "read-only folder"])
def test_publishing_without_a_disk_leaves_readers_where_they_are_and_goes_on_later(small_home, trouble):
    settings, state, _ = small_home
    night(small_home, "20260630-001")
    before = {path: path.stat().st_mtime_ns for path in settings.published.rglob("*.duckdb")}
    candidate(small_home, "20260630-002")
    command = publishing(settings, "20260630-002")
    if trouble == "full disk":
        failed = troubles.on_a_small_disk(settings.home, 64 * 1024, command, os.environ)
        assert "No space left" in failed.stderr or "disk is full" in failed.stderr or "disk I/O error" in failed.stderr, failed.stderr
    else:
        failed = troubles.read_only(settings.published, command, os.environ)
        assert "Read-only file system" in failed.stderr
    assert failed.returncode == 1
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert read_run(settings) == "20260630-001"
    publish(settings, state, "20260630-002", D)
    assert read_run(settings) == "20260630-002"
    assert not list(settings.published.rglob(".*")), "nothing half-made is left"


def test_of_nights_that_begin_at_once_one_writes_and_the_others_are_told_to_try_again(small_home):
    settings, state, _ = small_home
    environment = os.environ | {"TAGMART_HOME": str(settings.home), "TAGMART_BANK": "demo"}
    command = [sys.executable, "-m", "tagmart", "night", "begin", "--date", str(D)]
    with writer_lock(settings.home, "20260629-001", "dws"):
        refused = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert refused.returncode == TRY_AGAIN
    assert "run 20260629-001, stage dws" in refused.stderr
    assert state.rows("select * from run") == []
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [(*process.communicate(timeout=300), process.returncode) for process in both]
    begun = [out.split()[-1] for out, _, code in said if code == 0]
    assert begun
    assert {code for _, _, code in said} <= {0, TRY_AGAIN}, said
    runs = state.rows("select run_id, status from run order by rowid")
    assert [row["run_id"] for row in runs] == sorted(begun)
    assert [row["status"] for row in runs] == ["superseded"] * (len(runs) - 1) + ["running"]
    assert settings.candidate.readlink().name == runs[-1]["run_id"]


def at(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    """Have the clock tell a day."""
    monkeypatch.setattr(clock, "now", lambda: datetime(day.year, day.month, day.day, 3, tzinfo=clock.BANK_TIME))


def tables(home: Home, run_id: str) -> list[tuple]:
    """The content hashes of a published run."""
    from tagmart.core.duck import connect

    with connect(home[0].published / str(D) / run_id / "tagmart.duckdb", read_only=True) as mart:
        return mart.execute("select name, content_hash from mart.run_manifest where kind = 'table' and name not in ('tags_retail',"
                            " 'segment_daily', 'restatement') order by name").fetchall()


def test_a_clock_that_jumps_changes_nothing_that_is_published_nor_who_is_next(small_home, monkeypatch):
    settings, state, _ = small_home
    at(monkeypatch, date(2036, 1, 1))
    night(small_home, "20260630-001")
    night(small_home, "20260629-001", D - timedelta(days=1))
    at(monkeypatch, date(2020, 1, 1))
    night(small_home, "20260630-002")
    settle(settings, state, policy=Policy(runs=1))
    assert read_run(settings) == "20260630-002", "the last published, though the clock says it came sixteen years before"
    assert latest_good(state, D).name == "20260630-002"
    assert [run.run_id for run in list_published(settings, state)] == ["20260630-002", "20260630-001", "20260629-001"]
    assert tables(small_home, "20260630-001") == tables(small_home, "20260630-002")
    assert current(settings).name == "20260630-002"


def test_a_night_begun_by_an_earlier_clock_is_still_the_newest(small_home, monkeypatch):
    settings, state, _ = small_home
    at(monkeypatch, date(2036, 1, 1))
    first = begin(settings, D)
    at(monkeypatch, date(2020, 1, 1))
    second = begin(settings, D)
    assert require_turn(settings, state, second, BEGIN)["run_id"] == second
    with pytest.raises(Exception, match=f"a newer run has taken over.*{second}"):
        require_turn(settings, state, first, BEGIN)
    assert rotate_runs(settings, State(settings.state_db), Policy(failed=1)) == []
    third = begin(settings, D)
    assert rotate_runs(settings, state, Policy(failed=1)) == [first], (first, second, third)
