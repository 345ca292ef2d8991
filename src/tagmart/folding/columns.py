"""Columns between the database and arrays, without a copy where they are stored alike."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tagmart.core.arrays import stored_numbers
from tagmart.folding.plans import UnfitError


def numbers(column: pa.Array) -> np.ndarray:
    """The numbers of a column as they are stored: days since 1970, hundredths of money.

    Raises:
        UnfitError: one is missing, or the type has no such numbers.
    """
    if column.null_count:
        raise UnfitError
    return numbers_where_known(column)


def numbers_where_known(column: pa.Array) -> np.ndarray:
    """As `numbers`, with anything in the place of one that is missing.

    Raises:
        UnfitError: the type has no such numbers.
    """
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_decimal64(kind) or pa.types.is_date32(kind)):
        raise UnfitError
    return stored_numbers(column, "u" if pa.types.is_unsigned_integer(kind) else "i")


def as_column(values: np.ndarray, kind: pa.DataType, known: np.ndarray | None = None) -> pa.Array:
    """Numbers as a column of a type: the inverse of `numbers`.

    Args:
        known: where a value is known; everywhere if it is not given.

    Raises:
        UnfitError: a number is too long for the type.
    """
    highest = 10**kind.precision - 1 if pa.types.is_decimal(kind) else 2 ** (kind.bit_width - 1) - 1
    if len(values) and (int(values.max()) > highest or int(values.min()) < -highest):
        raise UnfitError
    stored = np.ascontiguousarray(values, np.dtype(f"i{kind.bit_width // 8}"))
    mask = None if known is None else pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(kind, len(stored), [mask, pa.py_buffer(stored)])
