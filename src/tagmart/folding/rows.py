"""Rows of the same customer, slices and piece of days folded to one, in arrays.

Adding up is the same whether rows are given at once or the sums of some of them: a large table is folded batch by batch, and the
results once more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tagmart.folding.plans import UnfitError

# A table of places that is so many times as long as the rows is still filled sooner than the rows are sorted.
SPARSE = 64
HOW = {
    "sum": np.add, "days": np.add, "max": np.maximum, "last": np.maximum, "min": np.minimum, "first": np.minimum, "bits": np.bitwise_or,
}  # fmt: skip
HALVES = (".0", ".1")
# What stands where no row counts; only of days can there be none.
NONE = {"first": np.iinfo(np.int32).max, "last": np.iinfo(np.int32).min}
# Where a fold begins.
START = {"sum": 0, "days": 0, "max": np.iinfo(np.int64).min, "min": np.iinfo(np.int64).max, "bits": 0, **NONE}
TYPE = {"first": np.int32, "last": np.int32, "bits": np.uint64}


@dataclass(frozen=True)
class Rows:
    """Rows to be folded, or folded ones, which stand in the order of their keys.

    Attributes:
        customer, slices, piece: the key of each row: numbers from 0.
        values: an array a column by its name, `<kind>_<column>`; bits of days or months are two columns of 64, ending in `.0` and `.1`.
    """

    customer: np.ndarray
    slices: np.ndarray
    piece: np.ndarray
    values: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.customer)

    def only(self, rows: np.ndarray) -> Rows:
        """These rows."""
        values = {name: value[rows] for name, value in self.values.items()}
        return Rows(self.customer[rows], self.slices[rows], self.piece[rows], values)


def kind_of(name: str) -> str:
    """How a column folds, from its name: sum, max, min, first, last, days, or bits."""
    return "bits" if name.endswith(HALVES) else name.partition("_")[0]


def folded(rows: Rows) -> Rows:
    """One row for each customer, slices and piece.

    Raises:
        UnfitError: a sum would not fit 64 bits.
    """
    if not len(rows):
        return rows
    slices, number = _numbered(rows.slices)
    base, pieces = int(rows.customer.min()), int(rows.piece.max()) + 1
    key = ((rows.customer.astype(np.int64) - base) * len(slices) + number[rows.slices]) * pieces + rows.piece
    keys, place = places(key)
    values = {name: of_groups(kind_of(name), place, len(keys), value) for name, value in rows.values.items()}
    above, piece = np.divmod(keys, pieces)
    customer, slice_no = np.divmod(above, len(slices))
    return Rows((customer + base).astype(np.int32), slices[slice_no], piece.astype(np.int32), values)


def together(parts: Sequence[Rows]) -> Rows:
    """The rows of several tables with the same columns in one; there must be at least one."""
    names = parts[0].values
    return Rows(
        *(np.concatenate([getattr(part, key) for part in parts]) for key in ("customer", "slices", "piece")),
        {name: np.concatenate([part.values[name] for part in parts]) for name in names},
    )


def _numbered(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The codes that occur, and of each code its number among them."""
    found = np.flatnonzero(np.bincount(codes))
    number = np.zeros(int(found[-1]) + 1, np.int64)
    number[found] = np.arange(len(found))
    return found.astype(codes.dtype), number


def places(key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct keys in their order, and of each row the place of its key among them; keys are not below 0."""
    span = int(key.max()) + 1
    if span > SPARSE * len(key):
        return np.unique(key, return_inverse=True)
    seen = np.zeros(span, np.bool_)
    seen[key] = True
    keys = np.flatnonzero(seen)
    place = np.empty(span, np.int32)
    place[keys] = np.arange(len(keys), dtype=np.int32)
    return keys, place[key]


def of_groups(kind: str, place: np.ndarray, groups: int, values: np.ndarray) -> np.ndarray:
    """A column folded: `place` says to which of the groups a row belongs.

    Raises:
        UnfitError: a sum would not fit 64 bits.
    """
    if kind == "sum":
        must_fit(place, values)
    made = np.full(groups, START[kind], TYPE.get(kind, np.int64))
    HOW[kind].at(made, place, values)
    return made


def must_fit(place: np.ndarray, values: np.ndarray) -> None:
    """Make sure that the sums of these by their places fit 64 bits.

    Raises:
        UnfitError: one might not.
    """
    if not len(values):
        return
    highest = max(int(values.max()), -int(values.min()))
    if highest * len(values) < 2**63:
        return
    if highest * int(np.bincount(place).max()) >= 2**63:
        raise UnfitError
