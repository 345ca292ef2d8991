"""SIGKILL after every stage marker and at random moments within every stage, by stages and through Airflow, for `make drill`.

Whatever was killed: readers have the mart that they had, the stage runs again without hands, and the night that comes out has
the content of one that nobody disturbed. Six kills of the same kind are part of the suite: tests/test_demo_night.py.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests import troubles
from tests.nights import STAGES, Home
from tests.test_demo_night import hashes

pytestmark = pytest.mark.drill

BEFORE, D = "2026-06-29", "2026-06-30"
# In each night every stage is killed at one of its markers, and so often at a random moment of its work before it comes to its end.
MARKERS = ("running", "done")
AT_RANDOM = 3
THROUGH_AIRFLOW = 3


@pytest.fixture(scope="module")
def home(home_of) -> Home:
    """A bank with two published nights, so that the nights of the drill have a yesterday."""
    home = home_of("demo")
    home.synth(customers=60, corporates=10, merchants=6, months=2, seed=11, days=2, date=D)
    home.night(BEFORE)
    home.night(D)
    return home


def published(home: Home) -> dict[str, tuple[int, int]]:
    """Every published database with its size and the time of its last change: what nobody may touch."""
    files = (home.path / "published").glob("2*/2*/*.duckdb")
    return {str(file.relative_to(home.path)): (file.stat().st_size, file.stat().st_mtime_ns) for file in files}


def seconds_of(home: Home) -> dict[str, float]:
    """How long each stage takes when nobody disturbs it and the machine is quick: a kill is to come before its end."""
    rows = home.state.rows("select stage, min(seconds) as seconds from stage where status = 'done' and seconds > 0 group by stage")
    return {row["stage"]: row["seconds"] for row in rows}


def killed(home: Home, *words: str, **how: object) -> bool:
    """Run a step that is to be killed; whether it was still running then."""
    done = home.troubled("night", *words, **how)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr[-2000:]
    return done.returncode == -signal.SIGKILL


def is_published(home: Home, run_id: str) -> bool:
    """Whether readers have the run: then there is nothing left of it to kill."""
    return home.state.row("select status from run where run_id = ?", run_id)["status"] == "published"


def test_a_night_killed_everywhere_is_the_night_that_nobody_disturbed(home, capsys):
    """Each round is a night: `begin` and every stage are killed, at random moments and at a marker, and run again."""
    draw, wanted, seconds = random.Random(5), hashes(home, home.current / "tagmart.duckdb"), seconds_of(home)
    kills, late, started = 0, 0, time.monotonic()
    for marker in MARKERS:
        before = published(home)
        kills += killed(home, "begin", "--date", D, **({"die_at": "done"} if marker == "done" else {"kill_after": 0.2}))
        run_id = home.begin(D)
        for stage in STAGES:
            # What a stage has made before it was killed may spare it work: later kills come sooner.
            moments = [{"kill_after": draw.uniform(0.05, 0.8 * seconds[stage] / number)} for number in range(1, AT_RANDOM + 1)]
            for how in (*moments, {"die_at": marker}):
                if is_published(home, run_id):
                    break
                hit = killed(home, stage, "--run-id", run_id, **how)
                kills, late = kills + hit, late + (not hit)
                assert published(home).items() >= before.items(), f"a published file was changed by {stage}"
                assert hashes(home, home.current / "tagmart.duckdb") == wanted
            if not is_published(home, run_id):
                home.stage(run_id, stage)
        assert home.published_status["run_id"] == run_id
        assert hashes(home, home.mart(D, run_id)) == wanted
        assert not list((home.path / "published").rglob(".*.part")), "something half-made is left"
    with capsys.disabled():
        print(f"\n{kills} kills in {len(MARKERS)} nights ({late} came too late), {time.monotonic() - started:.0f} s; the mart is the same each time")
    assert kills >= 60


def test_a_night_killed_within_airflow_is_run_again_by_the_same_command(home, capsys):
    """Airflow and all that it has started are killed at random moments; the next `tagmart run` needs nobody."""
    draw, wanted = random.Random(7), hashes(home, home.current / "tagmart.duckdb")
    night, kills = sum(seconds_of(home).values()), 0
    for _ in range(THROUGH_AIRFLOW):
        process = subprocess.Popen([sys.executable, "-m", "tagmart", "run", "--date", D], env=home.environment, start_new_session=True,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        runs = len(home.state.rows("select * from run"))
        while len(home.state.rows("select * from run")) == runs and process.poll() is None:
            time.sleep(0.2)
        time.sleep(draw.uniform(0, night))
        kills += process.poll() is None
        kill_all(process)
        assert hashes(home, home.current / "tagmart.duckdb") == wanted
    home.airflow_night(D)
    assert home.state.row("select max(rowid), status from run")["status"] == "published"
    assert hashes(home, home.current / "tagmart.duckdb") == wanted
    with capsys.disabled():
        print(f"\n{kills} of {THROUGH_AIRFLOW} nights killed within Airflow; the next one is the same")
    assert kills >= 2


def kill_all(process: subprocess.Popen) -> None:
    """SIGKILL to a process and to all that it and its children have started, whatever sessions they are in."""
    family = [process.pid]
    for pid in family:
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            family += [int(child) for child in task.read_text().split()]
    for pid in family:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


# Stage → what happens to it before it runs as it should. A small stage may go through: it fills places that the night before has left.
TROUBLED = {
    "ingest": ("clock",), "gate1": ("clock",), "dwd": ("full disk", "small files"), "dws": ("small files",), "tags": ("small files",),
    "wide": ("read-only", "full disk"), "profile": ("small files",), "gate2": ("clock",), "segments": ("full disk",), "gate3": ("clock",),
    "publish": ("read-only", "full disk"),
}


@pytest.mark.skipif(bool(troubles.no_mounts()), reason=troubles.no_mounts() or "mounts are possible")
def test_a_night_of_full_disks_read_only_folders_and_a_clock_that_jumps(home, capsys):
    """Each stage meets its trouble; if it fails for it, it runs again when it is over. The night is the same, so nothing was lost unsaid."""
    wanted, run_id, refused = hashes(home, home.current / "tagmart.duckdb"), home.begin(D), 0
    for number, stage in enumerate(STAGES):
        words, command = ("night", stage, "--run-id", run_id), troubles.stage_command(run_id, stage)
        for trouble in TROUBLED[stage]:
            if trouble == "clock":
                done = home.troubled(*words, clock_off=(-1) ** number * 4000)
                assert done.returncode == 0, done.stderr
                continue
            if trouble == "full disk":
                done = troubles.on_a_small_disk(home.path, 64 * 1024, command, home.environment)
            elif trouble == "read-only":
                done = troubles.read_only(home.path / ("published" if stage == "publish" else "runs"), command, home.environment)
            else:
                done = home.troubled(*words, files_up_to=troubles.MEGABYTE)
            refused += done.returncode != 0
            assert hashes(home, home.current / "tagmart.duckdb") == wanted
        if done.returncode:
            home.stage(run_id, stage)
    assert hashes(home, home.mart(D, run_id)) == wanted
    assert refused >= 7
    with capsys.disabled():
        print(f"\n{refused} stages failed for want of a disk and ran again; the mart is the same")


def test_two_nights_at_once_take_turns_or_one_is_told(home):
    """Two processes go through the stages of two dates as Airflow does: busy means again, anything else is the end."""
    script = (
        "import subprocess, sys, time\n"
        "from tests.nights import STAGES\n"
        "def step(*words):\n"
        "    while True:\n"
        "        done = subprocess.run([sys.executable, '-m', 'tagmart', 'night', *words], capture_output=True, text=True)\n"
        "        if done.returncode != 75:\n"
        "            break\n"
        "        time.sleep(1)\n"
        "    if done.returncode:\n"
        "        sys.exit(done.stderr)\n"
        "    return done.stdout.split()[-1]\n"
        "run_id = step('begin', '--date', sys.argv[1])\n"
        "for stage in STAGES:\n"
        "    step(stage, '--run-id', run_id)\n"
    )
    wanted = hashes(home, home.current / "tagmart.duckdb")
    both = [subprocess.Popen([sys.executable, "-c", script, day], env=home.environment, stderr=subprocess.PIPE, text=True) for day in (BEFORE, D)]
    said = [process.communicate()[1] for process in both]
    assert sorted(process.returncode for process in both) == [0, 1]
    assert any("a newer run has taken over the warehouse" in words for words in said)
    home.night(D)
    assert hashes(home, home.current / "tagmart.duckdb") == wanted
