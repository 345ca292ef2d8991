"""A family computed: the pieces of a fold to the columns of the wide table.

A window is a run of pieces, so rows are put in the order of their pieces and each window adds up a part of them, straight into the
columns of its cells: one for each combination of slice values, a row a customer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tagmart.core.arrays import EPOCH
from tagmart.core.duck import literal
from tagmart.folding.added_up import added_up
from tagmart.folding.columns import as_column
from tagmart.folding.customers import Customers
from tagmart.folding.fold import Folded
from tagmart.folding.plans import FamilyPlan, Measured, PublishedTag, UnfitError, Window, family_plan
from tagmart.folding.rows import HALVES, NONE, Rows, folded, must_fit

if TYPE_CHECKING:
    import duckdb

TYPES = {"decimal(18,2)": pa.decimal64(18, 2), "integer": pa.int32(), "date": pa.date32()}
HOW = {"sum": np.add, "max": np.maximum, "min": np.minimum}
# What no sum of a window may reach: above it, quotients in doubles and in whole numbers would not be the same.
EXACT = 2**52


def family(cursor: duckdb.DuckDBPyConnection, sql: str, customers: Customers, folds: Mapping[str, Folded]) -> pa.Table:
    """The columns of a family: `customer_id` and a column a tag, a row a customer in the order of their numbers.

    Args:
        cursor: answers what the SQL alone knows: the days of windows, the cells of slices; reads the states of crowded pieces.
        sql: the rendered SQL of a family.
        folds: those in arrays, by the relations that the SQL reads.

    Raises:
        UnfitError: the SQL has another form, its fold does not lie in arrays, or a number would not fit.
    """
    plan = family_plan(sql)
    if not {tag.data_type for tag in plan.tags} <= set(TYPES):
        raise UnfitError
    bounds = _bounds(cursor, plan)
    cells = list(dict.fromkeys(tag.cell for tag in plan.tags))
    made = {"customer_id": customers.ids}
    if not bounds["is_fed"]:
        return pa.table(made | {tag.name: pa.nulls(len(customers.ids), TYPES[tag.data_type]) for tag in plan.tags})
    source = _source(cursor, plan, cells, customers, folds)
    asked = {name: [tag for tag in plan.tags if tag.narrow == name] for name in plan.columns}
    for name, tags in asked.items():
        measured = _measured(plan.columns[name], source, bounds)
        for tag in tags:
            made[tag.name] = _published(tag, plan.columns[name], *(each[cells.index(tag.cell)] for each in measured))
    return pa.table({name: made[name] for name in ("customer_id", *(tag.name for tag in plan.tags))})


@dataclass(frozen=True)
class _Source:
    """What a family measures, in the order of pieces.

    Attributes:
        shape: how many cells and customers there are.
        place: of each row, its cell and customer as one number: `cell * customers + customer`.
        starts, rows: the first day of each piece, and where its rows begin; after the last one where they end.
        values: the columns by name.
    """

    shape: tuple[int, int]
    place: np.ndarray
    starts: np.ndarray
    rows: np.ndarray
    values: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, rows: Rows, starts: np.ndarray, shape: tuple[int, int]) -> _Source:
        """From rows whose slices are the numbers of their cells.

        Args:
            starts: the first day of each piece.
        """
        order = np.argsort(rows.piece.astype(np.uint16), kind="stable")
        begins = np.searchsorted(rows.piece[order], np.arange(len(starts) + 1))
        place = (rows.slices.astype(np.int64) * shape[1] + rows.customer)[order]
        return cls(shape, place, starts, begins, {name: value[order] for name, value in rows.values.items()})

    def inside(self, window: Window, bounds: Mapping[str, int]) -> slice:
        """The rows of a window."""
        first = np.searchsorted(self.starts, bounds[window.first]) if window.first else 0
        return slice(self.rows[first], self.rows[np.searchsorted(self.starts, bounds[window.last], "right")])


def _bounds(cursor: duckdb.DuckDBPyConnection, plan: FamilyPlan) -> dict[str, int]:
    """The one row of `bounds`: days since 1970, and whether the bank has the feeds."""
    cursor.execute(f"{plan.head}select * from bounds")
    names, row = [column[0] for column in cursor.description], cursor.fetchone()
    return {name: (value - EPOCH).days if isinstance(value, date) else value for name, value in zip(names, row, strict=True)}


def _source(
    cursor: duckdb.DuckDBPyConnection, plan: FamilyPlan, cells: list[str], customers: Customers, folds: Mapping[str, Folded]
) -> _Source:
    """The rows that are measured, from the fold."""
    asked = {(window.value, column.data_type or "date") for column in plan.columns.values() for window in column.over}
    names = sorted({name for name, _ in asked})
    made = folds.get(plan.fold)
    if not made or any(_type_of(name, made) != kind for name, kind in asked):
        raise UnfitError
    kept = [column for name in names for column in _columns_of(name)]
    cell_of = _cells_of(cursor, plan, cells, made)
    cell = cell_of[made.rows.slices]
    rows = Rows(made.rows.customer, cell, made.rows.piece, {name: made.rows.values[name] for name in kept})
    if (cell < 0).any():
        rows = rows.only(np.flatnonzero(cell >= 0))
    if plan.adds_up:
        rows = added_up(cursor, made, rows, cell_of, customers)
    elif plan.merges is not None:
        rows = folded(rows)
    values = {name: _value(name, rows) for name in names}
    starts, shape = made.partial.days.starts[:-1], (len(cells), len(customers.ids))
    return _Source.of(Rows(rows.customer, rows.slices, rows.piece, values), starts, shape)


def _type_of(name: str, made: Folded) -> str:
    """The SQL type of what windows add up; empty where the fold has no such column."""
    kind, _, of = name.partition("_")
    if not set(_columns_of(name)) <= set(made.rows.values):
        return ""
    return "date" if kind in NONE else "integer" if kind in ("bit", "days") else made.partial.types[of]


def _columns_of(name: str) -> tuple[str, ...]:
    """The columns of a fold that a value is made of."""
    of = name.removeprefix("bit_count(").removesuffix(")")
    return (name,) if of == name else tuple(of + half for half in HALVES)


def _value(name: str, rows: Rows) -> np.ndarray:
    """What windows add up: a column of the fold, or how many bits are set in one."""
    parts = [rows.values[column] for column in _columns_of(name)]
    return parts[0] if len(parts) == 1 else sum(np.bitwise_count(part).astype(np.int64) for part in parts)


def _cells_of(cursor: duckdb.DuckDBPyConnection, plan: FamilyPlan, cells: list[str], made: Folded) -> np.ndarray:
    """Of each number of slices in a fold, the number of its cell; -1 where the family does not ask for it.

    The database answers it for one row of each, so that slices mean what the SQL says.
    """
    numbers_used = np.unique(made.rows.slices)
    if not len(numbers_used):
        return np.full(1, -1, np.int32)
    codes = ["slice_no", *made.partial.plan.slices]
    rows = ", ".join(f"({', '.join(map(literal, (int(number), *made.partial.values_of(number))))})" for number in numbers_used)
    found = [f"folded as (select * from (values {rows}) as folded({', '.join(codes)}))"]
    if plan.source == "merged":
        slices, cut = plan.merges
        found.append(f"merged as (select folded.slice_no,\n{slices.rstrip().rstrip(',') or '1'} from folded{_where(cut)})")
    slices = plan.slices.rstrip().rstrip(",") or "1"
    found.append(f"measured as (select {plan.source}.slice_no,\n{slices} from {plan.source}{_where(plan.cut)})")
    cell = f"coalesce(list_position([{', '.join(map(literal, cells))}], {plan.cell}), 0) - 1" if plan.cell else "0"
    cursor.execute(f"with {', '.join(found)} select measured.slice_no, {cell} from measured")
    cell_of = np.full(int(numbers_used[-1]) + 1, -1, np.int32)
    for number, cell in cursor.fetchall():
        cell_of[number] = cell
    return cell_of


def _where(condition: str) -> str:
    return f"\nwhere {condition}" if condition else ""


def _measured(column: Measured, source: _Source, bounds: Mapping[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """A narrow column of every cell and customer, and where it is known: arrays of the source's shape."""
    made, known = zip(*(_window(window, source, bounds) for window in column.over), strict=True)
    if len(made) == 2:
        if any(max(int(one.max(initial=0)), -int(one.min(initial=0))) >= 2**62 for one in made):
            raise UnfitError
        # As `coalesce` has it: where there is any row, a day without one is 0.
        anywhere = np.zeros(source.shape, np.bool_)
        anywhere.ravel()[source.place] = True
        return made[0] - made[1], anywhere
    if not column.days:
        return made[0], known[0]
    days = int(column.days[0]) if len(column.days) == 1 else bounds[column.days[1]] - bounds[column.days[0]] + 1
    if max(int(made[0].max(initial=0)), -int(made[0].min(initial=0))) >= EXACT:
        raise UnfitError
    # Half away from zero, as `round` has it.
    return np.sign(made[0]) * ((2 * np.abs(made[0]) + days) // (2 * days)), known[0]


def _window(window: Window, source: _Source, bounds: Mapping[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """An aggregate over the rows of a window, 0 where there are none, and where there are."""
    inside = source.inside(window, bounds)
    place, value = source.place[inside], source.values[window.value][inside]
    known = np.zeros(source.shape, np.bool_)
    known.ravel()[place] = True
    if window.how == "sum":
        must_fit(place, value)
        made = np.zeros(source.shape, np.int64)
    else:
        ends = np.iinfo(value.dtype)
        made = np.full(source.shape, ends.min if window.how == "max" else ends.max, value.dtype)
    HOW[window.how].at(made.ravel(), place, value)
    if window.how != "sum":
        # Of days, what stands for none is the highest or the lowest there is.
        known &= made != (ends.min if window.how == "max" else ends.max)
        made[~known] = 0
    return made, known


def _published(tag: PublishedTag, column: Measured, values: np.ndarray, known: np.ndarray) -> pa.Array:
    """The column of a tag."""
    if (column.data_type or "date") != tag.data_type:
        raise UnfitError
    return as_column(values, TYPES[tag.data_type], None if tag.zero else known)
