"""Columns of Arrow as arrays of numpy, as they are stored: without a copy, and without the point of decimals."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

# The day that dates are counted from.
EPOCH = date(1970, 1, 1)


def stored_numbers(column: pa.Array, kind: str = "i") -> np.ndarray:
    """The numbers of a column, days since 1970 of dates, hundredths of money; anything where they are missing.

    Args:
        column: of whole numbers, dates, or decimals that are stored in 64 bits or fewer.
        kind: `u` for numbers without a sign.
    """
    width = column.type.bit_width // 8
    return np.frombuffer(column.buffers()[1], np.dtype(f"{kind}{width}"), len(column), column.offset * width)


def stored_bits(buffer: pa.Buffer, column: pa.Array) -> np.ndarray:
    """A buffer of single bits of a column, as booleans: what is known is the first buffer, flags are the second."""
    bits = np.unpackbits(np.frombuffer(buffer, np.uint8), count=column.offset + len(column), bitorder="little")
    return bits[column.offset :].view(bool)
