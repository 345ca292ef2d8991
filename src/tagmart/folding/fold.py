"""A fold computed: one row for each customer, slices and piece of days, from the rows of a partial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tagmart.folding.batches import Part, batches
from tagmart.folding.customers import Customers
from tagmart.folding.partial import BITS, Partial
from tagmart.folding.plans import UnfitError
from tagmart.folding.rows import HALVES, NONE, START, Rows, folded, together

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Folded:
    """A fold in arrays.

    Attributes:
        partial: what was read.
        rows: one for each customer, slices and piece; columns are called as its SQL calls them, but for bits (`Rows`).
    """

    partial: Partial
    rows: Rows


def fold(cursor: duckdb.DuckDBPyConnection, partials: Sequence[Partial], customers: Customers) -> list[Folded]:
    """Fold the rows of customers, for several folds at once.

    Args:
        cursor: gives decimals as they are stored (`arrow_output_version` 1.5).
        partials: of one reading (`partial.readings`).

    Raises:
        UnfitError: a value is missing, or a sum would not fit.
    """
    made: list[list[Rows]] = [[] for _ in partials]
    for parts in batches(cursor, partials, customers.relation):
        for rows, part, partial in zip(made, parts, partials, strict=True):
            rows.append(folded(_kept(part, partial)))
    return [Folded(partial, _in_one(rows)) for partial, rows in zip(partials, made, strict=True)]


def _in_one(parts: Sequence[Rows]) -> Rows:
    """What was folded batch by batch, folded."""
    parts = [part for part in parts if len(part)] or parts[:1]
    return folded(together(parts)) if len(parts) > 1 else parts[0]


def _kept(part: Part, partial: Partial) -> Rows:
    """The rows of a batch, with what is folded of them."""
    values: dict[str, np.ndarray] = {}
    for kind, of in partial.plan.kept:
        value = _known(kind, of, part)
        if kind in BITS and not partial.plan.since:
            at, counts = part.since - partial.days.first, value > 0
            bits = ((half, partial.days.bits[f"{kind}{half}"]) for half in HALVES)
            values |= {f"{kind}_{of}{half}": np.where(counts, bits_of[at], np.uint64(0)) for half, bits_of in bits}
        else:
            values[f"{kind}_{of}"] = kept_value(kind, value, part.since, part.until, is_state=bool(partial.plan.since))
    return Rows(part.customer, part.slices, part.piece, values)


def _known(kind: str, of: str, part: Part) -> np.ndarray:
    """The values of a column, with what changes nothing in the place of those that are missing.

    Raises:
        UnfitError: a sum cannot tell nothing from 0.
    """
    if of not in part.missing:
        return part.values[of]
    if kind == "sum":
        raise UnfitError
    # In 64 bits, or what stands for nothing would wrap around in a narrower column.
    return np.where(part.missing[of], START[kind] if kind in ("max", "min") else 0, part.values[of].astype(np.int64))


def kept_value(kind: str, value: np.ndarray, since: np.ndarray, until: np.ndarray, *, is_state: bool) -> np.ndarray:
    """What rows add to a column of their fold.

    Args:
        since, until: the days of each row within its piece.
        is_state: of a history, where a balance counts once for each of its days.

    Raises:
        UnfitError: a balance times its days would not fit 64 bits.
    """
    if kind in NONE:
        return np.where(value > 0, since if kind == "first" else until - 1, NONE[kind])
    value = value.astype(np.int64, copy=False)
    if kind in ("max", "min") or not is_state:
        return value
    length = (until - since).astype(np.int64)
    if kind == "days":
        return np.where(value > 0, length, 0)
    if len(value) and max(int(value.max()), -int(value.min())) * int(np.abs(length).max()) >= 2**63:
        raise UnfitError
    return value * length
