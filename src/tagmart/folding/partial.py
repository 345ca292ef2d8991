"""A partial read in batches: each row put to its piece of days, a state parted where a piece ends."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tagmart.core.arrays import stored_bits
from tagmart.core.duck import identifier, literal
from tagmart.folding.columns import numbers, numbers_where_known
from tagmart.folding.read import FoldPlan, UnfitError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

# Rows that are held at once: so many that calls of numpy take long enough, and so few that they stay in a processor's cache.
BATCH = 262_144
# More combinations of the values of slices than these are not numbered.
MOST_SLICES = 1 << 20
HALF = 2**64 - 1
BITS = {"days": "day_bit", "months": "month_bit"}


@dataclass(frozen=True)
class Days:
    """The days of a fold and their pieces.

    Attributes:
        first: the first day, since 1970.
        starts: the first day of each piece, and the day after the last one.
        piece: of each day from the first one, the number of its piece.
        bits: of each day, the bits of `days` and `months` by halves of 64: `days.0`, `days.1`.
    """

    first: int
    starts: np.ndarray
    piece: np.ndarray
    bits: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, cursor: duckdb.DuckDBPyConnection, plan: FoldPlan) -> Days:
        """As the CTEs of the fold have them: `calendar` for flows, `pieces` for histories.

        Raises:
            UnfitError: there is no day.
        """
        if plan.since:
            found = _arrays(cursor, f"{plan.head}select piece, next_piece from pieces order by piece")
            starts = np.append(found["piece"], found["next_piece"][-1:])
            return cls(int(starts[0]), starts, np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts)), {})
        kinds = dict.fromkeys(kind for kind, _ in plan.kept if kind in BITS)
        halves = {f"{kind}.{half}": f"({BITS[kind]} >> {64 * half}) & {HALF}" for kind in kinds for half in range(2)}
        told = "".join(f", cast({value} as ubigint) as {identifier(name)}" for name, value in halves.items())
        found = _arrays(cursor, f"{plan.head}select day, piece{told} from calendar order by day")
        starts, piece = np.unique(found["piece"], return_inverse=True)
        starts = np.append(starts, found["day"][-1:] + 1)
        return cls(int(starts[0]), starts, piece.astype(np.int32), {name: found[name] for name in halves})


def _arrays(cursor: duckdb.DuckDBPyConnection, sql: str) -> dict[str, np.ndarray]:
    """The columns of a small answer."""
    found = cursor.execute(sql).to_arrow_table().combine_chunks()
    if not found.num_rows:
        raise UnfitError
    return {name: numbers(found.column(name).chunk(0)) for name in found.column_names}


@dataclass(frozen=True)
class Part:
    """Rows of a partial within their pieces: an array each.

    Attributes:
        customer, slices, piece: numbers.
        since, until: the first day within the piece, and the day after the last one.
        values: the columns that are kept, by name.
        missing: where a value is missing, of the columns where one is.
    """

    customer: np.ndarray
    slices: np.ndarray
    piece: np.ndarray
    since: np.ndarray
    until: np.ndarray
    values: Mapping[str, np.ndarray]
    missing: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Partial:
    """A partial as a fold reads it.

    Attributes:
        plan: what the SQL of the fold says.
        slices: the values of each slice that occur. Slices are one number: the place of each value among these, counted as digits are.
        days: the days that are read.
        types: SQL types of the columns that are kept: `decimal(18,2)` or `integer`.
    """

    plan: FoldPlan
    slices: tuple[tuple[str, ...], ...]
    days: Days
    types: Mapping[str, str]

    @classmethod
    def of(cls, cursor: duckdb.DuckDBPyConnection, plan: FoldPlan) -> Partial:
        """Look up what must be known before the rows are read.

        Raises:
            UnfitError: there is nothing to read, a slice is missing, slices have too many values, or a column another type.
        """
        columns = dict.fromkeys(of for _, of in plan.kept)
        cursor.execute(f"select {', '.join(f'partial.{of}' for of in columns)} from {plan.partial} as partial limit 0")
        types = {of: str(told[1]).lower() for of, told in zip(columns, cursor.description, strict=True)}
        slices = tuple(_occurring(cursor, plan, code) for code in plan.slices)
        if math.prod(map(len, slices)) > MOST_SLICES or not set(types.values()) <= {"decimal(18,2)", "integer"}:
            raise UnfitError
        return cls(plan, slices, Days.of(cursor, plan), types)

    def values_of(self, number: int) -> tuple[str, ...]:
        """The values of the slices that have this number."""
        found = []
        for occurring in reversed(self.slices):
            number, place = divmod(int(number), len(occurring))
            found.append(occurring[place])
        return tuple(reversed(found))

    def parts(self, cursor: duckdb.DuckDBPyConnection, customers: str) -> Iterator[Part]:
        """The rows of these customers, batch by batch.

        Args:
            cursor: gives decimals as they are stored (`arrow_output_version` 1.5).
            customers: a relation of `customer_id` and `row_no`.

        Raises:
            UnfitError: a slice or a day is missing.
        """
        for batch in cursor.execute(self._query(customers)).to_arrow_reader(BATCH):
            yield self._part(batch)

    def _query(self, customers: str) -> str:
        plan, number = self.plan, "0"
        for code, occurring in zip(plan.slices, self.slices, strict=True):
            number = f"({number}) * {len(occurring)} + list_position([{', '.join(map(literal, occurring))}], partial.{code}) - 1"
        first, end = (f"cast(date '1970-01-01' + {day} as date)" for day in self.days.starts[[0, -1]])
        read = [f"partial.{column}" for column in ((plan.since, plan.until) if plan.since else (plan.day,))]
        inside = f"{read[0]} < {end} and {read[-1]} {'>' if plan.since else '>='} {first}"
        read += [f"partial.{of}" for of in self.types]
        return (
            f"select customers.row_no, cast({number} as integer) as slice_no, {', '.join(read)}\n"
            f"from {plan.partial} as partial\ninner join {customers} as customers on partial.customer_id = customers.customer_id\n"
            f"where {plan.cut} and {inside}"
        )

    def _part(self, batch: pa.RecordBatch) -> Part:
        columns = dict(zip(self.types, batch.columns[-len(self.types) :], strict=True))
        customer, slices, since, *ends = map(numbers, batch.columns[: -len(self.types)])
        values = {of: numbers_where_known(column) for of, column in columns.items()}
        missing = {of: ~stored_bits(column.buffers()[0], column) for of, column in columns.items() if column.null_count}
        if not self.plan.since:
            return Part(customer, slices, self.days.piece[since - self.days.first], since, since + 1, values, missing)
        row, piece, since, until = _parted(since, *ends, self.days)
        kept = ({of: one[row] for of, one in arrays.items()} for arrays in (values, missing))
        return Part(customer[row], slices[row], piece, since, until, *kept)


def _occurring(cursor: duckdb.DuckDBPyConnection, plan: FoldPlan, code: str) -> tuple[str, ...]:
    found = cursor.execute(f"select distinct partial.{code} from {plan.partial} as partial where {plan.cut}").fetchall()
    if not found or (None,) in found:
        raise UnfitError
    return tuple(value for (value,) in found)


def _parted(since: np.ndarray, until: np.ndarray, days: Days) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """States parted where a piece ends: of each part the row, the piece, its first day, and the day after its last one."""
    since, until = np.maximum(since, days.first), np.minimum(until, days.starts[-1])
    begins, ends = days.piece[since - days.first], days.piece[until - 1 - days.first]
    row = np.arange(len(since))
    if (ends < begins).any():
        # A state without a day is a row inside of a piece, and none where a piece begins: as by the join of the SQL.
        row = np.flatnonzero(ends >= begins)
        since, until, begins, ends = since[row], until[row], begins[row], ends[row]
    longer = np.flatnonzero(ends > begins)
    more = (ends - begins)[longer]
    again = np.repeat(longer, more)
    nth = np.arange(1, len(again) + 1) - np.repeat(np.cumsum(more) - more, more)
    piece = (begins[again] + nth).astype(np.int32)
    since = np.concatenate([since, days.starts[piece]])
    ends = np.concatenate([np.minimum(until, days.starts[begins + 1]), np.minimum(until[again], days.starts[piece + 1])])
    return np.concatenate([row, row[again]]), np.concatenate([begins, piece]), since, ends
