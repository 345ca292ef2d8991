"""What a feed is made of: its columns, versions of a row over time, and the parts that are written of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tagmart.synth.calendar import Horizon

FULL, DATED, DELTA, JOURNAL = "full", "dated", "delta", "journal"


@dataclass(frozen=True)
class Feed:
    """One feed of the whole world.

    Attributes:
        load: FULL (all rows in every delivery), DATED (rows of a day in its delivery), DELTA (versions), JOURNAL.
        columns: in the order of the file, without `op`.
        day: the day on which each row is delivered; unused for FULL.
        key: for DELTA a number per row, equal for versions of the same thing.
        span: the first and last day of `day` that this slice of the feed has, both included; None for all of them. Large
            feeds come in slices of days, one after the other, which are parts of the same deliveries.
    """

    name: str
    load: str
    columns: dict[str, pa.Array]
    day: np.ndarray
    key: np.ndarray | None = None
    span: tuple[int, int] | None = None


@dataclass(frozen=True)
class Part:
    """A data file of a delivery, written but not yet numbered: several blocks write parts of one delivery.

    Attributes:
        day: index of the delivery's day.
        kind: the letter of the load kind in the file name.
        path: where it was written, under a name of its own.
        sums: cents (or last places) of the columns whose totals the control file declares.
    """

    feed: str
    day: int
    kind: str
    path: Path
    rows: int
    size: int
    md5: str
    sums: tuple[tuple[str, int], ...] = ()


def money(cents: np.ndarray, is_null: np.ndarray | None = None) -> pa.Array:
    """Cents as decimals with two places."""
    return decimals(cents, 2, is_null)


def decimals(values: np.ndarray, places: int, is_null: np.ndarray | None = None) -> pa.Array:
    """Whole numbers of the last place as decimals."""
    low = np.ascontiguousarray(values, dtype=np.int64)
    both = np.column_stack([low, np.where(low < 0, -1, 0)]).astype(np.int64)
    array = pa.Array.from_buffers(pa.decimal128(18, places), len(low), [None, pa.py_buffer(np.ascontiguousarray(both))])
    return _with_nulls(array, is_null)


def integers(values: np.ndarray, is_null: np.ndarray | None = None) -> pa.Array:
    """Whole numbers."""
    return pa.array(np.asarray(values, dtype=np.int64), mask=is_null)


def flags(values: np.ndarray) -> pa.Array:
    """Y or N."""
    return pick(("N", "Y"), np.asarray(values).astype(np.int64))


def pick(pool: Sequence[str], codes: np.ndarray) -> pa.Array:
    """The text of each code; empty for a negative one."""
    codes = np.asarray(codes, dtype=np.int64)
    return pa.array(pool, type=pa.string()).take(pa.array(np.maximum(codes, 0), mask=codes < 0))


def text(values: Sequence[str] | np.ndarray) -> pa.Array:
    """Text as it is."""
    return pa.array([str(value) for value in values], type=pa.string())


def constant(value: str, count: int) -> pa.Array:
    """The same text in every row."""
    return pa.repeat(pa.scalar(value, pa.string()), count)


def day_dates(horizon: Horizon, days: np.ndarray, is_null: np.ndarray | None = None) -> pa.Array:
    """Dates of day indexes."""
    days = np.where(is_null, 0, days) if is_null is not None else days
    return pa.array(horizon.origin + np.asarray(days, dtype=np.int64).astype("timedelta64[D]"), mask=is_null)


def day_times(horizon: Horizon, days: np.ndarray, seconds: np.ndarray) -> pa.Array:
    """Moments of day indexes and seconds since midnight, which may be negative."""
    start = horizon.origin.astype("datetime64[s]")
    return pa.array(start + (np.asarray(days, dtype=np.int64) * 86_400 + seconds).astype("timedelta64[s]"))


def numbered(
    prefix: str, horizon: Horizon, days: np.ndarray, serial: np.ndarray, digits: int, is_null: np.ndarray | None = None
) -> pa.Array:
    """Numbers like T20260630 0000012, without the blank."""
    days = np.asarray(days, dtype=np.int64)
    low = int(days.min()) if len(days) else 0
    high = int(days.max()) if len(days) else 0
    pool = [prefix + str(horizon.origin + np.timedelta64(day, "D")).replace("-", "") for day in range(low, high + 1)]
    tail = pc.utf8_lpad(pa.array(np.asarray(serial, dtype=np.int64)).cast(pa.string()), width=digits, padding="0")
    return _with_nulls(pc.binary_join_element_wise(pick(pool, days - low), tail, ""), is_null)


def _with_nulls(array: pa.Array, is_null: np.ndarray | None) -> pa.Array:
    return array if is_null is None else pc.if_else(pa.array(~np.asarray(is_null)), array, pa.scalar(None, array.type))
