"""A whole night end to end by its stages: seconds, memory, disk, and what a night costs that has hardly a customer.

Makes a synthetic bank (retail customers, companies, merchants, with a year of daily rows), runs the night of its initial load,
and then measures the night of one more day as an operator runs it: every stage a process of its own. The same with a bank of 200
customers says what is fixed cost. Of the finished night: segments, leads, and how much of the wide tables is not empty.

    python benchmarks/night.py                                       100,000 customers
    python benchmarks/night.py --customers 5000 --folder /big/disk   smaller; the scratch folder elsewhere
    python benchmarks/night.py --customers 1000000 --no-fixed        once, for time, memory, disk and the share of cells
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from tagmart.night.stages import STAGES

DAY = date(2026, 6, 30)
ENTITIES = ("retail", "corporate", "merchant")
# A theme in which a customer has something: what he holds, owes, or moves.
THEMES = ("asset", "liability", "transaction")
# A line of dbt's log for a model: where it lies, and its seconds.
MADE = re.compile(r"OK created sql \S+ model (\S+).*? in ([\d.]+)s\]")
LEADS = re.compile(r"^lead\.|\.(contact|event_lead|lead)_?\w*$")


@dataclass(frozen=True)
class Step:
    """What one process took: seconds by the clock and of the processors, and its peak memory in MB."""

    seconds: float
    cpu: float
    mb: float
    said: str


@dataclass(frozen=True)
class Bank:
    """A bank in a scratch folder, of so many retail customers."""

    folder: Path
    customers: int

    @property
    def home(self) -> Path:
        """Its TAGMART_HOME."""
        return self.folder / "home"

    @property
    def landing(self) -> Path:
        """Where its files are."""
        return self.folder / "landing"

    def tagmart(self, *words: str) -> Step:
        """One verb as a shell starts it; ends the benchmark if it fails."""
        environment = os.environ | {"TAGMART_BANK": "demo", "TAGMART_HOME": str(self.home), "TAGMART_LANDING": str(self.landing)}
        log = self.folder / "said.txt"
        begun = time.perf_counter()
        with log.open("w") as out:
            process = subprocess.Popen([sys.executable, "-m", "tagmart", *words], env=environment, stdout=out, stderr=subprocess.STDOUT)
            # Not `wait`: this one says what the process and those that it has waited for took.
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said = log.read_text("utf-8")
        if process.returncode:
            raise SystemExit(f"tagmart {' '.join(words)}\n{said[-3000:]}")
        return Step(time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, said)

    def night(self, day: date) -> tuple[str, dict[str, Step]]:
        """One night by its stages; its run_id, and what each stage took."""
        steps = {"begin": self.tagmart("night", "begin", "--date", day.isoformat())}
        run_id = steps["begin"].said.split()[-1]
        for stage in STAGES:
            steps[stage.name] = self.tagmart("night", stage.name, "--run-id", run_id)
        return run_id, steps


def main() -> None:
    """Make the banks, run their nights, print what they took."""
    arguments = argparse.ArgumentParser(description="what a whole night takes, by stages")
    arguments.add_argument("--customers", type=int, default=100_000)
    arguments.add_argument("--months", type=int, default=12, help="complete months of daily rows before the nights")
    arguments.add_argument("--fixed", type=int, default=200, help="customers of the bank that shows the fixed cost")
    arguments.add_argument("--no-fixed", action="store_true", help="only the large bank")
    arguments.add_argument("--folder", type=Path, help="where the scratch folder is made; else the system's")
    arguments.add_argument("--keep", action="store_true", help="keep the banks in the folder")
    given = arguments.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="tagmart-night-", dir=given.folder))
    try:
        small = {} if given.no_fixed else _measured(scratch, given.fixed, given.months)[2]
        bank, run_id, steps = _measured(scratch, given.customers, given.months)
        _print_night(steps, small, given.customers, given.fixed)
        _print_disk(bank, run_id)
        _print_segments(bank, run_id, steps)
        _print_cells(bank.home / "published" / "current" / "tagmart.duckdb")
    finally:
        if given.keep:
            print(f"the banks stay in {scratch}")
        else:
            shutil.rmtree(scratch)


def _measured(scratch: Path, customers: int, months: int) -> tuple[Bank, str, dict[str, Step]]:
    """Make a bank, take in its initial load in a first night, and measure the next one: its run_id, and what its stages took."""
    bank = Bank(scratch / f"bank_{customers}", customers)
    bank.folder.mkdir()
    made = bank.tagmart("synth", "--date", DAY.isoformat(), "--customers", str(customers), "--months", str(months), "--days", "1",
                        "--out", str(bank.landing))
    print(f"{customers:,} customers: files {_gb(bank.landing)} in {made.seconds:,.0f} s; the first night, with all that came before:", flush=True)
    _, first = bank.night(DAY - timedelta(days=1))
    print("  " + " · ".join(f"{name} {step.seconds:,.0f} s" for name, step in first.items())
          + f" = {sum(step.seconds for step in first.values()):,.0f} s, at most {max(step.mb for step in first.values()):,.0f} MB", flush=True)
    return bank, *bank.night(DAY)


def _print_night(steps: dict[str, Step], small: dict[str, Step], customers: int, few: int) -> None:
    """A line for every stage: seconds, processors, memory; and what the small bank took, as a share by the clock and of the processors."""
    print(f"\nthe night of one more day, {customers:,} customers\n{'stage':<10}{'seconds':>9}{'share':>8}{'CPU s':>9}{'memory':>11}"
          + (f"{f'at {few:,}':>12}{'CPU s':>9}{'fixed':>8}{'of CPU':>8}" if small else ""))
    total, least = _all(steps.values()), _all(small.values())
    for name, step in [*steps.items(), ("all", total)]:
        line = f"{name:<10}{step.seconds:>9.1f}{step.seconds / total.seconds:>8.0%}{step.cpu:>9.1f}{step.mb:>8,.0f} MB"
        one = least if name == "all" else small.get(name)
        print(line + (f"{one.seconds:>10.1f} s{one.cpu:>9.1f}{min(1, one.seconds / step.seconds):>8.0%}{min(1, one.cpu / step.cpu):>8.0%}" if small else ""))


def _all(steps: Iterable[Step]) -> Step:
    """All stages together: the sum of what they took, and the largest memory."""
    steps = list(steps)
    return Step(sum(one.seconds for one in steps), sum(one.cpu for one in steps), max((one.mb for one in steps), default=0.0), "")


def _print_disk(bank: Bank, run_id: str) -> None:
    published = bank.home / "published"
    print(f"\ndisk: files {_gb(bank.landing)}, warehouse {_gb(bank.home / 'warehouse.duckdb')}, published {_gb(published / DAY.isoformat() / run_id)}"
          f" as DuckDB and {_gb(published / 'parquet')} as Parquet (both nights), home in all {_gb(bank.home)}")


def _print_segments(bank: Bank, run_id: str, steps: dict[str, Step]) -> None:
    """Segments and leads: how many, and their share of the night, of the stages that are theirs and of what dbt built for each."""
    total = sum(step.seconds for step in steps.values())
    stages = sum(steps[name].seconds for name in ("segments", "gate3"))
    log = (bank.home / "runs" / run_id / "logs" / "dbt.log").read_text(encoding="utf-8")
    spent: dict[str, float] = defaultdict(float)
    # The stage before it has written to the same log.
    for name, seconds in MADE.findall(log[log.rindex("Running with dbt="):]):
        spent["leads" if LEADS.search(name) else "segments"] += float(seconds)
    with duckdb.connect(str(bank.home / "published" / "current" / "tagmart.duckdb"), read_only=True) as mart:
        segments, members, leads, listed = (mart.execute(f"select count(*) from mart.{table}").fetchone()[0]
                                            for table in ("segment_daily", "segment_member", "event_lead", "contact_list"))
    print(f"\n{segments:,} segments with {members:,} memberships, {leads:,} event leads, {listed:,} names on contact lists: segments and gate 3 take"
          f" {stages:.1f} s of {total:.1f} ({stages / total:.0%}); of that, models of segments {spent['segments']:.1f} s, of leads {spent['leads']:.1f} s")


def _print_cells(mart_file: Path) -> None:
    """How much of the wide tables is not empty: of cells, and of customers who hold, owe or move anything."""
    with duckdb.connect(str(mart_file), read_only=True, config={"memory_limit": "4GB"}) as mart:
        for entity in ENTITIES:
            rows, tags, known, says = mart.execute(f"""
                select max(row_cnt), count(*), sum(row_cnt - null_cnt) / sum(row_cnt),
                    sum(row_cnt - null_cnt - coalesce(zero_cnt, 0)
                        - case when data_type = 'BOOLEAN' then row_cnt - null_cnt - true_cnt else 0 end) / sum(row_cnt)
                from mart.tag_profile where entity = '{entity}' and row_cnt > 0
            """).fetchone()
            if not tags:
                continue
            themes = ", ".join(f"{theme} {_share(mart, entity, theme):.0%}" for theme in THEMES)
            print(f"tags_{entity}: {rows:,} rows, {tags:,} tags; cells not NULL {known:.1%}, neither NULL nor 0 nor false {says:.1%};"
                  f" customers with any amount in {themes}")


def _share(mart: duckdb.DuckDBPyConnection, entity: str, theme: str) -> float:
    """The share of rows with an amount other than 0 in any tag of a theme."""
    names = [row[0] for row in mart.execute(f"""
        select columns.column_name from mart.tag_catalog as tag
        inner join duckdb_columns() as columns
            on columns.schema_name = 'mart' and columns.table_name = 'tags_{entity}' and columns.column_name = tag.tag_name
        where tag.entity = '{entity}' and tag.theme_code = '{theme}' and columns.data_type = 'DECIMAL(18,2)'
    """).fetchall()]
    return mart.execute(f"select avg(cast({_any(names)} as integer)) from mart.tags_{entity}").fetchone()[0] or 0.0


def _any(names: Iterable[str]) -> str:
    return " or ".join(f'coalesce("{name}", 0) <> 0' for name in names) or "false"


def _gb(path: Path) -> str:
    """The bytes of a file, or of all files of a folder."""
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file() and not one.is_symlink()]
    return f"{sum(one.stat().st_size for one in files) / 1e9:.2f} GB"


if __name__ == "__main__":
    main()
