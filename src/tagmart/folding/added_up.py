"""A history whose slices are added up day by day: the peak of a sum cannot be told from the peaks of its parts.

In most pieces a customer has one of the slices, and the row of the fold is the sum. For the crowded ones the states are read again:
each begins and ends a step, and the sum of the steps so far is the state of all slices together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tagmart.folding.batches import batches
from tagmart.folding.columns import as_column
from tagmart.folding.customers import Customers
from tagmart.folding.fold import Folded, kept_value
from tagmart.folding.plans import UnfitError
from tagmart.folding.rows import Rows, folded, of_groups, places, together

if TYPE_CHECKING:
    import duckdb

    from tagmart.folding.batches import Part


def added_up(cursor: duckdb.DuckDBPyConnection, made: Folded, rows: Rows, cell_of: np.ndarray, customers: Customers) -> Rows:
    """One row for each customer, cell and piece: what all slices of the cell come to together.

    Args:
        cursor: reads the states of crowded pieces.
        made: the fold of the history.
        rows: what is kept of it, with cells in the place of slices.
        cell_of: of each number of slices, that of its cell; -1 where it is not asked for.

    Raises:
        UnfitError: a value is missing, or a sum would not fit.
    """
    shape = (len(customers.ids), int(cell_of.max()) + 1, len(made.partial.days.starts) - 1)
    key = np.ravel_multi_index((rows.customer, rows.slices, rows.piece), shape)
    count = np.bincount(key, minlength=int(np.prod(shape)))
    crowded = count > 1
    is_crowded = crowded[key]
    if not is_crowded.any():
        return rows
    cursor.register("crowded_customers", pa.table({"row_no": as_column(np.unique(rows.customer[is_crowded]), pa.int32())}))
    read = f"(select * from {customers.relation} semi join crowded_customers using (row_no))"
    steps = [_steps(part, cell_of, crowded, shape) for (part,) in batches(cursor, [made.partial], read)]
    cursor.unregister("crowded_customers")
    states = _states([np.concatenate(parts) for parts in zip(*steps, strict=True)], made, list(rows.values), shape)
    return together([rows.only(np.flatnonzero(~is_crowded)), folded(states)])


def _steps(part: Part, cell_of: np.ndarray, crowded: np.ndarray, shape: tuple[int, ...]) -> list[np.ndarray]:
    """What states add on their first day, and take away on the day after their last one.

    Args:
        crowded: of each piece of a cell and customer, whether it is crowded.

    Raises:
        UnfitError: a value is missing.

    Returns:
        Pieces of cells and customers, days, how many slices are held, and the columns of the history.
    """
    if part.missing:
        raise UnfitError
    cell = cell_of[part.slices]
    at = np.ravel_multi_index((part.customer, np.maximum(cell, 0), part.piece), shape)
    here = np.flatnonzero((cell >= 0) & crowded[at])
    one = np.ones(len(here), np.int64)
    values = [value[here].astype(np.int64) for value in part.values.values()]
    signed = [np.concatenate([value, -value]) for value in (one, *values)]
    return [np.concatenate([at[here]] * 2), np.concatenate([part.since[here], part.until[here]]), *signed]


def _states(steps: Sequence[np.ndarray], made: Folded, names: Sequence[str], shape: tuple[int, ...]) -> Rows:
    """The steps of a piece added up: what holds from each of their days to the next, while any slice is held."""
    at, day, *signed = steps
    starts, types = made.partial.days.starts, made.partial.types
    span = int(starts[-1]) - made.partial.days.first + 1
    if any(np.abs(value).sum(dtype=np.float64) >= 2**62 for value in signed):
        raise UnfitError
    keys, place = places(at * span + (day - made.partial.days.first))
    held, *values = (np.cumsum(of_groups("sum", place, len(keys), value)) for value in signed)
    at, since = keys // span, keys % span + made.partial.days.first
    # Where the last slice ends nothing is held, so that no state reaches into the next piece.
    until = np.append(since[1:], since[-1:])
    here = np.flatnonzero(held > 0)
    customer, cell, piece = np.unravel_index(at[here], shape)
    of_day: Mapping[str, np.ndarray] = dict(zip(types, (value[here] for value in values), strict=True))
    kinds = {name: name.partition("_") for name in names}
    kept = {name: kept_value(kind, of_day[of], since[here], until[here], is_state=True) for name, (kind, _, of) in kinds.items()}
    return Rows(customer.astype(np.int32), cell.astype(np.int32), piece.astype(np.int32), kept)
