"""What gate 2 costs: the one scan that profiles a wide table, and the expectations over that profile, apart.

A table of tags of all kinds is made, with its catalogue and a few published nights of the same kind to be compared with; then the
stages' own functions run. The expectations are asked to take less than ten seconds for 1,500 tags, whatever the bank's size: they
look at profiles and never at customers.

    python benchmarks/gates.py                               100,000 customers, 1,500 tags
    python benchmarks/gates.py --customers 20000 --tags 300
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from tagmart.core.duck import connect
from tagmart.core.settings import Settings, project_root
from tagmart.core.state import State
from tagmart.gates.bins import bins_of
from tagmart.gates.expect import check
from tagmart.gates.facts import GateInput, gather
from tagmart.gates.profile import profile_table
from tagmart.gates.suite import Suite, load_suite

RUN, BIZ_DATE = "20260630-001", date(2026, 6, 30)
BASELINE = ("2026-05-31", "2026-04-30", "2026-03-31")
LIMIT = 10.0  # seconds for the expectations over 1,500 tags
FRAMES = ("tag", "drift")
# Of twenty columns: amounts with many noughts and gaps, counts, ratios, flags, codes, dates.
KINDS = ["amount"] * 9 + ["count"] * 5 + ["ratio"] * 2 + ["flag"] * 2 + ["code", "date"]
VALUES = {
    "amount": "case when {r} % 10 < 4 then 0 when {r} % 10 < 6 then null else exp(({r} // 10 % 1000) / 80.0) end::decimal(18,2)",
    "count": "({r} % 40)::integer",
    "ratio": "case when {r} % 3 > 0 then ({r} % 10000) / 1000 end::decimal(18,4)",
    "flag": "({r} % 5 = 0)",
    "code": "['a', 'b', 'c', 'd'][({r} % 4 + 1)::bigint]",
    "date": "date '2026-06-30' - ({r} % 4000)::integer",
}


def main() -> None:
    """Make the tables, run both parts, print seconds and their ratio; a budget that is passed ends with an error."""
    arguments = argparse.ArgumentParser(description="what gate 2 costs beyond the scan")
    arguments.add_argument("--customers", type=int, default=100_000)
    arguments.add_argument("--tags", type=int, default=1_500)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(project_root(), "demo", Path(folder) / "home")
        settings.claim_home()
        state = State(settings.state_db)
        mart = settings.run_dir(RUN) / "tagmart.duckdb"
        mart.parent.mkdir(parents=True)
        make(settings, mart, asked.customers, asked.tags)
        took: dict[str, tuple[float, float]] = {}
        profile(mart, took)
        publish_before(settings, state, mart)
        judged = expectations(GateInput(settings, state, RUN, BIZ_DATE), settings.home, took)
    report(asked.customers, asked.tags, judged, took)


@contextmanager
def timed(took: dict[str, tuple[float, float]], what: str) -> Iterator[None]:
    """Remember wall and processor seconds of a block: on a machine that others use only the second can be compared."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    took[what] = time.perf_counter() - wall, time.process_time() - cpu


def make(settings: Settings, mart: Path, customers: int, tags: int) -> None:
    """The wide table, its catalogue and code list, and the little of the warehouse that facts about tags need."""
    names = [(f"{KINDS[number % len(KINDS)]}_{number}", KINDS[number % len(KINDS)]) for number in range(tags)]
    with connect(mart) as connection:
        connection.execute("create schema mart")
        columns = ", ".join(f"{VALUES[kind].format(r=f'(hash(range, {number})::ubigint // 2)::bigint')} as {name}"
                            for number, (name, kind) in enumerate(names))  # fmt: skip
        connection.execute(f"create table mart.tags_retail as select 'C' || range as customer_id, date '{BIZ_DATE}' as biz_date, {columns} from range({customers})")
        rows = ", ".join(f"('{name}', '{'items' if kind == 'count' else 'ratio' if kind == 'ratio' else 'none'}', '{'band' if kind == 'code' else ''}')"
                         for name, kind in names)  # fmt: skip
        connection.execute(f"""
            create table mart.tag_catalog as select 'retail' as entity, name as tag_name, 'f' as family, unit, 'active' as status, 'asset' as theme_code,
                'unknown' as missing, value_list, 'core_bal' as source_feeds, 'x.y' as source_columns, '' as window_code, 'us' as owner_business
            from (values {rows}) as rows (name, unit, value_list);
            create table mart.code_value as select 'band' as list, unnest(['a', 'b', 'c', 'd']) as code
        """)
    with connect(settings.warehouse) as warehouse:
        warehouse.execute(f"create schema ops; create table ops.feed_present as select true as core_bal; create schema dws;"
                          f" create table dws.retail_spine as select 'C' || range as customer_id from range({customers})")


def profile(mart: Path, took: dict[str, tuple[float, float]]) -> None:
    """Profile the table as the stage does, the bins apart."""
    from tagmart.core.mart import TAG_PROFILE, write_table

    with connect(mart) as connection:
        with timed(took, "scan"):
            rows = list(profile_table(connection, "retail", "tags_retail"))
        with timed(took, "bins"):
            bins = bins_of(connection, "retail", "tags_retail")
        write_table(connection, TAG_PROFILE, [{**row, "bins": bins.get(str(row["tag_name"]))} for row in rows])


def publish_before(settings: Settings, state: State, mart: Path) -> None:
    """Nights to be compared with: the same profile, without the customers."""
    for day in BASELINE:
        folder = settings.published / day / "before"
        folder.mkdir(parents=True)
        with connect(folder / "tagmart.duckdb") as past:
            past.execute(f"create schema mart; attach '{mart}' as tonight (read_only); create table mart.tag_profile as from tonight.mart.tag_profile")
        state.put("publish", {"run_id": f"{day}-001", "biz_date": day, "published_at": f"{day}T03:00:00", "became_current": 0,
                              "path": str(folder.relative_to(settings.home))})  # fmt: skip
    shutil.rmtree(settings.home / "gx", ignore_errors=True)


def expectations(given: GateInput, home: Path, took: dict[str, tuple[float, float]]) -> int:
    """Gather the facts about tags and judge them; returns how many expectations were judged."""
    suite = load_suite(given.settings.suites_dir, "gate2")
    own = tuple(item for item in suite.expectations if item.facts in FRAMES)
    with timed(took, "start of Great Expectations"):
        check(home, Suite(suite.gate, suite.path, own[:1]), {frame: [] for frame in FRAMES})
    with timed(took, "facts"):
        facts = {frame: gather(frame, given) for frame in FRAMES}
    with timed(took, "expectations"):
        results = check(home, Suite(suite.gate, suite.path, own), facts)
    return len(results)


def report(customers: int, tags: int, judged: int, took: dict[str, tuple[float, float]]) -> None:
    """Print what it took, and fail above the budget."""
    print(f"{customers:,} customers, {tags:,} tags, {judged} expectations over each of them")
    for what, (wall, cpu) in took.items():
        print(f"  {what:<28} {wall:7.2f} s   {cpu:7.2f} s of the processor")
    scan, beyond = (took["scan"], took["bins"]), (took["facts"], took["expectations"])
    scanned, expected = (sum(part[1] for part in parts) for parts in (scan, beyond))
    print(f"  bins are {took['bins'][1] / took['scan'][1]:.0%} of the scan beside it; the expectations {expected / scanned:.0%} of both")
    if expected * 1500 / tags > LIMIT:
        raise SystemExit(f"the expectations took {expected:.1f} s of the processor for {tags:,} tags; {LIMIT:.0f} s are allowed for 1,500")


if __name__ == "__main__":
    main()
