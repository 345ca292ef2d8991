"""Dates, the lock, the home of a bank, errors that people read."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime

import pytest

from tagmart.core import clock
from tagmart.core.errors import BusyError, TagmartError, nearest
from tagmart.core.locking import writer_lock
from tagmart.core.settings import Settings, project_root
from tagmart.core.state import State
from tagmart.night import airflow
from tagmart.night.launch import biz_date_for


@pytest.mark.parametrize(("logical", "biz_date"), [
    # the night of 30 June is scheduled at 02:00 of 1 July in Shanghai, which is still 30 June in UTC
    (datetime(2026, 6, 30, 18, 0, tzinfo=UTC), date(2026, 6, 30)),
    (datetime(2026, 6, 30, 15, 59, tzinfo=UTC), date(2026, 6, 29)),
    (datetime(2026, 6, 30, 16, 0, tzinfo=UTC), date(2026, 6, 30)),
    (datetime(2024, 2, 29, 18, 0, tzinfo=UTC), date(2024, 2, 29)),
    (datetime(2025, 12, 31, 18, 0, tzinfo=UTC), date(2025, 12, 31)),
])
def test_biz_date_is_the_banks_date_minus_one(logical, biz_date):
    assert clock.biz_date_of(logical) == biz_date
    assert biz_date_for({"biz_date": None}, logical) == str(biz_date)


def test_every_day_has_its_own_night():
    for day in (date(2026, 1, 1), date(2026, 6, 30), date(2024, 2, 29)):
        assert clock.biz_date_of(clock.logical_date_of(day)) == day


def test_the_parameter_wins_and_nothing_is_guessed():
    assert biz_date_for({"biz_date": "1993-12-31"}, datetime(2026, 1, 1, tzinfo=UTC)) == "1993-12-31"
    with pytest.raises(ValueError, match="no logical date"):
        biz_date_for({}, None)
    with pytest.raises(TagmartError, match="not a date"):
        clock.parse_biz_date("30.06.2026")


def test_a_second_writer_is_refused_with_the_name_of_the_first(tmp_path):
    first = writer_lock(tmp_path, "20260630-001", "dws")
    with first, pytest.raises(BusyError) as refused, writer_lock(tmp_path, "20260630-002", "begin"):
        pass
    assert "run 20260630-001, stage dws" in str(refused.value)


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    script = (
        "import os, sys, pathlib\nfrom tagmart.core.locking import writer_lock\n"
        "with writer_lock(pathlib.Path(sys.argv[1]), 'r', 's'):\n    os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert killed.returncode == -9
    with writer_lock(tmp_path, "20260630-002", "begin"):
        assert "20260630-002" in (tmp_path / "writer.lock").read_text()


def test_a_home_refuses_another_bank(tmp_path):
    Settings(project_root(), "demo", tmp_path / "home").claim_home()
    with pytest.raises(TagmartError, match="belongs to bank 'demo'"):
        Settings(project_root(), "berka", tmp_path / "home").claim_home()
    assert (tmp_path / "home").stat().st_mode & 0o077 == 0


def test_a_folder_that_was_open_to_all_is_the_owner_s_alone_once_it_is_a_home(tmp_path):
    (tmp_path / "home").mkdir(mode=0o755)
    Settings(project_root(), "demo", tmp_path / "home").claim_home()
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700


def test_airflow_s_page_listens_on_this_machine_alone_and_its_logs_are_the_owner_s(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("AIRFLOW__")]:
        monkeypatch.delenv(name)
    said = airflow.environment(Settings(project_root(), "demo", tmp_path))
    assert said["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert {said[f"AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_{what}_PERMISSIONS"] for what in ("FOLDER", "FILE")} == {"0o700", "0o600"}
    assert [words for words in airflow.SERVERS if words[0] in ("scheduler", "triggerer")] == [
        ("scheduler", "--skip-serve-logs"), ("triggerer", "--skip-serve-logs")]


def test_state_keeps_all_of_a_write_or_none(tmp_path):
    state = State(tmp_path / "state.sqlite")
    good = {"run_id": "a", "bank": "demo", "biz_date": "2026-06-30", "status": "running", "started_at": "now"}
    with pytest.raises(Exception, match="CHECK constraint"):
        state.put("run", good, good | {"run_id": "b", "status": "nonsense"})
    assert state.rows("select * from run") == []
    state.put("run", good)
    assert state.row("select status from run")["status"] == "running"


def test_errors_say_what_where_seen_and_do():
    error = TagmartError("not a date", where="core_txn.dat line 3", seen="'x'", do="write it as 2026-06-30")
    assert str(error) == "core_txn.dat line 3: not a date. Seen: 'x'. Do: write it as 2026-06-30."
    assert nearest("count_day", ["count_days", "sum"]) == "Did you mean 'count_days'?"
    assert nearest("zzz", ["count_days"]) == ""


def test_a_home_that_is_not_there_is_named(tmp_path):
    with pytest.raises(TagmartError, match="no home here"):
        State(tmp_path / "nowhere" / "state.sqlite")
