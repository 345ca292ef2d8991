"""Does a night cost more when there is more history? Two ways to ask; a year and three years side by side.

Partials: all retail tags are built from partials of one year and of three (tag_tables.py; those of the years before are the same
rows again, laid out as nights leave them), in turns, so that both meet the same machine. Which folds take longer is told.

Nights (`--nights`): the same bank twice, its year of dated rows repeated for the two years before in the second one; stages dwd,
dws, tags and wide of the later nights, by the clock and by CPU. The first night, which builds all days, is told apart.

    python benchmarks/history.py                               partials of 100,000 customers, 20 million transactions a year
    python benchmarks/history.py --customers 5000              the same of a twentieth of the bank
    python benchmarks/history.py --nights 3 --customers 1000   whole stages of three nights
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from tags import built, made_tables, of_build, opened, retail_models, stand_ins, timed

from tagmart.contracts import load_contracts
from tagmart.core.duck import connect, identifier, literal
from tagmart.core.settings import Settings
from tagmart.ingest.ledger import note_taken

LAST = date(2026, 6, 30)
MONTHS = 12
GOAL = "goal: at most 1.15"
# Numbers of single postings and events: repeated rows are other ones.
OWN_NUMBERS = ("txn_no", "orig_txn_no", "event_id", "batch_no")
STAGES = ("dwd", "dws", "tags", "wide")
# A line of dbt's log for a model or a test: what it was, and its seconds.
TIMED = re.compile(r"(?:OK created sql \S+ model (\S+)|PASS (\S+)).*? in ([\d.]+)s\]")


@dataclass(frozen=True)
class Night:
    """What one night took: seconds of whole stages by the clock and by CPU, and of all models and tests without dbt's own start."""

    stages: float
    cpu: float
    nodes: float
    slowest: tuple[tuple[str, float], ...]


def main() -> None:
    """Measure in the way that was asked for, print the ratios."""
    arguments = of_build("does a night cost more when there is more history?")
    arguments.add_argument("--years", type=int, nargs=2, default=(1, 3), help="years of daily rows of the two banks")
    arguments.add_argument("--nights", type=int, default=0, help="whole stages of so many nights, the first one included, and not partials")
    arguments.add_argument("--rounds", type=int, default=3, help="how often tags are built from each; the quickest counts")
    arguments.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.measure:
        print(json.dumps(_build(given)))
    elif given.nights:
        _compare_nights(given)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            _compare_partials(given, given.folder or Path(scratch))


def _compare_partials(given: argparse.Namespace, folder: Path) -> None:
    """Build all tags from the partials of both lengths, in turns, each in a process of its own."""
    found: dict[int, list[dict]] = {years: [] for years in given.years}
    files = {years: made_tables(folder, given.customers, given.memory, years) for years in given.years}
    for _ in range(given.rounds):
        for years, file in files.items():
            command = [sys.executable, __file__, "--measure", str(file), "--block", str(given.block), "--memory", given.memory]
            found[years].append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]))
    print(f"\n{given.customers:,} customers, all retail tags from their partials, the quickest of {given.rounds}")
    print(f"{'years':<8}{'seconds':>9}{'CPU s':>8}{'memory':>11}")
    best = {years: {name: min(one[name] for one in rounds) for name in ("seconds", "cpu", "mb")} for years, rounds in found.items()}
    for years, one in best.items():
        print(f"{years:<8}{one['seconds']:>9.1f}{one['cpu']:>8.1f}{one['mb']:>8,.0f} MB")
    short, long = (best[years] for years in given.years)
    print(f"{'ratio':<8}{long['seconds'] / short['seconds']:>9.2f}{long['cpu'] / short['cpu']:>8.2f}   ({GOAL})")
    steps = {years: {name: min(one["steps"][name] for one in rounds) for name in rounds[0]["steps"]} for years, rounds in found.items()}
    # Folds that are read together with a year of history may be read apart with three.
    before, after = (Counter(steps[years]) for years in given.years)
    grown = sorted(before | after, key=lambda name: before[name] - after[name])[:8]
    print("grown most, CPU s: " + ", ".join(f"{name} {before[name]:.2f} → {after[name]:.2f}" for name in grown))


def _build(given: argparse.Namespace) -> dict:
    """One build of all retail tags from one file of partials."""
    with tempfile.TemporaryDirectory(dir=given.measure.parent) as scratch:
        duck = opened(Path(scratch), given.measure, given.memory)
        models, steps = retail_models(), {}
        stand_ins(duck, models)
        seconds, cpu, _ = timed(lambda: steps.update(built(duck, "tags", models, given.block)))
        duck.close()
    return {"seconds": seconds, "cpu": cpu, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "steps": steps}


def _compare_nights(given: argparse.Namespace) -> None:
    """Make the banks in scratch folders, run their nights, print the ratios."""
    found = []
    for years in given.years:
        with tempfile.TemporaryDirectory(dir=given.folder) as scratch:
            first, *later = _nights(Path(scratch), given.customers, years, given.nights)
        best = Night(*(min(getattr(night, name) for night in later) for name in ("stages", "cpu", "nodes")), later[-1].slowest)
        found.append(best)
        print(f"{given.customers:,} customers, {years} year(s): first night {first.stages:.1f} s ({first.cpu:.1f} CPU s); later ones"
              f" {best.stages:.1f} s, {best.cpu:.1f} CPU s, models and tests {best.nodes:.1f} s", flush=True)
        print("  " + ", ".join(f"{name} {seconds:.2f}" for name, seconds in best.slowest))
    short, long = found
    print(f"ratio of {', '.join(STAGES)} by the clock {long.stages / short.stages:.2f}, by CPU {long.cpu / short.cpu:.2f}, of models and tests"
          f" alone {long.nodes / short.nodes:.2f} ({GOAL})")


def _nights(scratch: Path, customers: int, years: int, nights: int) -> list[Night]:
    """Make a bank and run its nights."""
    environment = os.environ | {
        "TAGMART_BANK": "demo", "TAGMART_HOME": str(scratch / "home"), "TAGMART_LANDING": str(scratch / "landing"),
    }

    def tagmart(*words: str) -> str:
        done = subprocess.run([sys.executable, "-m", "tagmart", *words], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"tagmart {' '.join(words)}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return done.stdout

    tagmart("synth", "--date", LAST.isoformat(), "--customers", str(customers), "--days", str(nights - 1), "--months", str(MONTHS),
            "--out", str(scratch / "landing"))
    days = [LAST - timedelta(days=nights - 1 - number) for number in range(nights)]
    return [_night(scratch / "home", tagmart, day, years if day == days[0] else 0) for day in days]


def _night(home: Path, tagmart: Callable[..., str], day: date, years: int) -> Night:
    """One night up to the wide tables; between loading and building, history is made longer."""
    run_id = tagmart("night", "begin", "--date", day.isoformat()).split()[-1]
    for stage in ("ingest", "gate1"):
        tagmart("night", stage, "--run-id", run_id)
    if years:
        _make_years(home, day, years)
    begun, used = time.perf_counter(), _cpu()
    for stage in STAGES:
        tagmart("night", stage, "--run-id", run_id)
    seconds, cpu = time.perf_counter() - begun, _cpu() - used
    log = (home / "runs" / run_id / "logs" / "dbt.log").read_text(encoding="utf-8")
    nodes = {model or test: float(took) for model, test, took in TIMED.findall(log)}
    slowest = tuple(sorted(nodes.items(), key=lambda item: -item[1])[:8])
    return Night(seconds, cpu, sum(nodes.values()), slowest)


def _cpu() -> float:
    """CPU seconds of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _make_years(home: Path, day: date, years: int) -> None:
    """Make the dated rows of the initial load exactly so many years: the last one, and the same rows for the years before it."""
    settings = Settings.load(bank="demo", home=home)
    with connect(settings.warehouse) as warehouse:
        for contract in load_contracts(settings.contracts_dir).values():
            if contract.row_date is None:
                continue
            dated, table = identifier(contract.row_date), f"ods.{identifier(contract.feed)}"
            names = [row[0] for row in warehouse.execute(f"describe {table}").fetchall()]
            warehouse.execute(f"delete from {table} where {dated} <= date {literal(day.isoformat())} - 365")
            for year in range(1, years):
                other = [f"'{year}' || {name} as {name}" for name in OWN_NUMBERS if name in names]
                changed = ", ".join([f"{dated} - {365 * year} as {dated}", *other])
                warehouse.execute(f"insert into {table} select * replace ({changed}) from {table}"
                                  f" where {dated} > date {literal(day.isoformat())} - 365")
            note_taken(warehouse, contract, day)


if __name__ == "__main__":
    main()
