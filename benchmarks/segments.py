"""How fast thousands of segments are evaluated, beside what else could be done.

2,500 rules of three conditions over 200,000 customers and 1,000 tags. Tags are filled as the demo bank's are: 77 of 100 for
everybody, the others for 40 % of customers. Rules are written in the rule language, compiled, and run as the SQL that
`tagmart rules generate` writes. Every way runs in a process of its own; filtered counts and separate queries are run on a
part of the rules and scaled up, which is said.

    python benchmarks/segments.py --folder /tmp/segments        keeps the table for the next time
    python benchmarks/segments.py --customers 20000             a tenth of the bank
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy
from jinja2 import Template

from tagmart.explain.overlap import shared_counts
from tagmart.rules import Catalogue, CompiledRule, Tag, compile_rules
from tagmart.rules.conditions import printed
from tagmart.rules.evaluate import evaluate, fill
from tagmart.rules.files import rule_of
from tagmart.rules.sql import UNPACKED, with_validity
from tagmart.rules.writing import model_files

TAGS = 1000
DAY = "date '2026-06-30'"
# Of ten tags: five amounts, two counts, a flag, a code, a date.
KINDS = ("decimal(18,2)",) * 5 + ("integer",) * 2 + ("boolean", "varchar", "date")
RULE_KINDS = {"decimal(18,2)": "number", "integer": "number", "boolean": "flag", "varchar": "text", "date": "date"}
CODES = ("mass", "growth", "wealth", "high", "private")
FILTERED_PART, SEPARATE_PART, POLARS_CHUNK = 50, 250, 250
LIMITS = {"memory_limit": "2GB", "threads": 2}


def main() -> None:
    """Make the table, let every way run in a process of its own, print what it took."""
    arguments = argparse.ArgumentParser(description="how fast thousands of segments are evaluated")
    arguments.add_argument("--customers", type=int, default=200_000)
    arguments.add_argument("--rules", type=int, default=2500)
    arguments.add_argument("--folder", type=Path, help="where the table is (kept); a temporary folder otherwise")
    arguments.add_argument("--ways", nargs="*", default=list(WAYS), choices=list(WAYS))
    arguments.add_argument("--measure", choices=WAYS, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.measure:
        print(json.dumps(WAYS[chosen.measure](chosen)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        chosen.folder = chosen.folder or Path(temporary)
        chosen.folder.mkdir(parents=True, exist_ok=True)
        _make_table(chosen)
        for way in chosen.ways:
            command = [sys.executable, __file__, "--customers", str(chosen.customers), "--rules", str(chosen.rules),
                       "--folder", str(chosen.folder), "--measure", way]
            done = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
            print(f"{way:<10} " + " · ".join(f"{name} {value}" for name, value in json.loads(done).items()), flush=True)


def catalogue() -> Catalogue:
    """The tags, as rules see them."""
    tags = {}
    for number in range(TAGS):
        data_type = KINDS[number % len(KINDS)]
        tags[f"tag_{number}"] = Tag(
            f"R-T-{number:05d}", f"tag_{number}", "retail", RULE_KINDS[data_type], scale=2 if "decimal" in data_type else 0,
            unit="cny" if "decimal" in data_type else "", purposes=frozenset({"marketing"}), data_type=data_type,
        )
    return Catalogue({"retail": tags})


def compiled_rules(count: int) -> list[CompiledRule]:
    """Rules of three conditions, the same at every run."""
    draw = random.Random(20260630)  # noqa: S311
    rules = []
    for number in range(1, count + 1):
        text = " and ".join(_condition(draw, tag) for tag in draw.sample(range(TAGS), 3))
        rules.append(rule_of({
            "segment_id": f"S-R-{number:04d}", "key": f"segment_{number}", "zh": "客群", "en": "Segment", "entity": "retail",
            "line": "deposit", "owner": "Retail", "purpose": "marketing", "description": {"zh": "说明", "en": "What"}, "rule": text,
        }, f"rule {number}"))  # fmt: skip
    return compile_rules(rules, catalogue())


def _condition(draw: random.Random, tag: int) -> str:
    data_type, share = KINDS[tag % len(KINDS)], draw.choice((0.25, 0.3, 0.35))
    if data_type == "boolean":
        return f"tag_{tag}"
    if data_type == "varchar":
        return draw.choice((f"tag_{tag} = '{draw.choice(CODES)}'", f"tag_{tag} in ('mass', 'private')"))
    if data_type == "date":
        return f"tag_{tag} > D - {int(1000 * share)}"
    if data_type == "integer":
        return f"tag_{tag} <= {int(30 * share)}"
    if draw.random() < 0.2:
        return f"tag_{tag} between {int(0.4**4 * 1_000_000)} and {int((0.4 + share) ** 4 * 1_000_000)}"
    return f"tag_{tag} >= {int((1 - share) ** 4 * 1_000_000)}"


def _make_table(chosen: argparse.Namespace) -> None:
    with _open(chosen) as duck:
        there = duck.execute("select count(*) from duckdb_columns() where table_name = 'tags_retail'").fetchone()[0]
        if there and duck.execute("select count(*) from tags_retail").fetchone()[0] == chosen.customers:
            return
        values = {
            "decimal(18,2)": "cast(power({h} % 10000 / 10000.0, 4) * 1000000 as decimal(18, 2))",
            "integer": "cast({h} % 30 as integer)", "boolean": "{h} % 10 < 3",
            "varchar": "[" + ", ".join(f"'{code}'" for code in CODES) + "][cast({h} % 5 as integer) + 1]",
            "date": DAY + " - cast({h} % 1000 as integer)",
        }  # fmt: skip
        columns = []
        for number in range(TAGS):
            mixed = f"hash(number * 1009 + {number})"
            value = values[KINDS[number % len(KINDS)]].format(h=f"({mixed} % 1000003)")
            filled = value if number * 7 % 100 < 77 else f"case when {mixed} % 100 < 40 then {value} end"
            columns.append(f"{filled} as tag_{number}")
        duck.execute(
            f"create or replace table tags_retail as select 'R' || lpad(cast(number as varchar), 9, '0') as customer_id,"
            f" {DAY} as biz_date, {', '.join(columns)} from range({chosen.customers}) as made (number)"
        )


def _open(chosen: argparse.Namespace, **more: object) -> duckdb.DuckDBPyConnection:
    duck = duckdb.connect(str(chosen.folder / "segments.duckdb"), config={**LIMITS, **more})
    duck.execute(f"set temp_directory = '{chosen.folder}'")
    return duck


def sizes(chosen: argparse.Namespace) -> dict:
    """All sizes in one scan, from the generated model; nothing is stored."""
    query, told = _rendered(compiled_rules(chosen.rules))
    with _open(chosen) as duck:
        seconds, found = _best(lambda: evaluate(duck, query, told["rules"]).sizes.tolist())
    return {"seconds": seconds, "share": round(sum(found) / len(found) / chosen.customers, 4), "gb": _memory()}


def stored(chosen: argparse.Namespace) -> dict:
    """The membership, stored: the generated model."""
    query, told = _rendered(compiled_rules(chosen.rules))
    with _open(chosen) as duck:
        def run() -> None:
            # As the hooks of the model do.
            duck.execute(f"set disabled_compression_methods = '{UNPACKED}'")
            fill(duck, "membership", query, told["rules"])
            duck.execute("reset disabled_compression_methods")

        seconds, _ = _best(run)
        counted = duck.execute("select count(*) from membership").fetchone()[0]
    return {"seconds": seconds, "memberships": counted, "gb": _memory()}


def _rendered(rules: list[CompiledRule]) -> tuple[str, dict]:
    """The query of the generated model of members, over the benchmark's table, and what the model says of itself."""
    told: dict = {}
    return Template(model_files(rules)["segment_membership_retail_0.sql"]).render(
        ref=lambda name: name, config=lambda **words: told.update(words) or "",
        tags_there=lambda _, wanted: "".join(f", {name}" for name in wanted),
    ), told


def overlap(chosen: argparse.Namespace) -> dict:
    """The customers that every two segments share; after `stored`."""
    with _open(chosen) as duck:
        def run() -> numpy.ndarray:
            found = duck.execute(
                "select cast(substr(segment_id, 5) as integer) - 1 as segment, cast(substr(customer_id, 2) as integer) as customer"
                " from membership"
            ).fetchnumpy()
            return shared_counts(found["segment"], found["customer"], chosen.rules)

        seconds, shared = _best(run, 1)
        least = duck.execute(
            "select count(*) from membership a join membership b using (customer_id)"
            " where a.segment_id = 'S-R-0001' and b.segment_id = 'S-R-0002'"
        ).fetchone()[0]
    return {"seconds": seconds, "first pair as SQL counts it": bool(shared[0, 1] == least), "pairs": chosen.rules * (chosen.rules - 1) // 2, "gb": _memory()}


def filtered(chosen: argparse.Namespace) -> dict:
    """One query with a filtered count per rule; a part of the rules, scaled."""
    rules = compiled_rules(chosen.rules)[:FILTERED_PART]
    counts = ", ".join(f"count(*) filter (where {_sql(item)})" for item in rules)
    with _open(chosen) as duck:
        seconds, _ = _best(lambda: duck.execute(f"select {counts} from tags_retail as tags").fetchone(), 1)
    return {"seconds": round(seconds * chosen.rules / len(rules), 1), "measured on": f"{len(rules)} rules, scaled", "gb": _memory()}


def separate(chosen: argparse.Namespace) -> dict:
    """One query per rule; a part of the rules timed, scaled. All are then held against the stored membership, one by one."""
    rules = compiled_rules(chosen.rules)
    with _open(chosen) as duck:
        part = rules[:SEPARATE_PART]

        def run() -> None:
            for item in part:
                duck.execute(f"select count(*) from tags_retail as tags where {_sql(item)}").fetchone()

        seconds, _ = _best(run, 1)
        differing = sum(_differs(duck, item) for item in rules)
    return {"seconds": round(seconds * len(rules) / len(part), 1), "measured on": f"{len(part)} rules, scaled",
            "segments that differ from the stored membership": differing, "of": len(rules), "gb": _memory()}


def _differs(duck: duckdb.DuckDBPyConnection, item: CompiledRule) -> bool:
    """True if the stored members of a segment are not those whom a query of its own selects."""
    query = (
        f"with asked as (select customer_id from tags_retail as tags where {_sql(item)}),"
        f" kept as (select customer_id from membership where segment_id = '{item.rule.segment_id}')"
        " select count(*) from asked full join kept using (customer_id) where asked.customer_id is null or kept.customer_id is null"
    )
    return duck.execute(query).fetchone()[0] > 0


def polars_way(chosen: argparse.Namespace) -> dict:
    """Sizes with Polars expressions over the table in memory (loading not counted), as its SQL context reads the same conditions."""
    import polars

    rules = compiled_rules(chosen.rules)
    with _open(chosen) as duck:
        frame = duck.execute("select * from tags_retail").pl()
    expressions = [
        polars.sql_expr(re.sub(r"tags\.biz_date - (\d+)", _day_before, _sql(item)).replace("tags.", "")).sum().alias(item.rule.key)
        for item in rules
    ]

    def run() -> list[int]:
        found: list[int] = []
        for start in range(0, len(expressions), POLARS_CHUNK):
            found += frame.select(expressions[start : start + POLARS_CHUNK]).row(0)
        return found

    seconds, found = _best(run)
    return {"seconds": seconds, "share": round(sum(found) / len(found) / chosen.customers, 4), "gb": _memory()}


def _day_before(found: re.Match) -> str:
    """A date written out: the SQL of Polars takes no days from dates."""
    return f"date '{date(2026, 6, 30) - timedelta(days=int(found[1]))}'"


def _sql(item: CompiledRule) -> str:
    return " ".join(printed(with_validity(item)).split())


def _best(run: Callable[[], object], times: int = 3) -> tuple[float, object]:
    """The shortest of several runs, in seconds, and what the last returned."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        result = run()
        taken.append(time.perf_counter() - began)
    return round(min(taken), 2), result


def _memory() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2)


WAYS = {"sizes": sizes, "stored": stored, "overlap": overlap, "filtered": filtered, "separate": separate, "polars": polars_way}

if __name__ == "__main__":
    main()
