"""Backup, restore and upgrade of a home, and the room on its disk: whole or not at all, and no home is spoiled."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections import namedtuple
from datetime import timedelta
from pathlib import Path

import pytest

from tagmart.core.duck import connect
from tagmart.core.errors import BusyError, TagmartError
from tagmart.core.locking import writer_lock
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.night import space
from tagmart.night.backup import MANIFEST, Backup, backup
from tagmart.night.begin import begin
from tagmart.night.restore import restore, upgrade
from tagmart.night.version import MIGRATIONS, TABLE, Migration, newest, require_version, stamp, version_of
from tagmart.publish import list_published, settle
from tests.publishing import D, Home, night, read_run

Disk = namedtuple("Disk", "total used free")
NEXT = D + timedelta(days=1)


@pytest.fixture
def home(small_home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with two published nights, a warehouse, a landing and a row in quarantine."""
    settings, state, _ = small_home
    monkeypatch.setenv("TAGMART_HOME", str(settings.home))
    monkeypatch.delenv("TAGMART_LANDING", raising=False)
    require_version(settings)
    with connect(settings.warehouse) as warehouse:
        warehouse.execute("create schema ods; create table ods.kept as select range as number from range(100000)")
    (settings.quarantine / "core_txn.jsonl").write_text("a row")
    (settings.landing / "20260630").mkdir(parents=True)
    (settings.landing / "20260630" / "core_txn.dat").write_text("x" * 1000)
    night(small_home, "20260630-001", D)
    night(small_home, "20260701-001", NEXT)
    settle(settings, state)
    return small_home


def told(home: Path) -> dict[str, object]:
    """What is in a home: its files but for the lock, what its databases say, where its links lead."""
    found: dict[str, object] = {}
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home).as_posix()
        if path.is_symlink():
            found[name] = f"→ {path.readlink()}"
        elif path.is_file() and not name.startswith("state.sqlite") and name not in ("writer.lock", "published/across.duckdb"):
            found[name] = (path.read_bytes(), path.stat().st_mode & 0o700)
    state = State(home / "state.sqlite")
    found["state"] = {table: state.rows(f"select rowid, * from {table}") for table in ("run", "publish", "current_switch", "gate_result")}
    return found


def across(settings: Settings) -> list[tuple]:
    """What a reader of many dates sees."""
    with connect(settings.published / "across.duckdb", read_only=True) as reader:
        return reader.execute("select biz_date, count(*) from last_30_days.tags_retail group by all order by all").fetchall()


def test_what_was_backed_up_comes_back_elsewhere_as_it_was(home, tmp_path):
    settings = home[0]
    made = backup(settings, tmp_path / "kept")
    assert made == Backup.read(tmp_path / "kept")
    assert made.current == "2026-07-01/20260701-001"
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "kept").rglob("*"))
    assert not [name for name in made.files if "landing" in name or "lock" in name]
    assert any(name.startswith("contracts/core/") for name in made.files)
    elsewhere = Settings(settings.root, "demo", tmp_path / "other" / "home")
    done = restore(elsewhere, tmp_path / "kept")
    assert (done.before, done.contracts) == (None, ())
    wanted = {name: what for name, what in told(settings.home).items() if not name.startswith("landing")}
    assert told(elsewhere.home) == wanted
    assert read_run(elsewhere) == "20260701-001"
    shutil.rmtree(settings.home)
    assert across(elsewhere) == [(D, 2), (NEXT, 2)], "no file of the old place is named"


def test_a_home_with_nights_is_replaced_only_if_asked_and_is_kept(home, tmp_path):
    settings = home[0]
    backup(settings, tmp_path / "kept")
    night(home, "20260702-001", NEXT + timedelta(days=1))
    with pytest.raises(TagmartError, match=r"there is a home with nights already.*--replace"):
        restore(settings, tmp_path / "kept")
    assert read_run(settings) == "20260702-001"
    done = restore(settings, tmp_path / "kept", replace=True)
    assert read_run(settings) == "20260701-001"
    assert read_run(Settings(settings.root, "demo", done.before)) == "20260702-001"
    assert (settings.landing / "20260630" / "core_txn.dat").exists(), "the landing stays where the sources write"
    assert len(list_published(settings, State(settings.state_db))) == 2
    night((settings, State(settings.state_db), home[2]), "20260702-001", NEXT + timedelta(days=1))
    assert read_run(settings) == "20260702-001", "and the nights go on"


def test_a_fresh_home_with_its_landing_takes_a_backup(home, tmp_path):
    backup(home[0], tmp_path / "kept")
    fresh = Settings(home[0].root, "demo", tmp_path / "fresh")
    fresh.claim_home()
    (fresh.home / "landing").mkdir()
    (fresh.home / "landing" / "file").touch()
    assert restore(fresh, tmp_path / "kept").before is None
    assert (fresh.home / "landing" / "file").exists()
    assert sorted(path.name for path in tmp_path.iterdir() if "fresh" in path.name) == ["fresh"]


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_a_damaged_backup_is_refused_before_anything_is_touched(home, tmp_path, damage):
    backup(home[0], tmp_path / "kept")
    file = tmp_path / "kept" / "home" / "warehouse.duckdb"
    if damage == "missing":
        file.unlink()
    else:
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    before = told(home[0].home)
    with pytest.raises(TagmartError, match=r"damaged.*nothing of the home was touched"):
        restore(home[0], tmp_path / "kept", replace=True)
    assert told(home[0].home) == before
    assert not list(tmp_path.glob(".*"))


def test_what_is_no_backup_or_another_bank_s_is_refused(home, tmp_path):
    with pytest.raises(TagmartError, match="no backup of tagmart"):
        restore(home[0], tmp_path, replace=True)
    backup(home[0], tmp_path / "kept")
    with pytest.raises(TagmartError, match="a backup of bank 'demo'"):
        restore(Settings(home[0].root, "berka", tmp_path / "berka"), tmp_path / "kept")
    with pytest.raises(TagmartError, match="there is something already"):
        backup(home[0], tmp_path / "kept")
    with pytest.raises(TagmartError, match="does not belong into the home"):
        backup(home[0], home[0].home / "kept")
    with pytest.raises(TagmartError, match="no home here"):
        backup(Settings(home[0].root, "demo", tmp_path / "nothing"), tmp_path / "more")


def test_nobody_copies_while_somebody_writes(home, tmp_path):
    backup(home[0], tmp_path / "kept")
    with writer_lock(home[0].home, "20260701-002", "dws"):
        for work in (lambda: backup(home[0], tmp_path / "more"), lambda: restore(home[0], tmp_path / "kept", replace=True),
                     lambda: upgrade(home[0])):
            with pytest.raises(BusyError, match="run 20260701-002, stage dws"):
                work()


def test_a_disk_without_room_is_told_before_the_copy(home, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Disk(10**9, 10**9, 1000))
    with pytest.raises(TagmartError, match=r"no room.*MB free"):
        backup(home[0], tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


SCRIPT = """
import os, shutil, signal, sys
from pathlib import Path
from tagmart.core.settings import Settings
from tagmart.night import backup, restore
home, kept, word, count = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
calls = 0
def counted(real):
    def call(*given, **more):
        global calls
        calls += 1
        if calls > count:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **more)
    return call
backup.copy_file = restore.copy_file = counted(backup.copy_file)
Path.rename = counted(Path.rename)
settings = Settings.load("demo", home)
if word == "backup":
    backup.backup(settings, kept)
else:
    restore.restore(settings, kept, replace=True)
"""


def killed_at(count: int, word: str, home: Path, kept: Path) -> bool:
    """Run a backup or a restore that is killed before its n-th copy or renaming; whether it came so far."""
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(home), str(kept), word, str(count)], capture_output=True, text=True, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode == -signal.SIGKILL


def test_a_backup_killed_anywhere_is_whole_or_not_there(home, tmp_path):
    kept, count = tmp_path / "kept", 0
    while killed_at(count, "backup", home[0].home, kept):
        assert not kept.exists(), count
        # The first copies, one in the middle, and then close to the end.
        count += 1 if count < 3 else 23
    assert Backup.read(kept).current == "2026-07-01/20260701-001"
    assert not list(tmp_path.glob(".kept*"))


def test_a_restore_killed_anywhere_leaves_the_old_home_or_the_new(home, tmp_path):
    settings = home[0]
    backup(settings, tmp_path / "kept")
    night(home, "20260702-001", NEXT + timedelta(days=1))
    copies = sum(name.startswith("home/") for name in Backup.read(tmp_path / "kept").files)
    # Before a copy; before the landing is moved; before the old home steps aside; before the new one takes its place.
    for count in (copies // 2, copies, copies + 1, copies + 2):
        before = tmp_path / "before"
        shutil.copytree(settings.home, before, symlinks=True)
        assert killed_at(count, "restore", settings.home, tmp_path / "kept"), count
        restore(settings, tmp_path / "kept", replace=True)
        assert read_run(settings) == "20260701-001", count
        assert (settings.landing / "20260630" / "core_txn.dat").exists(), count
        assert not list(tmp_path.glob(".home*")), count
        for left in tmp_path.glob("home*"):
            shutil.rmtree(left)
        before.rename(settings.home)


def make_older(settings: Settings) -> None:
    """The warehouse as it was before versions were written down."""
    with connect(settings.warehouse) as warehouse:
        warehouse.execute(f"drop table {TABLE}")


def found_version(settings: Settings) -> int | None:
    with connect(settings.warehouse, read_only=True) as warehouse:
        return version_of(warehouse)


def test_an_older_home_is_refused_until_it_is_upgraded_with_a_backup(home, tmp_path):
    settings = home[0]
    assert found_version(settings) == newest()
    assert upgrade(settings) == ([], None)
    make_older(settings)
    with pytest.raises(TagmartError, match=r"made by an older tagmart.*version 1, this code writes 2.*tagmart upgrade"):
        begin(settings, NEXT)
    done, kept = upgrade(settings)
    assert [step.to for step in done] == [2]
    assert found_version(settings) == newest()
    assert Backup.read(kept).version == 1, "the backup is of the home as it was"
    with connect(settings.warehouse, read_only=True) as warehouse:
        assert warehouse.execute("select count(*) from ods.kept").fetchone() == (100_000,)
        assert warehouse.execute("select count(*) from ops.daily_build").fetchone() == (0,)


def test_steps_go_in_order_in_one_transaction(home):
    settings, said = home[0], []

    def step(number: int) -> Migration:
        def work(warehouse) -> None:
            warehouse.execute(f"create table ops.step_{number} as select 1 as one")
            said.append(number)

        return Migration(number, f"step {number}", work)

    def fails(warehouse) -> None:
        warehouse.execute("create table ops.half as select 1 as one")
        raise ValueError("the disk says no")

    with pytest.raises(TagmartError, match=r"the step to version 5 failed.*still version 2.*the disk says no"):
        upgrade(settings, migrations=(*MIGRATIONS, step(4), step(3), Migration(5, "fails", fails)))
    assert (said, found_version(settings)) == ([3, 4], 2)
    with connect(settings.warehouse, read_only=True) as warehouse:
        assert warehouse.execute("select count(*) from duckdb_tables() where table_name in ('half', 'step_3', 'step_4')").fetchone() == (0,)
    said.clear()
    done, _ = upgrade(settings, migrations=(*MIGRATIONS, step(4), step(3)))
    assert ([one.to for one in done], said, found_version(settings)) == ([3, 4], [3, 4], 4)


def test_a_newer_home_and_a_newer_backup_are_refused(home, tmp_path):
    settings = home[0]
    with connect(settings.warehouse) as warehouse:
        stamp(warehouse, newest() + 1, "of tomorrow")
    for work in (lambda: begin(settings, NEXT), lambda: upgrade(settings), lambda: backup(settings, tmp_path / "kept") and
                 restore(settings, tmp_path / "kept", replace=True)):
        with pytest.raises(TagmartError, match=r"newer tagmart.*version 3, this code knows 2"):
            work()
    assert (tmp_path / "kept" / MANIFEST).exists(), "a backup of it may be made all the same"


def test_a_night_does_not_begin_without_room(home, monkeypatch):
    settings, state, _ = home
    free = 10**12
    monkeypatch.setattr(space.shutil, "disk_usage", lambda path: Disk(free, free, free))
    for run_id, grown in (("20260630-001", 80_000_000), ("20260701-001", 200_000_000)):
        state.put("space", {"run_id": run_id, "stage": "begin", "bytes": 1_000}, {"run_id": run_id, "stage": "dwd", "bytes": 1_000 + grown},
                  {"run_id": run_id, "stage": "publish", "bytes": 30_000_000})
    run_id = begin(settings, NEXT)
    assert state.row("select bytes from space where run_id = ? and stage = 'begin'", run_id)["bytes"] > 100_000
    free = 299_000_000
    monkeypatch.setenv("TAGMART_KEEP_DAYS", "1")
    runs = state.rows("select * from run")
    with pytest.raises(TagmartError, match=r"no room for the night.*299 MB free, 300 MB needed.*largest of the last 2 night.*TAGMART_KEEP_DAYS=7"):
        begin(settings, NEXT)
    assert state.rows("select * from run") == runs, "no run was begun, and none superseded"
    monkeypatch.setenv("TAGMART_SPACE_MARGIN", "1.2")
    begin(settings, NEXT)
    monkeypatch.setenv("TAGMART_SPACE_MARGIN", "much")
    with pytest.raises(TagmartError, match="not a margin"):
        begin(settings, NEXT)


def test_before_the_first_night_the_files_tell_how_much_room_is_needed(small_home, monkeypatch):
    settings, state, _ = small_home
    monkeypatch.delenv("TAGMART_LANDING", raising=False)
    (settings.landing / "20260630").mkdir(parents=True)
    (settings.landing / "20260630" / "core_txn.dat").write_bytes(bytes(20_000_000))
    monkeypatch.setattr(space.shutil, "disk_usage", lambda path: Disk(0, 0, 100_000_000))
    with pytest.raises(TagmartError, match=r"100 MB free, 180 MB needed.*its files take 20 MB"):
        space.require_space(settings, state, D)
