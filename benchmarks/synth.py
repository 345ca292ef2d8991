"""How long the demo bank takes to make, and how much memory: `python benchmarks/synth.py --customers 100000`.

Without further options: 100,000 retail and 5,000 corporate customers, 3,000 merchants, a year of daily rows, two processes.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
import time
from datetime import date
from pathlib import Path

from tagmart.synth import generate

MEGABYTE = 1024


def main() -> None:
    """Make a bank in a scratch folder, say what it took, and remove it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--months", type=int, default=12, help="complete months of daily rows")
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where the scratch folder is made; else the system's")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as scratch:
        landing = Path(scratch) / "landing"
        begun = time.perf_counter()
        made = generate(
            landing, customers=given.customers, seed=7, biz_date=date(2026, 6, 30), days=given.days,
            history_months=given.months, processes=given.processes,
        )
        seconds = time.perf_counter() - begun
        size = sum(path.stat().st_size for path in landing.rglob("*") if path.is_file())
        shutil.rmtree(landing)
    # Of the processes of blocks the largest one; of this one what it took itself.
    own, blocks = (resource.getrusage(who).ru_maxrss // MEGABYTE for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"{given.customers:,} retail customers, {given.months} months, {given.processes} processes")
    print(f"{len(made.rows)} feeds, {made.total_rows:,} rows, {size / 1e9:.2f} GB in {seconds:,.1f} s")
    print(f"core_txn {made.rows['core_txn']:,} rows, core_bal {made.rows['core_bal']:,} rows")
    print(f"peak memory: {own:,} MB in the parent, {blocks:,} MB in the largest block")


if __name__ == "__main__":
    main()
