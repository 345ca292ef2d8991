"""Facts about references: of the rows that came, how many speak of an account, a customer, a product that is not there.

Counted in SQL, one query for each reference of a contract. What is told of an orphan is its file and line: the value that
leads nowhere identifies somebody, more often than not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tagmart.contracts import Contract, Reference, Target, load_contracts
from tagmart.core.duck import connect, identifier, literal
from tagmart.gates.facts import Fact, GateInput

if TYPE_CHECKING:
    import duckdb

UP_TO_DATE = ("loaded", "unchanged")
# Orphans whose place is told.
EXAMPLES = 3


@dataclass(frozen=True)
class Orphans:
    """What was counted.

    Attributes:
        rows: rows that refer to something.
        orphans: of these, rows that refer to nothing there is.
        places: file and line of the first of them.
    """

    rows: int
    orphans: int
    places: tuple[str, ...]


def reference_facts(given: GateInput) -> list[Fact]:
    """One fact per reference of the bank's contracts; without figures where a table is not there."""
    contracts = load_contracts(given.settings.contracts_dir)
    statuses = {row["feed"]: row["status"] for row in given.state.rows("select feed, status from feed_fact where run_id = ?", given.run_id)}
    fresh = _days_of(given)
    pairs = [(contract, one) for contract in contracts.values() for one in contract.refers]
    if not given.settings.warehouse.is_file():
        return [_fact(contract, one, None, statuses) for contract, one in pairs]
    with connect(given.settings.warehouse, read_only=True) as warehouse:
        tables = {
            (schema, name) for schema, name in
            warehouse.execute("select schema_name, table_name from duckdb_tables() where schema_name in ('ods', 'hist')").fetchall()
        }
        return [
            _fact(contract, one, _count(warehouse, given, contracts, contract, one, tables, fresh.get(contract.feed, ())), statuses)
            for contract, one in pairs
        ]


def subject_of(contract: Contract, reference: Reference) -> str:
    """How a reference is called."""
    targets = (target.feed if len(reference.to) > 1 else f"{target.feed}.{', '.join(target.columns)}" for target in reference.to)
    return f"{contract.feed}.{', '.join(reference.columns)} → {' | '.join(targets)}"


def _days_of(given: GateInput) -> dict[str, list[str]]:
    """Feed → the dates, up to the business date, of the deliveries that this run has taken in, and the business date's."""
    days: dict[str, list[str]] = {}
    for row in given.state.rows(
        "select feed, biz_date from arrival where biz_date = ? or (run_id = ? and biz_date < ?) order by feed, biz_date",
        given.biz_date.isoformat(), given.run_id, given.biz_date.isoformat(),
    ):
        days.setdefault(row["feed"], []).append(row["biz_date"])
    return days


def _count(
    warehouse: duckdb.DuckDBPyConnection,
    given: GateInput,
    contracts: Mapping[str, Contract],
    contract: Contract,
    reference: Reference,
    tables: set[tuple[str, str]],
    days: list[str] | tuple[str, ...],
) -> Orphans | None:
    """Count the orphans of one reference; None where a table is not there."""
    needed = {("ods", contract.feed)} | {
        ("hist" if contracts[target.feed].keeps_history else "ods", target.feed) for target in reference.to
    }
    if not needed <= tables:
        return None
    there = " union all ".join(_there(given, contracts[target.feed], target) for target in reference.to)
    names = [identifier(name) for name in reference.columns]
    same = " and ".join(f"said.{name} = there.k{number}" for number, name in enumerate(names))
    rows, orphans, places = warehouse.execute(f"""
        with said as (
            select src_file, src_line, {', '.join(names)}
            from ods.{identifier(contract.feed)}
            where {_fresh(given, contract, days)} and {' and '.join(f'{name} is not null' for name in names)}
        ),
        there as ({there}),
        orphan as (select said.src_file, said.src_line from said anti join there on {same})
        select
            (select count(*) from said), (select count(*) from orphan),
            (select list(place order by place) from (
                select (src_file, src_line) as place from orphan order by src_file, src_line limit {EXAMPLES}
            ))
    """).fetchone()
    return Orphans(rows, orphans, tuple(f"{file}, line {line}" for file, line in places or ()))


def _fresh(given: GateInput, contract: Contract, days: list[str] | tuple[str, ...]) -> str:
    """SQL of the rows that are looked at: all of a full state, else those that came.

    A full feed is asked every night, for what it refers to may have gone since. What a delta deletes refers to nothing.
    """
    if contract.is_static:
        return "true"
    until = f"date {literal(given.biz_date.isoformat())}"
    if contract.load == "full" and contract.keeps_history:
        return f"biz_date = (select max(biz_date) from ods.{identifier(contract.feed)} where biz_date <= {until})"
    if not days:
        return "false"
    came = f"biz_date in ({', '.join(f'date {literal(day)}' for day in days)})"
    return f"{came} and op <> 'D'" if contract.load == "delta" else came


def _there(given: GateInput, contract: Contract, target: Target) -> str:
    """SQL of the values that can be referred to on the business date: a state as it is then, else all that ever came."""
    columns = ", ".join(f"{identifier(name)} as k{number}" for number, name in enumerate(target.columns))
    day = f"date {literal(given.biz_date.isoformat())}"
    if contract.keeps_history:
        return f"select {columns} from hist.{identifier(contract.feed)} where valid_from <= {day} and valid_to > {day}"
    until = "" if contract.is_static else f" where biz_date <= {day}"
    return f"select {columns} from ods.{identifier(contract.feed)}{until}"


def _fact(contract: Contract, reference: Reference, found: Orphans | None, statuses: Mapping[str, str]) -> Fact:
    """What expectations compare. A reference to a feed that is not up to date stops no night: what is new there has not come."""
    behind = [target.feed for target in reference.to if statuses.get(target.feed) not in UP_TO_DATE]
    share = found.orphans / found.rows if found and found.rows else 0.0
    message = "" if found else "not counted: a table of the feeds is not there"
    if found and found.orphans:
        what = " or ".join(target.feed for target in reference.to)
        more = ", …" if found.orphans > len(found.places) else ""
        message = (f"{found.orphans:,} of {found.rows:,} rows refer to what is not in {what}: {'; '.join(found.places)}{more}"
                   + (f" ({', '.join(behind)} is not up to date)" if behind else ""))
    return {
        "subject": subject_of(contract, reference),
        "load": contract.load,
        "severity": "warn" if behind else reference.severity,
        "owner": contract.owner,
        "message": message,
        "rows_cnt": found.rows if found else None,
        "orphan_cnt": found.orphans if found else None,
        "orphan_share": share if found else None,
        "share_limit": reference.limit,
        "share_over": max(0.0, share - reference.limit) if found else None,
    }
