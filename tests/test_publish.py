"""Publishing: whole or not at all, newest date in front, back and forth, and old runs thrown away."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from tagmart.core.duck import connect
from tagmart.core.errors import TagmartError
from tagmart.gates.failing import FailingRow
from tagmart.publish import (
    current,
    latest_good,
    list_published,
    publish,
    publishing,
    rollback,
    store,
)
from tests.publishing import D, Home, candidate, night, read_run


@pytest.fixture
def home(small_home: Home) -> Home:
    return small_home


def test_a_published_run_is_two_closed_files_for_the_owner_only(home):
    folder = night(home, "20260630-001")
    settings = home[0]
    assert folder == settings.published / "2026-06-30" / "20260630-001"
    assert sorted(path.name for path in folder.iterdir()) == ["restricted.duckdb", "tagmart.duckdb"]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o400}
    assert {path.stat().st_mode & 0o777 for path in (folder, folder.parent, settings.published)} == {0o700}
    assert str((settings.published / "current").readlink()) == "2026-06-30/20260630-001"
    assert not (settings.run_dir("20260630-001") / "tagmart.duckdb").exists()


def test_status_json_says_what_is_current_how_fresh_and_how_many_rows(home):
    night(home, "20260630-001")
    status = json.loads((home[0].published / "status.json").read_text(encoding="utf-8"))
    assert status["bank"] == "demo"
    assert status["current"]["run_id"] == "20260630-001"
    assert status["current"]["biz_date"] == "2026-06-30"
    assert status["current"]["rows"]["tags_retail"] == 2
    assert status["current"]["hours_after_day_end"] is not None
    assert status["current"]["stale_after"].startswith("2026-07-02")


def test_the_file_opens_alone_and_every_column_is_explained(home):
    folder = night(home, "20260630-001")
    with duckdb.connect() as connection:
        connection.execute(f"attach '{folder / 'tagmart.duckdb'}' as other_name (read_only)")
        connection.execute("use other_name")
        assert connection.execute("select count(*) from mart.busy").fetchone() == (1,)
        comment = connection.execute(
            "select comment from duckdb_columns() where table_name = 'tags_retail' and column_name = 'txn_cnt_30d'"
        ).fetchone()
        bare = connection.execute(
            "select table_name, column_name from duckdb_columns() where table_name in"
            " ('feed_status', 'gate_result', 'run_manifest') and comment is null"
        ).fetchall()
        manifest = connection.execute(
            "select kind, name, row_cnt, content_hash, value from mart.run_manifest"
        ).fetchall()
        feeds = connection.execute("select feed, rows_loaded, as_of from mart.feed_status").fetchall()
    assert comment == ("近30天交易笔数｜Number of items, last 30 days",)
    assert bare == []
    assert feeds == [("core_txn", 3, D)]
    facts = {(kind, name): (rows, digest, value) for kind, name, rows, digest, value in manifest}
    assert facts["run", "biz_date"][2] == "2026-06-30"
    assert facts["run", "code_revision"][2] == "abc"
    assert facts["table", "tags_retail"][0] == 2
    assert facts["file", "core_txn.dat"][1] == "0f" * 16
    assert "flag_aml" not in str(manifest)


def test_readers_get_masked_keys_and_the_home_keeps_them(home):
    settings, state = home[:2]
    candidate(home, "20260630-001")
    row = FailingRow("t03_deposits", "B100 · 201101 · CNY", 1, "account", "9900001000004183", "****4183", "is exactly the difference",
                     "B100", "201101", "CNY", 12, 10)
    state.put("gate_failing_row", row.record("20260630-001", "ledger"))
    folder = publish(settings, state, "20260630-001", D)
    with connect(folder / "tagmart.duckdb", read_only=True) as mart:
        found = mart.execute("select key, gl_org, amount_left, amount_right, difference from mart.gate_failing_row").fetchall()
        bare = mart.execute("select count(*) from duckdb_columns() where table_name = 'gate_failing_row' and comment is null").fetchone()
    assert [tuple(map(str, one)) for one in found] == [("****4183", "B100", "12.0000", "10.0000", "2.0000")]
    assert bare == (0,)
    assert b"9900001000004183" not in (folder / "tagmart.duckdb").read_bytes()
    assert state.row("select key_full from gate_failing_row")["key_full"] == "9900001000004183"


def test_a_view_with_a_three_part_name_is_refused(home):
    candidate(home, "20260630-001")
    path = home[0].run_dir("20260630-001") / "tagmart.duckdb"
    with connect(path) as mart:
        mart.execute("create view mart.broken as select * from tagmart.mart.tags_retail")
    with pytest.raises(TagmartError, match=r"mart\.broken.*opened alone"):
        publish(*home[:2], "20260630-001", D)
    assert current(home[0]) is None


def test_a_run_whose_gates_were_not_all_green_is_refused(home):
    candidate(home, "20260630-001", gates=False)
    with pytest.raises(TagmartError, match="gate1 was not checked"):
        publish(*home[:2], "20260630-001", D)
    candidate(home, "20260630-002")
    home[1].do("update gate_result set success = 0 where gate = 'gate3'")
    with pytest.raises(TagmartError, match="gate3 is red"):
        publish(*home[:2], "20260630-002", D)
    assert current(home[0]) is None


def test_a_newer_date_moves_current_and_an_older_one_never_does(home):
    night(home, "20260630-001", D)
    night(home, "20260701-001", D + timedelta(days=1))
    older = night(home, "20260630-002", D)
    assert current(home[0]).name == "20260701-001"
    assert latest_good(home[1], D) == older
    assert latest_good(home[1], D - timedelta(days=1)) is None
    assert [run.run_id for run in list_published(*home[:2])] == ["20260701-001", "20260630-002", "20260630-001"]


def test_rollback_goes_to_the_good_run_before_and_the_next_night_moves_forward(home):
    night(home, "20260629-001", D - timedelta(days=1))
    night(home, "20260630-001")
    assert rollback(*home[:2]) == "2026-06-29/20260629-001"
    assert latest_good(home[1], D) is None, "a run from which somebody went back is nobody's yesterday"
    status = json.loads((home[0].published / "status.json").read_text(encoding="utf-8"))
    assert status["current"]["run_id"] == "20260629-001"
    assert status["current"]["because"].items() >= {"kind": "rollback", "from": "20260630-001", "reason": None}.items()
    night(home, "20260630-002")
    status = json.loads((home[0].published / "status.json").read_text(encoding="utf-8"))
    assert status["current"]["because"]["kind"] == "publish", "the next night says nothing of it any more"
    assert current(home[0]).name == "20260630-002"
    assert rollback(*home[:2]) == "2026-06-29/20260629-001", "the withdrawn run is passed over"
    assert rollback(*home[:2], "20260630-001") == "2026-06-30/20260630-001"
    assert latest_good(home[1], D).name == "20260630-001", "going back to a run makes it good again"


def test_rollback_without_anywhere_to_go_says_so(home):
    with pytest.raises(TagmartError, match="nothing is published"):
        rollback(*home[:2])
    night(home, "20260630-001")
    with pytest.raises(TagmartError, match="no such run to go back to"):
        rollback(*home[:2])
    with pytest.raises(TagmartError, match=r"no such run to go back to.*20260630-001"):
        rollback(*home[:2], "20260101-001")


STEPS = [
    (publishing, "finish_candidate"),
    (publishing, "check_opens_alone"),
    (publishing, "_move"),
    (store, "record"),
    (store, "_lead_to"),
    (store, "write_status"),
]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_between_any_two_steps_leaves_readers_at_the_old_run_or_the_new(home, monkeypatch, when):
    old = night(home, "20260630-000").name
    for number, (module, step) in enumerate(STEPS, start=1):
        run_id = f"20260630-{number:03d}"
        candidate(home, run_id)
        real = getattr(module, step)

        def killed(*arguments: object, real: object = real, **more: object) -> None:
            if when == "after":
                real(*arguments, **more)
            raise KeyboardInterrupt

        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(module, step, killed)
            publish(*home[:2], run_id, D)
        assert read_run(home[0]) in (old, run_id), step
        folder = publish(*home[:2], run_id, D)
        assert read_run(home[0]) == run_id, step
        assert sorted(path.name for path in folder.parent.iterdir())[-1] == run_id
        assert not list(folder.parent.glob(".*")), f"nothing half-made is left after {step}"
        old = run_id
    assert publish(*home[:2], old, D) == folder, "and once more does nothing"


def test_a_kill_between_the_two_files_of_a_run(home, monkeypatch):
    candidate(home, "20260630-001")
    real, moved = publishing._move, []

    def second_is_killed(source: Path, target: Path, **more: int) -> None:
        if moved:
            raise KeyboardInterrupt
        moved.append(source.name)
        real(source, target, **more)

    monkeypatch.setattr(publishing, "_move", second_is_killed)
    with pytest.raises(KeyboardInterrupt):
        publish(*home[:2], "20260630-001", D)
    assert current(home[0]) is None
    monkeypatch.setattr(publishing, "_move", real)
    publish(*home[:2], "20260630-001", D)
    assert read_run(home[0]) == "20260630-001"


def test_files_on_two_disks_are_copied_and_renamed(home, monkeypatch):
    candidate(home, "20260630-001")
    real = os.rename

    def other_disk(source: Path, target: Path) -> None:
        if Path(source).parent.name == "20260630-001" and Path(source).suffix == ".duckdb":
            raise OSError(18, "Invalid cross-device link")
        real(source, target)

    monkeypatch.setattr(os, "rename", other_disk)
    folder = publish(*home[:2], "20260630-001", D)
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o400}
    assert read_run(home[0]) == "20260630-001"


def test_two_runs_over_the_same_content_have_the_same_hashes(home):
    for run_id in ("20260630-001", "20260630-002"):
        candidate(home, run_id)
        with connect(home[0].run_dir(run_id) / "tagmart.duckdb") as mart:
            mart.execute("update mart.tags_retail set made_by = 'same'")
            mart.execute("update mart.segment_daily set made_by = 'same'")
    home[1].do("update feed_fact set status = 'unchanged' where run_id = '20260630-002'")
    folders = [publish(*home[:2], run_id, D) for run_id in ("20260630-001", "20260630-002")]
    query = "select name, row_cnt, content_hash from mart.run_manifest where kind in ('table', 'file') order by all"
    manifests = []
    for folder in folders:
        with connect(folder / "tagmart.duckdb", read_only=True) as mart:
            manifests.append(mart.execute(query).fetchall())
    assert manifests[0] == manifests[1]
    assert {"tags_retail", "feed_status", "gate_result"} <= {row[0] for row in manifests[0]}


def test_a_link_to_a_run_that_the_state_forgot_is_judged_by_its_path(home):
    night(home, "20260701-001", D + timedelta(days=1))
    home[1].do("delete from publish")
    night(home, "20260630-001")
    assert current(home[0]).name == "20260701-001"
    assert store.list_published(*home[:2])[0].run_id == "20260630-001"
