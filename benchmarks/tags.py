"""How fast all retail tags are built from their partials, beside what else could be done.

Partials and raw rows are made in DuckDB with a bank's skew (tag_tables.py: 37 % of customers without anything, Zipf activity,
a few habits each); the models are the project's own, computed as the materialization `blocks` does, block by block; tags that
are written by hand stand in as tables. Ratios are to the copy of the finished table, made right after it by the same process.

    python benchmarks/tags.py                          100,000 customers, 20 million transactions a year
    python benchmarks/tags.py --customers 20000        the same of a fifth of the bank
    python benchmarks/tags.py --sizes 1 5              memory also at five times as many customers
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import polars
from tag_tables import make_tables, stand_in

from tagmart.core.settings import Settings, project_root
from tagmart.night.blocks import Wide, fill
from tagmart.tagspec.files import wide_sql
from tagmart.tagspec.fold_sql import fold_sql
from tagmart.tagspec.folds import folds_of
from tagmart.tagspec.model import Tag, TagModel
from tagmart.tagspec.render import renderer
from tagmart.tagspec.sql import tag_model_sql
from tagmart.tagspec.vocabulary import read_vocabulary
from tagmart.tagspec.windows import bounds
from tagmart.tagspec.write import entity_models

BIZ_DATE = date(2026, 6, 30)
PER_CUSTOMER = 200  # transactions a year: 20 million of 100,000 customers
FLOWS = "dws_retail_transaction_daily"
FOLDABLE = ("sum", "max")  # what one query of conditional aggregates over raw rows can say too
SLICES = ("channel", "direction", "mode", "purpose", "cp")
# Rows for Polars: whole cents and counts, because sums of its decimals are slower.
POLARS = ("raw.customer_id", "raw.acct_date", *(f"raw.{code}" for code in SLICES), "cast(raw.amt * 100 as bigint) as cents",
          "cast(1 as integer) as one", "cast(raw.is_self as integer) as self")  # fmt: skip
POLARS_COLUMN = {"amt_sum": "cents", "amt_max": "cents", "cnt": "one", "self_cnt": "self"}
RAW = {"amt_sum": "raw.amt", "amt_max": "raw.amt", "cnt": "1", "self_cnt": "cast(raw.is_self as integer)"}


def main() -> None:
    """Make the tables, let every way build its tags in a process of its own, print what it took."""
    arguments = of_build("how fast tags are built from partials")
    arguments.add_argument("--sizes", type=int, nargs="*", default=[1], help="multiples of the customers, for time and memory")
    arguments.add_argument("--measure", choices=WAYS, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.measure:
        print(json.dumps(measured(given)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch)
        for size in given.sizes:
            report(folder, given.customers * size, given, compare=size == 1)


def of_build(says: str) -> argparse.ArgumentParser:
    """What every benchmark that builds tags can be asked."""
    arguments = argparse.ArgumentParser(description=says)
    arguments.add_argument("--customers", type=int, default=100_000)
    arguments.add_argument("--block", type=int, default=122_880, help="customers in a block")
    arguments.add_argument("--memory", default="7GB", help="DuckDB's limit")
    arguments.add_argument("--folder", type=Path, help="where the tables are (kept); a temporary folder otherwise")
    return arguments


def report(folder: Path, customers: int, given: argparse.Namespace, compare: bool) -> None:
    """Print the table of one size."""
    made_tables(folder, customers, given.memory)
    print(f"\n{customers:,} customers, {customers * PER_CUSTOMER:,} transactions a year, blocks of {given.block:,}, limit {given.memory}")
    print(f"{'way':<58}{'seconds':>9}{'CPU s':>8}{'ratio':>8}{'memory':>10}")
    for way in WAYS if compare else ("all tags",):
        command = [sys.executable, __file__, "--measure", way, "--customers", str(customers), "--folder", str(folder),
                   "--block", str(given.block), "--memory", given.memory]  # fmt: skip
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
        for name, (seconds, cpu, megabytes, ratio) in found.items():
            print(f"{name:<58}{seconds:>9.1f}{cpu:>8.1f}{ratio:>8.2f}{megabytes:>7,.0f} MB")


def measured(given: argparse.Namespace) -> dict:
    """What one way took: seconds, CPU seconds, the peak memory of this process until then, and the ratio, by line."""
    with tempfile.TemporaryDirectory(dir=given.folder) as scratch:
        duck = opened(Path(scratch), given.folder / f"partials_{given.customers}.duckdb", given.memory)
        lines = WAYS[given.measure](duck, given.block)
        duck.close()
    return lines


def made_tables(folder: Path, customers: int, memory: str, years: int = 1) -> Path:
    """The file of the partials, made if it is not there."""
    tables = folder / f"partials_{customers}{f'_{years}_years' if years > 1 else ''}.duckdb"
    if not tables.exists():
        started = time.perf_counter()
        unfinished = folder / "unfinished.duckdb"
        unfinished.unlink(missing_ok=True)
        with duckdb.connect(str(unfinished), config={"threads": 2, "memory_limit": memory}) as duck:
            make_tables(duck, customers, customers * PER_CUSTOMER, years)
        unfinished.rename(tables)
        print(f"tables made in {time.perf_counter() - started:.0f} s, {tables.stat().st_size / 1e9:.2f} GB", flush=True)
    return tables


def opened(scratch: Path, tables: Path, memory: str) -> duckdb.DuckDBPyConnection:
    """A new database beside the partials, as a night's candidate is."""
    config = {"threads": 2, "memory_limit": memory, "temp_directory": f"{scratch}/spill"}
    duck = duckdb.connect(f"{scratch}/mart.duckdb", config=config)
    duck.execute(f"attach '{tables}' as partials (read_only)")
    duck.execute("create schema ops")
    for name in ("run_context", "feed_present"):
        duck.execute(f"create table ops.{name} as from partials.ops.{name}")
    duck.execute("set search_path = 'mart,partials'")
    return duck


def timed(work: Callable[[], object]) -> tuple[float, float, float]:
    """Seconds by the clock and of the processors, and the peak memory of this process so far in MB."""
    started, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - started, time.process_time() - cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def all_tags(duck: duckdb.DuckDBPyConnection, block: int) -> dict:
    """Every retail tag: the build, the copy of what it made, and one sum over every column of it."""
    models = retail_models()
    stand_ins(duck, models)
    build = timed(lambda: built(duck, "tags", models, block))
    copies = [timed(lambda number=number: _run(duck, f"create table copy_{number} as from tags")) for number in range(2)]
    copy = min(copies)
    numbers = [tag for model in models for tag in model.tags if tag.data_type.startswith(("decimal", "integer"))]
    plain = ", ".join(f"cast({tag.name} as {'integer' if tag.data_type == 'integer' else 'bigint'}) as {tag.name}" for tag in numbers)
    duck.execute(f"create table plain as select {plain} from tags")
    duck.execute("checkpoint")
    sums = ", ".join(f"sum({tag.name})" for tag in numbers)
    summed, base = (min(timed(lambda table=table: duck.execute(f"select {sums} from {table}").fetchall()) for _ in range(3)) for table in ("tags", "plain"))
    count = sum(len(model.tags) for model in models)
    return {
        f"{count} tags, from partials to the finished table": (*build, build[0] / copy[0]),
        "the copy of the finished table": (*copy, 1.0),
        f"one sum over each of {len(numbers)} columns (to integers and bigints)": (*summed, summed[0] / base[0]),
    }


def stand_ins(duck: duckdb.DuckDBPyConnection, models: list[TagModel]) -> None:
    """Tables in the place of the models that are written by hand."""
    for model in models:
        if not model.family:
            values = ", ".join(map(stand_in, model.tags))
            duck.execute(f"create table {model.name} as select spine.customer_id, {values} from dws_retail_spine as spine order by 1")
    duck.execute("checkpoint")


def flow_tags(duck: duckdb.DuckDBPyConnection, block: int) -> dict:
    """The window tags of transactions: from the partial, from raw rows in one query, and by Polars; the values must be equal."""
    models = [model for model in retail_models() if model.family and model.family.table.name == FLOWS]
    # What folds into `other` is more than one word of a slice: it is left out of the comparison, not of the build.
    tags = [
        tag
        for model in models
        for tag in model.tags
        if tag.column.measure.agg in FOLDABLE and all(value.code != "other" for _, value in tag.column.values)
    ]
    build = timed(lambda: built(duck, "tags", models, block))
    raw = timed(lambda: _run(duck, f"create table raw_tags as {raw_statement(tags)}"))
    must_agree(duck, tags, "raw_tags")
    frames: list[polars.DataFrame] = []
    read = timed(lambda: frames.append(polars_rows(duck)))
    expressed = timed(lambda: frames.append(frames[0].group_by("customer_id").agg(polars_expressions(tags))))
    both = read[0] + expressed[0], read[1] + expressed[1], expressed[2]
    duck.register("polars_rows", frames[1].to_arrow())
    whole = [f"cast({tag.name} as {tag.data_type}){' / 100' if tag.data_type.startswith('decimal') else ''} as {tag.name}" for tag in tags]
    duck.execute(f"create table polars_tags as select customer_id, {', '.join(whole)} from polars_rows")
    must_agree(duck, tags, "polars_tags")
    count = sum(len(model.tags) for model in models)
    return {
        f"{count} tags of transactions, from the partial": (*build, 1.0),
        f"{len(tags)} of them as one query of sum(case …) over raw rows": (*raw, raw[0] / build[0]),
        f"{len(tags)} of them as Polars expressions over raw rows in memory": (*expressed, expressed[0] / build[0]),
        "the same with reading those rows, as all others do": (*both, both[0] / build[0]),
    }


def polars_rows(duck: duckdb.DuckDBPyConnection) -> polars.DataFrame:
    """The raw rows in memory."""
    frame = polars.from_arrow(duck.execute(f"select {', '.join(POLARS)} from raw_transaction as raw").to_arrow_table())
    return frame.with_columns(polars.col(code).cast(polars.Categorical) for code in SLICES)


def must_agree(duck: duckdb.DuckDBPyConnection, tags: list[Tag], table: str) -> None:
    """End with a message if a table of the same tags, without the customers that have nothing, says something else."""
    names = ", ".join(f"tags.{tag.name}" for tag in tags)
    plain = ", ".join(f"coalesce({table}.{tag.name}, 0)" for tag in tags)
    differing = duck.execute(
        f"select count(*) from tags left join {table} using (customer_id) where row({names}) is distinct from row({plain})"
    ).fetchone()[0]
    if differing:
        raise SystemExit(f"{differing} customers differ between partials and {table}")


def polars_expressions(tags: list[Tag]) -> list[polars.Expr]:
    """The same tags as filtered aggregates of rows whose amounts are whole cents."""
    made = []
    for tag in tags:
        first, last = bounds(tag.column.window, BIZ_DATE)
        inside = polars.col("acct_date") <= last
        if first:
            inside &= polars.col("acct_date") >= first
        for code, value in tag.column.values:
            inside &= polars.col(code) == value.code
        measured = polars.col(POLARS_COLUMN[tag.column.measure.of]).filter(inside)
        made.append((measured.max() if tag.column.measure.agg == "max" else measured.sum()).alias(tag.name))
    return made


WAYS: dict[str, Callable[[duckdb.DuckDBPyConnection, int], dict]] = {"all tags": all_tags, "flow tags": flow_tags}


def built(duck: duckdb.DuckDBPyConnection, table: str, models: list[TagModel], block: int) -> Counter[str]:
    """A wide table as a night builds it; CPU seconds of its folds and families."""
    took = fill(duck, wide_of(table, models, block))
    duck.execute("set threads = 2")
    duck.execute("checkpoint")
    return took


def wide_of(table: str, models: list[TagModel], block: int) -> Wide:
    """The folds and the families, and the wide table of them, as dbt would hand them over."""
    scratch, vocabulary = f"steps_of_{table}", read_vocabulary(_settings().specs_dir, "retail")
    read = folds_of(models, vocabulary)
    folds = {fold.name: fold for fold in read.values() if fold.name}
    families = {model.name: model for model in models if model.family}

    def lies(name: str) -> str:
        """Where a model lies: on the way, among the partials, or beside the table."""
        home = scratch if name in folds else "temp" if name in families else "partials" if name.startswith("dws_") else "mart"
        return f"{home}.main.{name}"

    render = renderer(_settings().dbt_project, ref=lies)
    return Wide(
        table=f"mart.main.{table}", spine=lies("dws_retail_spine"), block_size=block, scratch=scratch,
        folds={lies(name): render(fold_sql(fold, "retail")) for name, fold in folds.items()},
        families={name: render(tag_model_sql(model, model.family, read[name], vocabulary)) for name, model in families.items()},
        sql=render(wide_sql("retail", models, "one row per customer", tuple(folds), tuple(families), ())),
    )  # fmt: skip


def raw_statement(tags: list[Tag]) -> str:
    """The same tags by conditions over raw rows."""
    lines = []
    for tag in tags:
        first, last = bounds(tag.column.window, BIZ_DATE)
        tests = [f"raw.{code} = '{value.code}'" for code, value in tag.column.values]
        tests += [f"raw.acct_date <= date '{last}'", *([f"raw.acct_date >= date '{first}'"] if first else [])]
        made = f"{tag.column.measure.agg}(case when {' and '.join(tests)} then {RAW[tag.column.measure.of]} end)"
        lines.append(f"cast({made} as {tag.data_type}) as {tag.name}")
    return f"select raw.customer_id, {', '.join(lines)} from raw_transaction as raw group by 1"


def _run(duck: duckdb.DuckDBPyConnection, query: str) -> None:
    duck.execute(query)
    duck.execute("checkpoint")


def _settings() -> Settings:
    return Settings(root=project_root(), bank="demo", home=Path())


def retail_models() -> list[TagModel]:
    """The retail tag models, without what goes to the restricted file."""
    models = entity_models(_settings(), "retail", read_vocabulary(_settings().specs_dir, "retail"))
    return [model for model in models if not any(tag.restricted for tag in model.tags)]


if __name__ == "__main__":
    main()
