"""Judging rows: the stream of text becomes the table `taken`, typed, with the first broken rule of each bad row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb

from tagmart.contracts import Contract
from tagmart.contracts.model import INITIAL_KIND
from tagmart.core.duck import identifier, literal
from tagmart.core.errors import TagmartError
from tagmart.ingest.check_keys import duplicate_rule, mark_duplicates
from tagmart.ingest.check_rules import Rule, prepared, rules_of
from tagmart.ingest.decode import BadRow, schema_of
from tagmart.ingest.landing import Delivery
from tagmart.ingest.store import TAKEN

if TYPE_CHECKING:
    import pyarrow as pa

INCOMING = "incoming_rows"


@dataclass(frozen=True)
class Judged:
    """What judging found.

    Attributes:
        rows: rows judged, good and bad.
        counts: bad rows by column and rule; each row counts once, with the first rule that it breaks.
        retyped: of these, those whose value is not of the column's type.
        sums: totals of the columns asked for, over all rows; NULL where a value is unreadable.
        partial_sums: the totals of the readable values.
    """

    rows: int
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    retyped: dict[tuple[str, str], int] = field(default_factory=dict)
    sums: dict[str, Decimal | None] = field(default_factory=dict)
    partial_sums: dict[str, Decimal] = field(default_factory=dict)

    @property
    def bad(self) -> int:
        """How many rows broke the contract."""
        return self.counts.total()


def judge(
    warehouse: duckdb.DuckDBPyConnection,
    contract: Contract,
    delivery: Delivery,
    batches: Iterable[pa.RecordBatch],
    summed: Iterable[str] = (),
) -> Judged:
    """Read rows of text into the temporary table `taken` (part, src_line, the columns typed, fault, seen).

    Args:
        warehouse: the connection that will store the rows.
        contract: as it is at the date of the delivery.
        delivery: whose date the rows must be of.
        batches: what `read_parts` gives; drawn once.
        summed: decimal columns whose totals are wanted.

    Returns:
        The counts. In `taken`, `fault` is not null in bad rows (`details` gives them).

    Raises:
        TagmartError: if all rows are of another date than the delivery, or whatever drawing the batches raises.
    """
    rules = rules_of(contract, delivery)
    summed = [name for name in dict.fromkeys(summed) if name in contract.names]
    _take_in(warehouse, contract, rules, batches, summed)
    rows, sums, partial = _totals(warehouse, contract, delivery, summed)
    counts: Counter[tuple[str, str]] = Counter()
    retyped: dict[tuple[str, str], int] = {}
    for fault, count in warehouse.execute(f"select fault, count(*) from {TAKEN} where fault is not null group by fault").fetchall():
        rule = rules[fault]
        counts[rule.column, rule.rule] += count
        if rule.is_type:
            retyped[rule.column, rule.rule] = count
    if doubled := mark_duplicates(warehouse, contract, len(rules)):
        counts[duplicate_rule(contract)] = doubled
    return Judged(rows, counts, retyped, sums, partial)


def details(
    warehouse: duckdb.DuckDBPyConnection, contract: Contract, delivery: Delivery, most: int | None = None
) -> list[BadRow]:
    """The bad rows of `taken`, in the order of the files.

    Args:
        warehouse: where `taken` is.
        contract: as given to `judge`.
        delivery: as given to `judge`.
        most: how many at most; None for all.
    """
    rules = [(rule.column, rule.rule) for rule in rules_of(contract, delivery)]
    rules.append(duplicate_rule(contract))
    found = warehouse.execute(
        f"select part, src_line, fault, coalesce(seen, '') from {TAKEN} where fault is not null order by part, src_line"
        + (f" limit {most}" if most is not None else "")
    ).fetchall()
    return [BadRow(part, line, *rules[fault], seen) for part, line, fault, seen in found]


def _take_in(
    warehouse: duckdb.DuckDBPyConnection,
    contract: Contract,
    rules: list[Rule],
    batches: Iterable[pa.RecordBatch],
    summed: list[str],
) -> None:
    """The table `taken`: part, src_line, the typed columns, unread_<column>, the number of the first broken rule, what was seen."""
    import pyarrow as pa

    names = ", ".join(f"v{at} as {identifier(name)}" for at, name in enumerate(contract.names, start=1))
    faults = " ".join(f"when {rule.broken} then {number}" for number, rule in enumerate(rules))
    seen = " ".join(f"when {number} then {rule.seen}" for number, rule in enumerate(rules))
    fault = f"case {faults} end" if rules else "cast(null as integer)"
    shown = f"case when fault is not null then case fault {seen} end end" if rules else "cast(null as varchar)"
    unread = "".join(
        f", {' or '.join(rule.broken for rule in rules if rule.column == name and rule.is_type)} as {identifier(f'unread {name}')}"
        for name in summed
    )
    carried = "".join(f", {identifier(f'unread {name}')}" for name in summed)
    failed: list[BaseException] = []

    def drawn() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except BaseException as error:
            # DuckDB would tell of it as a text in an error of its own.
            failed.append(error)
            raise

    warehouse.register(INCOMING, pa.RecordBatchReader.from_batches(schema_of(contract), drawn()))
    try:
        # Typed below, judged above: in one projection every value would be cast again for each rule.
        warehouse.execute(f"""
            create or replace temp table taken as
            select part, src_line, {names}{carried}, fault, {shown} as seen
            from (
                select *, {fault} as fault{unread}
                from (select *, {', '.join(prepared(contract))} from {INCOMING})
            )
        """)
    except duckdb.Error:
        if failed:
            raise failed[0] from None
        raise
    finally:
        warehouse.unregister(INCOMING)


def _totals(
    warehouse: duckdb.DuckDBPyConnection, contract: Contract, delivery: Delivery, summed: list[str]
) -> tuple[int, dict[str, Decimal | None], dict[str, Decimal]]:
    """Rows and totals in one scan; refuses rows of another date."""
    wanted = ["count(*)"]
    for name in summed:
        unread = identifier(f"unread {name}")
        wanted += [f"coalesce(sum(if({unread}, null, {identifier(name)})), 0)", f"count_if({unread})"]
    if contract.row_date and delivery.biz_date:
        name = identifier(contract.row_date)
        right = f"{name} {'<=' if delivery.kind == INITIAL_KIND else '='} date {literal(delivery.label)}"
        wanted += [f"count({name})", f"count_if({right})", f"min({name})", f"max({name})"]
    rows, *found = warehouse.execute(f"select {', '.join(wanted)} from {TAKEN}").fetchone()
    partial = {name: Decimal(found[2 * at]) for at, name in enumerate(summed)}
    sums = {name: None if found[2 * at + 1] else partial[name] for at, name in enumerate(summed)}
    if contract.row_date and delivery.biz_date:
        dated, right, first, last = found[-4:]
        if dated and not right:
            raise TagmartError(
                f"the rows are of another date than the delivery (column {contract.row_date})",
                where=f"{delivery.biz_date:%Y%m%d}/{delivery.parts[0].name}", seen=_span(first, last),
                do="have the source send the delivery of this date",
            )
    return rows, sums, partial


def _span(first: date, last: date) -> str:
    """One date or two."""
    return f"{first}" if first == last else f"{first} to {last}"
