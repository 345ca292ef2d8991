"""Does a night cost more when there is more history? `python benchmarks/history.py --customers 1000`.

Makes the same bank twice and runs three nights of each up to the daily partials; the second one's year of dated rows is repeated
for the two years before it. Compares the stages dwd and dws of the later nights; the first, which builds all days, is told apart.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from tagmart.contracts import load_contracts
from tagmart.core.duck import connect, identifier
from tagmart.core.settings import Settings
from tagmart.ingest.ledger import note_taken

LAST = date(2026, 6, 30)
NIGHTS = 3
MONTHS = 12
# Numbers of single postings and events: repeated rows are other ones.
OWN_NUMBERS = ("txn_no", "orig_txn_no", "event_id", "batch_no")
STAGES = ("dwd", "dws")
# A line of dbt's log for a model or a test: what it was, and its seconds.
TIMED = re.compile(r"(?:OK created sql \S+ model (\S+)|PASS (\S+)).*? in ([\d.]+)s\]")


@dataclass(frozen=True)
class Night:
    """What one night took: seconds of whole stages, and of all models and tests without dbt's own start."""

    stages: float
    nodes: float
    slowest: tuple[tuple[str, float], ...]


def main() -> None:
    """Make the banks in scratch folders, run their nights, print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000)
    parser.add_argument("--years", type=int, nargs=2, default=(1, 3), help="years of daily rows of the two banks")
    parser.add_argument("--folder", type=Path, help="where the scratch folders are made; else the system's")
    given = parser.parse_args()
    found = []
    for years in given.years:
        with tempfile.TemporaryDirectory(dir=given.folder) as scratch:
            first, *later = _nights(Path(scratch), given.customers, years)
        best = min(later, key=lambda night: night.stages)
        found.append(best)
        print(f"{given.customers:,} customers, {years} year(s): first night {first.stages:.1f} s; later nights, dwd and dws"
              f" {best.stages:.1f} s, of which models and tests {min(night.nodes for night in later):.1f} s")
        print("  " + ", ".join(f"{name} {seconds:.2f}" for name, seconds in best.slowest))
    short, long = found
    print(f"ratio of whole stages {long.stages / short.stages:.2f}, of models and tests alone {long.nodes / short.nodes:.2f}"
          " (goal: at most 1.15)")


def _nights(scratch: Path, customers: int, years: int) -> list[Night]:
    """Make a bank and run its nights."""
    environment = os.environ | {
        "TAGMART_BANK": "demo", "TAGMART_HOME": str(scratch / "home"), "TAGMART_LANDING": str(scratch / "landing"),
    }

    def tagmart(*words: str) -> str:
        done = subprocess.run([sys.executable, "-m", "tagmart", *words], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"tagmart {' '.join(words)}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return done.stdout

    tagmart("synth", "--date", LAST.isoformat(), "--customers", str(customers), "--days", str(NIGHTS - 1), "--months", str(MONTHS),
            "--out", str(scratch / "landing"))
    days = [LAST - timedelta(days=NIGHTS - 1 - number) for number in range(NIGHTS)]
    return [_night(scratch / "home", tagmart, day, years - 1 if day == days[0] else 0) for day in days]


def _night(home: Path, tagmart: Callable[..., str], day: date, earlier_years: int) -> Night:
    """One night up to the partials; between loading and building, history is made longer."""
    run_id = tagmart("night", "begin", "--date", day.isoformat()).split()[-1]
    for stage in ("ingest", "gate1"):
        tagmart("night", stage, "--run-id", run_id)
    _lengthen(home, earlier_years)
    begun = time.perf_counter()
    for stage in STAGES:
        tagmart("night", stage, "--run-id", run_id)
    seconds = time.perf_counter() - begun
    log = (home / "runs" / run_id / "logs" / "dbt.log").read_text(encoding="utf-8")
    nodes = {model or test: float(took) for model, test, took in TIMED.findall(log)}
    slowest = tuple(sorted(nodes.items(), key=lambda item: -item[1])[:8])
    return Night(seconds, sum(nodes.values()), slowest)


def _lengthen(home: Path, earlier_years: int) -> None:
    """Repeat the dated rows of the initial load for years before it."""
    settings = Settings.load(bank="demo", home=home)
    with connect(settings.warehouse) as warehouse:
        for contract in load_contracts(settings.contracts_dir).values() if earlier_years else ():
            if contract.row_date is None:
                continue
            day = identifier(contract.row_date)
            names = [row[0] for row in warehouse.execute(f"describe ods.{contract.feed}").fetchall()]
            for year in range(1, earlier_years + 1):
                other = [f"'{year}' || {name} as {name}" for name in OWN_NUMBERS if name in names]
                changed = ", ".join([f"{day} - {365 * year} as {day}", *other])
                warehouse.execute(
                    f"insert into ods.{contract.feed} select * replace ({changed}) from ods.{contract.feed}"
                    f" where {day} > (select max({day}) from ods.{contract.feed}) - 365"
                )
            note_taken(warehouse, contract, LAST - timedelta(days=NIGHTS - 1))


if __name__ == "__main__":
    main()
