"""A partial as a fold reads it: its days and their pieces, and the values of the slices that occur."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tagmart.core.duck import identifier, literal
from tagmart.folding.columns import numbers
from tagmart.folding.plans import FoldPlan, UnfitError, fold_plan

if TYPE_CHECKING:
    import duckdb

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

    def places(self) -> list[str]:
        """Of each slice, the SQL of the place of a row's value among those that occur, counted from 1."""
        slices = zip(self.plan.slices, self.slices, strict=True)
        return [f"list_position([{', '.join(map(literal, occurring))}], partial.{code})" for code, occurring in slices]

    def number(self, rows: int, places: Sequence[np.ndarray]) -> np.ndarray:
        """The slices of rows as one number each.

        Args:
            places: of each slice, what `places` says of the rows.
        """
        made = np.zeros(rows, np.int32)
        for place, occurring in zip(places, self.slices, strict=True):
            made *= len(occurring)
            made += place - 1
        return made

    def values_of(self, number: int) -> tuple[str, ...]:
        """The values of the slices that have this number."""
        found = []
        for occurring in reversed(self.slices):
            number, place = divmod(int(number), len(occurring))
            found.append(occurring[place])
        return tuple(reversed(found))


def _occurring(cursor: duckdb.DuckDBPyConnection, plan: FoldPlan, code: str) -> tuple[str, ...]:
    found = cursor.execute(f"select distinct partial.{code} from {plan.partial} as partial where {plan.cut}").fetchall()
    if not found or (None,) in found:
        raise UnfitError
    # In an order of their own: folds of the same partial then look for the same places.
    return tuple(sorted(value for (value,) in found))


def look_up(cursor: duckdb.DuckDBPyConnection, sql: str) -> Partial | None:
    """What must be known of a fold before its rows are read; None where it is left to the database.

    Args:
        sql: the rendered SQL of a shared fold.
    """
    try:
        return Partial.of(cursor, fold_plan(sql))
    except UnfitError:
        return None


def readings(partials: Mapping[str, Partial]) -> list[list[str]]:
    """The relations of folds, those together that are read at once: to look up the customer of a row is most of reading it.

    One that goes back more than twice as far as all others is read for itself: a night's work on the last year must not grow with
    the years that are kept.
    """
    alike = defaultdict(list)
    for relation in sorted(partials, key=lambda relation: len(partials[relation].days.piece), reverse=True):
        alike[partials[relation].plan.reads].append(relation)
    made = []
    for first, *others in alike.values():
        is_far = others and len(partials[first].days.piece) > 2 * len(partials[others[0]].days.piece)
        made += [[first], others] if is_far else [[first, *others]]
    return made
