"""Rules evaluated: whom each of thousands selects, over batches of the wide table.

DuckDB reads the tags, and calculates what a rule calculates; numpy compares, joins the answers by `and` and `or`, and lists the
members: a fraction of what the database takes for it (decision 0021). A condition that is missing selects nobody, so a comparison
is true where its tag is known and the value fits; rules come with `not` already moved onto the single comparisons
(`tagmart.rules.conditions`, where the forms of a condition are listed).

The materialization `segments` of dbt hands over the query and the rules of a model; benchmarks call the same function.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from threading import Semaphore
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tagmart.core.arrays import EPOCH, stored_bits, stored_numbers
from tagmart.core.duck import identifier, threads
from tagmart.core.errors import TagmartError

if TYPE_CHECKING:
    import duckdb

# Customers in a batch: a column of them and the answers to its conditions stay in a core's cache, and a call of numpy takes
# longer for the numbers than for itself.
BATCH = 32_768
COMPARE = {
    ">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal, "=": np.equal, "<>": np.not_equal,
}  # fmt: skip
# To which side a number is rounded that has more decimals than the column, so that the comparison stays what it was.
ROUNDED = {">": ROUND_FLOOR, "<=": ROUND_FLOOR, ">=": ROUND_CEILING, "<": ROUND_CEILING}
MEMBERS = pa.schema({name: pa.dictionary(pa.int32(), pa.string()) for name in ("segment_id", "customer_id")})


@dataclass(frozen=True)
class Selected:
    """Whom the rules of a storey select.

    Attributes:
        members: `segment_id` and `customer_id`, a row for each customer of each segment; both refer to a list of the texts.
        sizes: how many customers each rule selects, in the order of the rules.
    """

    members: pa.Table
    sizes: np.ndarray


def fill(connection: duckdb.DuckDBPyConnection, table: str, sql: str, rules: Sequence[Mapping]) -> None:
    """Make the table of a storey's members: `segment_id` and `customer_id`.

    Args:
        connection: what reads the query and makes the table.
        table: the relation, replaced if it is there.
        sql: `customer_id`, `biz_date` and every column that a rule asks, one row a customer.
        rules: as `evaluate` takes them.
    """
    # Texts that are referred to are written in a third of the time that a join with them takes.
    connection.register("selected_members", evaluate(connection, sql, rules).members)
    columns = ", ".join(f"cast({name} as varchar) as {name}" for name in MEMBERS.names)
    connection.execute(f"create or replace table {table} as select {columns} from selected_members")
    connection.unregister("selected_members")


def evaluate(connection: duckdb.DuckDBPyConnection, sql: str, rules: Sequence[Mapping]) -> Selected:
    """Ask every rule of every customer.

    One thread reads; TAGMART_THREADS less one evaluate what was read. As many batches are held as there are threads.

    Args:
        connection: what reads the query.
        sql: as for `fill`.
        rules: `segment` is the number of the segment; `selects` a condition, or `['and' | 'or', condition, …]`; `top`, where there is
            one, has `by`, `order` (asc or desc), `n` and `within` (a column or None): only the first so many stay, ties by customer.

    Raises:
        TagmartError: a column has a type that rules cannot compare.
    """
    plan = _Plan.of(rules)
    evaluators = max(1, threads() - 1)
    free = Semaphore(evaluators + 1)

    def asked(batch: pa.RecordBatch) -> _Answers:
        try:
            return _asked(plan, batch)
        finally:
            free.release()

    with ThreadPoolExecutor(evaluators) as pool:
        # Decimals as they are stored, and not widened to 128 bits, which takes as long as all the rest.
        connection.execute("set arrow_output_version = '1.5'")
        reader = connection.execute(sql).to_arrow_reader(BATCH)
        running: list[Future[_Answers]] = []
        for batch in _as_they_are_freed(reader, free):
            running.append(pool.submit(asked, batch))
            del batch
        answers = [one.result() for one in running]
    sizes = sum((one.sizes for one in answers), np.zeros(len(plan.rules), np.int64))
    members = [one.members for one in answers]
    for number, top in plan.ranked.items():
        first = _first(connection, top, [one.to_rank[number] for one in answers])
        sizes[number] = len(first)
        members.append(_members(plan, np.full(len(first), number), first, np.arange(len(first))))
    return Selected(pa.Table.from_batches(members, MEMBERS), sizes)


@dataclass(frozen=True)
class _Plan:
    """Rules taken apart.

    Attributes:
        segments: their numbers.
        rules: of each, the number of its condition, or ('and' | 'or', parts likewise).
        conditions: column → (number, verb, what it is compared with) of every condition that asks it.
        texts: column → the texts that it is compared with.
        ranked: number of a rule → its `top`.
    """

    segments: pa.Array
    rules: list = field(default_factory=list)
    conditions: dict[str, list[tuple[int, str, list[str]]]] = field(default_factory=dict)
    texts: dict[str, pa.Array] = field(default_factory=dict)
    ranked: dict[int, Mapping] = field(default_factory=dict)

    @classmethod
    def of(cls, rules: Sequence[Mapping]) -> _Plan:
        """The same conditions of several rules are one."""
        numbers: dict[str, int] = {}
        plan = cls(pa.array([rule["segment"] for rule in rules], pa.string()))

        def taken_apart(tree: Sequence) -> int | tuple:
            if tree[0] in ("and", "or"):
                return (tree[0], [taken_apart(part) for part in tree[1:]])
            verb, column, *values = tree
            known_as = json.dumps(tree)
            if known_as not in numbers:
                numbers[known_as] = len(numbers)
                plan.conditions.setdefault(column, []).append((numbers[known_as], verb, values))
            return numbers[known_as]

        plan.rules.extend(taken_apart(rule["selects"]) for rule in rules)
        for column, asked in plan.conditions.items():
            plan.texts[column] = pa.array(sorted({value for _, _, values in asked for value in values}), pa.string())
        plan.ranked.update({number: rule["top"] for number, rule in enumerate(rules) if rule.get("top")})
        return plan


@dataclass(frozen=True)
class _Answers:
    """What a batch answers: the members of all segments but those that rank, their sizes, and who is to be ranked, by the rule's number."""

    members: pa.RecordBatch
    sizes: np.ndarray
    to_rank: dict[int, pa.Table]


def _as_they_are_freed(reader: pa.RecordBatchReader, free: Semaphore) -> Iterator[pa.RecordBatch]:
    """The batches, each read once there is room for it."""
    while True:
        free.acquire()
        try:
            yield reader.read_next_batch()
        except StopIteration:
            return


def _asked(plan: _Plan, batch: pa.RecordBatch) -> _Answers:
    """All rules of the customers of a batch."""
    conditions = np.empty((sum(map(len, plan.conditions.values())), batch.num_rows), bool)
    days = stored_numbers(batch.column("biz_date"))
    for name, asked in plan.conditions.items():
        column = _Column.of(name, batch.column(name), plan.texts[name], days)
        for number, verb, values in asked:
            column.answer(verb, values, conditions[number])
    sizes = np.zeros(len(plan.rules), np.int64)
    places, to_rank = [np.zeros(0, np.int64)], {}
    for number, tree in enumerate(plan.rules):
        selected = np.flatnonzero(_joined(tree, conditions))
        if number in plan.ranked:
            wanted = dict.fromkeys(name for name in ("customer_id", plan.ranked[number]["by"], plan.ranked[number]["within"]) if name)
            to_rank[number] = pa.table({name: batch.column(name).take(pa.array(selected)) for name in wanted})
            continue
        places.append(selected)
        sizes[number] = len(selected)
    rules = np.repeat(np.arange(len(plan.rules)), sizes)
    return _Answers(_members(plan, rules, batch.column("customer_id"), np.concatenate(places)), sizes, to_rank)


def _members(plan: _Plan, rules: np.ndarray, customers: pa.Array, places: np.ndarray) -> pa.RecordBatch:
    """Members by the number of their rule and their place among customers."""
    columns = [
        pa.DictionaryArray.from_arrays(pa.array(numbers.astype(np.int32)), texts)
        for numbers, texts in ((rules, plan.segments), (places, customers))
    ]
    return pa.RecordBatch.from_arrays(columns, schema=MEMBERS)


def _joined(tree: int | tuple, conditions: np.ndarray) -> np.ndarray:
    """Where a rule is true."""
    if isinstance(tree, int):
        return conditions[tree]
    join, parts = np.logical_and if tree[0] == "and" else np.logical_or, [_joined(part, conditions) for part in tree[1]]
    found = join(parts[0], parts[1])
    for part in parts[2:]:
        join(found, part, out=found)
    return found


@dataclass(frozen=True)
class _Column:
    """A column of a batch, as it is compared.

    Attributes:
        values: numbers as stored, without their point; days since 1970; booleans; of a text its place among `texts`, or -1.
        known: where it is not missing; None if it is everywhere.
        kind: 'number', 'date', 'flag' or 'text'; empty for one that is only asked whether it is known.
        scale: decimals of a number.
        texts: what a text is compared with.
        days: the business dates, as days since 1970.
    """

    values: np.ndarray
    known: np.ndarray | None
    kind: str
    scale: int
    texts: Sequence[str]
    days: np.ndarray

    @classmethod
    def of(cls, name: str, column: pa.Array, texts: pa.Array, days: np.ndarray) -> _Column:
        kind = column.type
        known = None if not column.null_count else stored_bits(column.buffers()[0], column)
        if pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
            places = pc.index_in(column.cast(pa.string()), value_set=texts).fill_null(-1)
            return cls(stored_numbers(places), known, "text", 0, texts.to_pylist(), days)
        if pa.types.is_boolean(kind):
            return cls(stored_bits(column.buffers()[1], column), known, "flag", 0, (), days)
        if pa.types.is_date32(kind):
            return cls(stored_numbers(column), known, "date", 0, (), days)
        if pa.types.is_signed_integer(kind):
            return cls(stored_numbers(column), known, "number", 0, (), days)
        if pa.types.is_decimal32(kind) or pa.types.is_decimal64(kind):
            return cls(stored_numbers(column), known, "number", kind.scale, (), days)
        raise TagmartError(
            "a rule compares a column of a type that it cannot", where=name, seen=str(kind),
            do="numbers of up to 18 digits, dates, texts and flags can be compared; run `tagmart rules generate` where a tag's type has changed",
        )

    def answer(self, verb: str, values: Sequence[str], out: np.ndarray) -> None:
        """Write where the condition is true."""
        if verb in ("missing", "known"):
            out[:] = True if self.known is None else self.known
            if verb == "missing":
                np.logical_not(out, out=out)
            return
        if verb in ("yes", "no"):
            np.copyto(out, self.values) if verb == "yes" else np.logical_not(self.values, out=out)
        elif verb in ("in", "not in"):
            self._compare("=", values[0], out)
            for value in values[1:]:
                np.logical_or(out, self._compare("=", value, np.empty_like(out)), out=out)
            if verb == "not in":
                np.logical_not(out, out=out)
        else:
            self._compare(verb, values[0], out)
        if self.known is not None:
            np.logical_and(out, self.known, out=out)

    def _compare(self, verb: str, value: str, out: np.ndarray) -> np.ndarray:
        """One comparison with a value as the rule writes it."""
        other = self._stored(verb, value)
        if other is None:
            out[:] = verb == "<>"
            return out
        return COMPARE[verb](self.values, other, out=out)

    def _stored(self, verb: str, value: str) -> int | np.ndarray | None:
        """A value as the column would store it; None if it could not, so nothing equals it."""
        if self.kind == "text":
            return self.texts.index(value)
        if self.kind == "date":
            return self.days + np.int32(value[1:] or 0) if value[0] == "D" else (date.fromisoformat(value) - EPOCH).days
        exact = Decimal(value).scaleb(self.scale)
        whole = exact.to_integral_value(ROUNDED.get(verb, ROUND_FLOOR))
        return None if verb in ("=", "<>") and whole != exact else int(whole)


def _first(connection: duckdb.DuckDBPyConnection, top: Mapping, tables: Sequence[pa.Table]) -> pa.Array:
    """The first so many customers of those whom a rule selects; ties go by customer."""
    if not tables:
        return pa.array([], pa.string())
    connection.register("to_rank", pa.concat_tables(tables))
    within = f"partition by {identifier(top['within'])} " if top["within"] else ""
    order = f"{identifier(top['by'])} {'desc' if top['order'] == 'desc' else 'asc'}, customer_id"
    rank = f"row_number() over ({within}order by {order})"
    kept = connection.execute(f"select customer_id from to_rank qualify {rank} <= {int(top['n'])}").to_arrow_table()
    connection.unregister("to_rank")
    return kept.column("customer_id").combine_chunks()
