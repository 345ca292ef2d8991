"""Thirty nights in a row with random faults and nobody at hand, while a reader hammers what is published, for `make drill`."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from tagmart.core.locking import writer_lock
from tagmart.synth.faults import CATALOGUE, plant_faults
from tests.nights import STAGES, Home

pytestmark = pytest.mark.drill

NIGHTS = int(os.environ.get("TAGMART_DRILL_NIGHTS", "30"))
LAST = date(2026, 6, 30)
# They speak of deliveries that earlier nights have had.
NOT_HERE = {"resent", "older_batch", "second_initial"}
HAPPENINGS = ("file fault", "kill", "kill", "busy", "clock", "small files", "nothing")


def whole(published: Path) -> list[str]:
    """A reader of the real mart: every table that it opens speaks of one run and one date."""
    with duckdb.connect(str(published / "current" / "tagmart.duckdb"), read_only=True) as mart:
        run = mart.execute("select value from mart.run_manifest where name = 'run_id'").fetchone()[0]
        assert mart.execute("select run_id from mart.quality_stamp").fetchone()[0] == run
        days = mart.execute("select distinct biz_date from mart.tags_retail union select distinct biz_date from mart.tag_profile").fetchall()
        assert [f"{day:%Y%m%d}" for (day,) in days] == [run.split("-")[0]]
        return [run]


def hammer(published: str, done, seen) -> None:
    """In a process of its own: read again and again until told to stop, and say what was read and what was wrong."""
    runs, wrong = [], []
    seen.put("ready")
    while not done.is_set():
        try:
            runs += whole(Path(published))
        except Exception as error:
            wrong.append(f"{type(error).__name__}: {error}")
        # Two cores have a night to make too: a look takes a tenth of a second of one of them.
        time.sleep(0.3)
    seen.put((runs, wrong))


class Nights:
    """The nights of a bank whose sources and machines fail now and then.

    Args:
        home: a home with an empty landing.
        source: the landing as the sources meant it.
        seed: of everything that happens.
    """

    def __init__(self, home: Home, source: Path, seed: int) -> None:
        self.home, self.source, self.draw = home, source, random.Random(seed)
        self.told: list[str] = []
        self.owed: Path | None = None

    def deliver(self, day: date, fault: bool) -> None:
        """Lay the files of a day into the landing; perhaps with a fault of the catalogue."""
        folder = self.home.landing / f"{day:%Y%m%d}"
        shutil.copytree(self.source / folder.name, folder, dirs_exist_ok=True)
        if not fault:
            return
        for _ in range(20):
            one = self.draw.choice([fault for fault in CATALOGUE if fault.name not in NOT_HERE])
            if any(path.name.startswith(f"{one.feed}_") for path in folder.iterdir()):
                plant_faults(self.home.landing, [one.name], seed=self.draw.randrange(1000))
                self.told.append(f"{day} {one.name} ({one.outcome})")
                self.owed = folder
                return

    def send_again(self) -> None:
        """The source sends the spoiled day again, as it was meant."""
        if self.owed is not None:
            shutil.rmtree(self.owed)
            shutil.copytree(self.source / self.owed.name, self.owed)
            self.owed = None

    def night(self, day: date) -> str:
        """One night as a scheduler drives it: what failed is begun again, without anybody."""
        happening = self.draw.choice(HAPPENINGS)
        self.send_again()
        self.deliver(day, happening == "file fault")
        struck = self.draw.choice(STAGES)
        run_id = self.home.begin(str(day))
        for _ in range(4):
            failed = self._stages(run_id, happening, struck)
            if failed is None:
                return run_id
            happening = "nothing"
            if failed in ("ingest", "gate1"):
                # What gate 1 refuses is sent again, and a new night takes it.
                self.send_again()
                run_id = self.home.begin(str(day))
        raise AssertionError(f"the night of {day} does not come to an end: {failed}")

    def _stages(self, run_id: str, happening: str, struck: str) -> str | None:
        """Run the stages that are not done yet; the one that failed, or None."""
        done = {row["stage"] for row in self.home.state.rows("select stage from stage where run_id = ? and status = 'done'", run_id)}
        for stage in STAGES:
            if stage in done:
                continue
            words = ("night", stage, "--run-id", run_id)
            if stage == struck and happening == "kill":
                self.told.append(f"{run_id} {stage} killed")
                self.home.troubled(*words, kill_after=self.draw.uniform(0.1, 4))
            elif stage == struck and happening == "small files":
                self.told.append(f"{run_id} {stage} with files up to a megabyte")
                self.home.troubled(*words, files_up_to=1 << 20)
            elif stage == struck and happening == "busy":
                self.told.append(f"{run_id} {stage} while another writes")
                with writer_lock(self.home.path, "(drill)", "drill"):
                    assert self.home.stage(run_id, stage, check=False).returncode == 75
            off = self.draw.uniform(-2000, 2000) if happening == "clock" else 0
            if self.home.state.row("select status from run where run_id = ?", run_id)["status"] == "published":
                return None
            if self.home.troubled(*words, clock_off=off).returncode != 0:
                return stage
        return None


def test_thirty_nights_in_a_row(home_of, capsys, tmp_path):
    """Each date is published, nothing of a delivery is lost, readers never saw an error or a mix, and the marts are right."""
    home, source = home_of("demo"), tmp_path / "source"
    first = LAST - timedelta(days=NIGHTS - 1)
    # A small bank: nearly all that a night of the drill takes is what it would take without a customer.
    size = ("--customers", "60", "--corporates", "10", "--merchants", "6", "--months", "2")
    home.tagmart("synth", "--out", str(source), *size, "--seed", "11", "--days", str(NIGHTS), "--date", str(LAST))
    calm = Home("demo", home.path.with_name("calm"), source)
    home.landing.mkdir(parents=True)
    for folder in source.iterdir():
        if not folder.name.startswith("2") or folder.name < f"{first:%Y%m%d}":
            shutil.copytree(folder, home.landing / folder.name)
    nights, started = Nights(home, source, seed=30), time.monotonic()
    runs = {first: nights.night(first)}
    context = multiprocessing.get_context("spawn")
    done, seen = context.Event(), context.Queue()
    reader = context.Process(target=hammer, args=(str(home.path / "published"), done, seen))
    reader.start()
    assert seen.get(timeout=120) == "ready"
    for offset in range(1, NIGHTS):
        day = first + timedelta(days=offset)
        runs[day] = nights.night(day)
        assert home.published_status["run_id"] == runs[day]
    took = time.monotonic() - started
    done.set()
    read, wrong = seen.get(timeout=120)
    reader.join()
    nights.send_again()
    again = home.night(str(LAST))
    lost = home.state.rows("select feed, biz_date from arrival where rows_in <> rows_loaded + rows_quarantined")
    with capsys.disabled():
        print(f"\n{NIGHTS} nights in {took / 60:.0f} min, {len(nights.told)} things happened, {len(read):,} reads of {len(set(read))} runs,"
              f" {len(wrong)} wrong\n  " + "\n  ".join(nights.told))
    assert not wrong, wrong[:3]
    assert lost == []
    assert {row["biz_date"] for row in home.state.rows("select biz_date from publish")} == {str(day) for day in runs}
    with home.opened(home.mart(str(LAST), again)) as mart:
        stays = mart.execute("select count(distinct first_date) from mart.segment_member").fetchone()[0]
    assert stays > 1, "who was in a segment the day before keeps the first day"
    calm_run = calm.night(str(LAST))
    query = "select name, content_hash from mart.run_manifest where kind = 'table' and starts_with(name, 'tags_')"
    with home.opened(home.mart(str(LAST), again)) as mart, home.opened(calm.mart(str(LAST), calm_run)) as other:
        assert dict(mart.execute(query).fetchall()) == dict(other.execute(query).fetchall()), "one calm night over all files gives the same tags"
