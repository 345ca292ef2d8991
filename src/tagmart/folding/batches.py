"""The rows of a partial in batches, read once for several folds: each row put to its piece of days, a state parted where a piece ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tagmart.core.arrays import stored_bits
from tagmart.core.duck import identifier
from tagmart.folding.columns import numbers, numbers_where_known
from tagmart.folding.partial import Days, Partial

if TYPE_CHECKING:
    import duckdb

    from tagmart.folding.plans import FoldPlan

# Rows that are held at once: so many that calls of numpy take long enough, and so few that they stay in a processor's cache.
BATCH = 262_144


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


def batches(cursor: duckdb.DuckDBPyConnection, partials: Sequence[Partial], customers: str) -> Iterator[list[Part]]:
    """The rows of these customers, batch by batch: of each batch what each of the folds reads.

    Args:
        cursor: gives decimals as they are stored (`arrow_output_version` 1.5).
        partials: of one reading (`partial.readings`).
        customers: a relation of `customer_id` and `row_no`.

    Raises:
        UnfitError: a column is not of whole numbers.
    """
    reader = cursor.execute(_query(partials, customers)).to_arrow_reader(BATCH)
    # An empty batch before the others: customers without a row have columns, too.
    for batch in chain([pa.RecordBatch.from_pylist([], reader.schema)], reader):
        yield [_part(batch, partial) for partial in partials]


def _query(partials: Sequence[Partial], customers: str) -> str:
    """Each column once and called as it is written, whichever folds read it: to find a place takes longer than to read a number."""
    plan = partials[0].plan
    read = ["customers.row_no", *_days(plan), *(f"partial.{of}" for partial in partials for of in partial.types)]
    read += [place for partial in partials for place in partial.places()]
    first, end = min(partial.days.first for partial in partials), max(partial.days.starts[-1] for partial in partials)
    since, *until = _days(plan)
    inside = f"{until[0]} > {_date(first)}" if until else f"{since} >= {_date(first)}"
    return (
        f"select {', '.join(f'{one} as {identifier(one)}' for one in dict.fromkeys(read))}\n"
        f"from {plan.partial} as partial\ninner join {customers} as customers on partial.customer_id = customers.customer_id\n"
        f"where {plan.cut} and {since} < {_date(end)} and {inside}"
    )


def _days(plan: FoldPlan) -> tuple[str, ...]:
    """The columns that say when: the first day of a row, and of a state the day after its last one."""
    return (f"partial.{plan.since}", f"partial.{plan.until}") if plan.since else (f"partial.{plan.day}",)


def _date(day: int) -> str:
    return f"cast(date '1970-01-01' + {day} as date)"


def _part(batch: pa.RecordBatch, partial: Partial) -> Part:
    """What a fold reads of a batch."""
    keys, kept, places = ["customers.row_no", *_days(partial.plan)], [f"partial.{of}" for of in partial.types], partial.places()
    read = batch.select(dict.fromkeys([*keys, *kept, *places]))
    asked = _asked(batch, partial)
    read = read if asked.all() else read.filter(pa.array(asked))
    customer, since, *until = (numbers(read.column(name)) for name in keys)
    slices = partial.number(len(read), [numbers(read.column(name)) for name in places])
    columns = {of: read.column(name) for of, name in zip(partial.types, kept, strict=True)}
    values = {of: numbers_where_known(column) for of, column in columns.items()}
    missing = {of: ~stored_bits(column.buffers()[0], column) for of, column in columns.items() if column.null_count}
    days = partial.days
    if not until:
        return Part(customer, slices, days.piece[since - days.first], since, since + 1, values, missing)
    row, piece, since, until = _parted(since, *until, days)
    values, missing = ({of: one[row] for of, one in arrays.items()} for arrays in (values, missing))
    return Part(customer[row], slices[row], piece, since, until, values, missing)


def _asked(batch: pa.RecordBatch, partial: Partial) -> np.ndarray:
    """Which rows of a batch have a day in the fold."""
    days, (since, *until) = partial.days, (numbers(batch.column(name)) for name in _days(partial.plan))
    return (since < days.starts[-1]) & (until[0] > days.first if until else since >= days.first)


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
