"""Columns between the database and arrays, without a copy where they are stored alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tagmart.folding.read import UnfitError

STORED = {8: np.int8, 16: np.int16, 32: np.int32, 64: np.int64}


@dataclass(frozen=True)
class Customers:
    """The customers of a block.

    Attributes:
        relation: where they lie: `customer_id`, and `row_no` from 0 in the order of the ids.
        ids: the same ids in the same order.
    """

    relation: str
    ids: pa.Array


def numbers(column: pa.Array) -> np.ndarray:
    """The numbers of a column as they are stored: days since 1970, hundredths of money.

    Raises:
        UnfitError: one is missing, or the type has no such numbers.
    """
    if column.null_count:
        raise UnfitError
    return stored_numbers(column)


def stored_numbers(column: pa.Array) -> np.ndarray:
    """As `numbers`, with anything in the place of one that is missing.

    Raises:
        UnfitError: the type has no such numbers.
    """
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_decimal64(kind) or pa.types.is_date32(kind)):
        raise UnfitError
    stored = np.dtype(STORED[kind.bit_width])
    if pa.types.is_unsigned_integer(kind):
        stored = np.dtype(f"u{stored.name}")
    return np.frombuffer(column.buffers()[1], stored, len(column) + column.offset)[column.offset :]


def as_column(values: np.ndarray, kind: pa.DataType, known: np.ndarray | None = None) -> pa.Array:
    """Numbers as a column of a type: the inverse of `numbers`.

    Args:
        known: where a value is known; everywhere if it is not given.

    Raises:
        UnfitError: a number is too long for the type.
    """
    highest = 10**kind.precision - 1 if pa.types.is_decimal(kind) else 2 ** (kind.bit_width - 1) - 1
    if len(values) and (int(values.max()) > highest or int(values.min()) < -highest - 1):
        raise UnfitError
    stored = np.ascontiguousarray(values, STORED[kind.bit_width])
    mask = None if known is None else pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(kind, len(stored), [mask, pa.py_buffer(stored)])
