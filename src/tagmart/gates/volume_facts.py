"""Facts about volume: per feed the rows of the business date beside those of earlier days of the same kind.

Days are compared with days of their own kind only (DOMAIN 0.11, gate 55): the 21st of a quarter's last month, when interest is posted,
month ends, the days around Spring Festival, holidays, workdays, days of rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import TYPE_CHECKING

from tagmart.contracts import Contract, load_contracts
from tagmart.core.duck import connect, identifier, literal

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
    with connect(given.settings.warehouse, read_only=True) as warehouse:
        tables = {name for (name,) in warehouse.execute("select table_name from duckdb_tables() where schema_name = 'ods'").fetchall()}
        kinds = _kinds(warehouse, given)
        found = [contract for contract in dated if contract.feed in tables and contract.feed not in late]
        return [fact for contract in found for fact in _fact(warehouse, given, contract, kinds)]


def _kinds(warehouse: duckdb.DuckDBPyConnection, given: GateInput) -> dict[str, list[str]]:
    """The kind of the business date, and the days before it of the same kind, the newest first: as {kind: days}."""
    day = f"date {literal(given.biz_date.isoformat())}"
    rows = warehouse.execute(f"""
        with kinds as (
            select
                cal_date,
                case
                    when month(cal_date) % 3 = 0 and day(cal_date) = 21 then 'interest day'
                    when cal_date = last_day(cal_date) and is_workday then 'month end'
                    when cal_date = last_day(cal_date) then 'month end at rest'
                    when abs(festival_offset) <= 10 and is_workday then 'Spring Festival workday'
                    when abs(festival_offset) <= 10 then 'Spring Festival rest'
                    when coalesce(holiday_code, '') <> '' then 'holiday'
                    when is_workday then 'workday'
                    else 'day of rest'
                end as kind
            from dwd.calendar
            where cal_date between {day} - {SPAN_DAYS} and {day}
        )
        select kind, list(cal_date::varchar order by cal_date desc) from kinds
        where kind = (select today.kind from kinds as today where today.cal_date = {day}) group by kind
    """).fetchall()
    return {kind: [one for one in days if one != given.biz_date.isoformat()] for kind, days in rows}


def _fact(
    warehouse: duckdb.DuckDBPyConnection, given: GateInput, contract: Contract, kinds: dict[str, list[str]]
) -> Iterator[Fact]:
    """The fact of one feed; none where the calendar does not know the day."""
    for kind, days in kinds.items():
        column, day = identifier(contract.row_date), f"date {literal(given.biz_date.isoformat())}"
        counts = dict(warehouse.execute(
            f"select {column}::varchar, count(*) from ods.{identifier(contract.feed)}"
            f" where {column} between {day} - {SPAN_DAYS} and {day} group by all"
        ).fetchall())  # fmt: skip
        first = min(counts, default=given.biz_date.isoformat())
        like = [counts.get(one, 0) for one in days if one >= first][:MOST_DAYS]
        rows = counts.get(given.biz_date.isoformat(), 0)
        yield {"subject": contract.feed, "owner": contract.owner, "kind": kind, "rows_cnt": rows, **_compared(rows, like, kind)}


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
