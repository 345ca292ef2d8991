"""Facts about volume: per feed the rows of the business date beside those of earlier days of the same kind.

Days are compared with days of their own kind only (DOMAIN 0.11, gate 55): the 21st of a quarter's last month, when interest is posted,
month ends, the days around Spring Festival, holidays, workdays, days of rest. A feed whose contract says that it follows the day of
the month is compared with that day of earlier months: instalments fall due on the 1st to the 28th, and hardly any are paid after that.
"""

from __future__ import annotations

from datetime import date
from statistics import median
from typing import TYPE_CHECKING

from tagmart.contracts import Contract, load_contracts
from tagmart.core.duck import connect, identifier, literal
from tagmart.gates.day_kind import read_kinds

if TYPE_CHECKING:
    import duckdb

    from tagmart.gates.facts import Fact, GateInput

# Days of the same kind that are looked at, at most and at least; fewer say nothing.
MOST_DAYS, LEAST_DAYS = 12, 5
# A year and a little: month ends are twelve.
SPAN_DAYS = 400


def volume_facts(given: GateInput) -> list[Fact]:
    """One fact per feed whose rows carry their own date: rows of the day, median and median deviation of the like days before it."""
    contracts = load_contracts(given.settings.contracts_dir)
    dated = [contract for contract in contracts.values() if contract.row_date and contract.load in ("journal", "full")]
    statuses = given.state.rows("select feed, status from feed_fact where run_id = ?", given.run_id)
    late = {row["feed"] for row in statuses if row["status"] not in ("loaded", "unchanged")}
    if not given.settings.warehouse.is_file():
        return []
    kinds = read_kinds(given.settings.dbt_project)
    kind_of = {"workdays": kinds.of_volume, "day_of_month": kinds.of_month}
    like = {follows: kinds.like(given.biz_date, SPAN_DAYS, kind) for follows, kind in kind_of.items()}
    with connect(given.settings.warehouse, read_only=True) as warehouse:
        tables = {name for (name,) in warehouse.execute("select table_name from duckdb_tables() where schema_name = 'ods'").fetchall()}
        found = [contract for contract in dated if contract.feed in tables and contract.feed not in late]
        return [
            _fact(warehouse, given, contract, kind_of[contract.follows](given.biz_date), like[contract.follows]) for contract in found
        ]


def _fact(warehouse: duckdb.DuckDBPyConnection, given: GateInput, contract: Contract, kind: str, days: list[date]) -> Fact:
    """The fact of one feed."""
    column, day = identifier(contract.row_date), f"date {literal(given.biz_date.isoformat())}"
    counts = dict(warehouse.execute(
        f"select {column}::date, count(*) from ods.{identifier(contract.feed)}"
        f" where {column} between {day} - {SPAN_DAYS} and {day} group by all"
    ).fetchall())  # fmt: skip
    first = min(counts, default=given.biz_date)
    like = [counts.get(one, 0) for one in days if one >= first][:MOST_DAYS]
    rows = counts.get(given.biz_date, 0)
    return {"subject": contract.feed, "owner": contract.owner, "kind": kind, "rows_cnt": rows, **_compared(rows, like, kind)}


def _compared(rows: int, like: list[int], kind: str) -> Fact:
    """The day beside the like days: how many deviations it is away, and its share of the median."""
    if len(like) < LEAST_DAYS:
        return {"is_judged": 0, "day_cnt": len(like), "message": f"only {len(like)} {kind}(s) before it to compare with"}
    if sum(one == 0 for one in like) > len(like) / 4:
        return {"is_judged": 0, "day_cnt": len(like), "message": f"does not come on every {kind}"}
    middle = median(like)
    # Counting alone scatters by the root of the number, and pay days lift a bank of any size by more than a tenth.
    spread = max(median(abs(one - middle) for one in like), middle**0.5, middle / 10, 1)
    return {
        "is_judged": 1, "day_cnt": len(like), "median_cnt": middle, "deviations": abs(rows - middle) / spread,
        "median_share": rows / middle if middle else 1,
        "message": f"{rows:,} rows; the last {len(like)} {kind}s had {middle:,.0f} in the middle",
    }  # fmt: skip
