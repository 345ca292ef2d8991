"""Does a night cost more when there is more history? `python benchmarks/history.py --customers 1000`.

Makes the same bank twice and runs some nights of each up to the wide tables; the second one's year of dated rows is repeated
for the two years before it. Compares the stages dwd, dws, tags and wide of the later nights, by the clock and by CPU (which others on the machine disturb less); the first night, which builds all days, is told apart.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from tagmart.contracts import load_contracts
from tagmart.core.duck import connect, identifier, literal
from tagmart.core.settings import Settings
from tagmart.ingest.ledger import note_taken

LAST = date(2026, 6, 30)
MONTHS = 12
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
    """Make the banks in scratch folders, run their nights, print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000)
    parser.add_argument("--years", type=int, nargs=2, default=(1, 3), help="years of daily rows of the two banks")
    parser.add_argument("--nights", type=int, default=3, help="the first one included")
    parser.add_argument("--folder", type=Path, help="where the scratch folders are made; else the system's")
    given = parser.parse_args()
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
          f" alone {long.nodes / short.nodes:.2f} (goal: at most 1.15)")



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
