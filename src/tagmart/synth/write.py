"""Feeds as files: columns, versions of a row over time, data files and their control files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from tagmart.synth.calendar import Horizon

FULL, DATED, DELTA, JOURNAL = "full", "dated", "delta", "journal"
KIND_LETTER = {FULL: "F", DATED: "F", DELTA: "D", JOURNAL: "J"}
PART_ROWS = 1_000_000
_OPTIONS = pacsv.WriteOptions(include_header=False, delimiter="|", quoting_style="none")


@dataclass(frozen=True)
class Feed:
    """One feed of the whole world.

    Attributes:
        load: FULL (all rows in every delivery), DATED (rows of a day in its delivery), DELTA (versions), JOURNAL.
        columns: in the order of the file, without `op`.
        day: the day on which each row is delivered; unused for FULL.
        key: for DELTA a number per row, equal for versions of the same thing.
    """

    name: str
    load: str
    columns: dict[str, pa.Array]
    day: np.ndarray
    key: np.ndarray | None = None


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


def write_feed(feed: Feed, landing: Path, horizon: Horizon, first: int, last: int) -> int:
    """Write the initial load of day `first` and the deliveries of the days up to `last`; returns the rows written."""
    table = pa.table(feed.columns)
    if feed.load == FULL:
        return sum(
            _deliver(feed, table, landing, horizon, day, "I" if day == first else KIND_LETTER[FULL])
            for day in range(first, last + 1)
        )
    if feed.load == DELTA:
        return _write_delta(feed, table, landing, horizon, first, last)
    order = np.argsort(feed.day, kind="stable")
    day = feed.day[order]
    ordered = table if np.array_equal(order, np.arange(len(order))) else table.take(pa.array(order))
    cuts = np.searchsorted(day, np.arange(first, last + 2), side="left")
    start, rows = 0, 0
    for at, today in enumerate(range(first, last + 1)):
        end = int(cuts[at + 1])
        rows += _deliver(
            feed,
            ordered.slice(start, end - start),
            landing,
            horizon,
            today,
            "I" if today == first else KIND_LETTER[feed.load],
        )
        start = end
    return rows


def _write_delta(feed: Feed, table: pa.Table, landing: Path, horizon: Horizon, first: int, last: int) -> int:
    """The last version of every key, then the versions of each day; of several on one day the last one counts."""
    order = np.lexsort((np.arange(len(feed.day)), feed.day, feed.key))
    key, day = feed.key[order], feed.day[order]
    is_first = np.r_[True, key[1:] != key[:-1]] if len(key) else np.empty(0, bool)
    born = np.repeat(day[is_first], np.diff(np.r_[np.flatnonzero(is_first), len(key)]))
    ended = (
        np.r_[np.where(key[1:] == key[:-1], day[1:], 1 << 40), 1 << 40][: len(key)]
        if len(key)
        else np.empty(0, np.int64)
    )
    rows = 0
    for today in range(first, last + 1):
        chosen = np.flatnonzero((day <= today) & (ended > today) & ((day == today) | (today == first)))
        chosen = chosen[np.argsort(order[chosen], kind="stable")]
        fresh = np.full(len(chosen), True) if today == first else born[chosen] == today
        part = table.take(pa.array(order[chosen])).add_column(0, "op", pick(("U", "I"), fresh.astype(np.int64)))
        rows += _deliver(feed, part, landing, horizon, today, "I" if today == first else KIND_LETTER[DELTA])
    return rows


def _deliver(feed: Feed, table: pa.Table, landing: Path, horizon: Horizon, day: int, kind: str) -> int:
    """Write one delivery: its parts, and the control file that names bytes, rows and MD5 of each."""
    stamp = str(horizon.origin + np.timedelta64(day, "D")).replace("-", "")
    folder = landing / stamp
    folder.mkdir(parents=True, exist_ok=True)
    header = ("|".join(table.column_names) + "\n").encode()
    lines: list[str] = []
    total = 0
    for part in range(max(1, -(-table.num_rows // PART_ROWS))):
        piece = table.slice(part * PART_ROWS, PART_ROWS)
        sink = pa.BufferOutputStream()
        sink.write(header)
        if piece.num_rows:
            pacsv.write_csv(piece, sink, _OPTIONS)
        content = sink.getvalue()
        name = f"{feed.name}_{stamp}_{kind}_{part + 1:03d}.dat"
        with (folder / name).open("wb") as handle:
            handle.write(content)
        lines.append(
            f"{name}|{content.size}|{piece.num_rows}|{hashlib.md5(content, usedforsecurity=False).hexdigest()}"
        )
        total += content.size
    lines.append(f"TOTAL|{total}|{table.num_rows}|")
    (folder / f"{feed.name}_{stamp}_{kind}.ok").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return table.num_rows
