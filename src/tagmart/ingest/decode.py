"""Reading a delivery: its parts as one stream of rows of text, each with its part and line; and the rows that are none."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from tagmart.contracts import Contract
from tagmart.core.duck import threads
from tagmart.ingest.blocks import BLOCK_BYTES, Part, open_part, whole_lines
from tagmart.ingest.decode_faults import BadRow

if TYPE_CHECKING:
    import pyarrow as pa

    from tagmart.ingest.decode_pool import Task

__all__ = ["DETAILS", "BadRow", "RawRow", "Reading", "raw_rows", "read_parts", "schema_of"]

PART = "part"
# Starting processes costs half a second: below this, reading in one process is over sooner.
POOL_BYTES = 32 << 20
# Of rows that will not be loaded anyway, nobody reads more than this.
DETAILS = 10_000


@dataclass(frozen=True)
class RawRow:
    """A record as it stands in the file.

    Attributes:
        offset: the byte on which it begins, from 0, in the decompressed content.
        raw: its bytes with the line end, all its lines where it runs over several.
    """

    offset: int
    raw: bytes


@dataclass
class Reading:
    """What is known of a delivery so far; complete when all its batches have been drawn.

    Attributes:
        allowed: how many bad rows are kept with their details; above, they are only counted.
        rows: records of each part, good and bad.
        heads: what the head record of each part says.
        tails: what the tail record of each part says.
        notes: what a person should know of the parts although it was let pass.
        bad: rows that could not be taken apart.
        counts: how many of them there are, by column and rule.
    """

    allowed: float = float("inf")
    rows: list[int] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    tails: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)


def read_parts(
    contract: Contract,
    paths: tuple[Path, ...],
    reading: Reading,
    block_bytes: int = BLOCK_BYTES,
    workers: int | None = None,
) -> Iterator[pa.RecordBatch]:
    """The rows of a delivery as text: part, src_line, and r1, r2, … for the columns of the contract.

    Args:
        contract: as it is at the date of the delivery.
        paths: the parts, in order.
        reading: is filled on the way.
        block_bytes: how much is read, decoded and handed on at once.
        workers: processes that decode; None to start as many as TAGMART_THREADS says where the parts are worth it.

    Raises:
        TagmartError: if an archive is cut, or a header, head or tail record is not what the contract says.
    """
    from tagmart.ingest.decode_pool import decode_all

    if workers is None:
        packed = 5 if contract.files.compression else 1
        big = sum(path.stat().st_size for path in paths) * packed >= POOL_BYTES
        workers = threads() if big else 0
    reading.rows += [0] * len(paths)
    for part, decoded in decode_all(_tasks(contract, paths, reading, block_bytes), workers):
        reading.rows[part] += decoded.rows
        for line, column, rule, seen in decoded.faults:
            reading.counts[column, rule] += 1
            if len(reading.bad) < reading.allowed:
                reading.bad.append(BadRow(part, line, column, rule, seen))
        if decoded.batch.num_rows:
            yield _with_part(decoded.batch, part)


def schema_of(contract: Contract) -> pa.Schema:
    """The columns of what `read_parts` gives."""
    import pyarrow as pa

    raw = [(f"r{at}", pa.string()) for at in range(1, len(contract.columns) + 1)]
    return pa.schema([(PART, pa.int32()), ("src_line", pa.int64()), *raw])


def raw_rows(contract: Contract, path: Path, lines: set[int]) -> dict[int, RawRow]:
    """Where some records of a part stand, and their bytes.

    Args:
        contract: of the feed.
        path: the part.
        lines: the lines on which the records begin, from 1.

    Returns:
        The records by their lines; those behind the end of the file are not in it.
    """
    found: dict[int, RawRow] = {}
    with open_part(path, contract.files.compression) as stream:
        pieces = whole_lines(stream, BLOCK_BYTES, path.name)
        piece, begins, at, number = b"", 0, 0, 1
        for line in sorted(lines):
            while True:
                while number < line and (end := piece.find(b"\n", at)) >= 0:
                    at, number = end + 1, number + 1
                if at < len(piece):
                    break
                begins += len(piece)
                if not (piece := next(pieces, b"")):
                    return found
                at = 0
            if number < line:
                return found
            while (end := _record_end(contract, piece, at)) is None and (more := next(pieces, b"")):
                piece += more
            found[line] = RawRow(begins + at, piece[at : len(piece) if end is None else end])
    return found


def _record_end(contract: Contract, piece: bytes, at: int) -> int | None:
    """Where the record that begins at a place ends; None if the piece ends before it does."""
    form = contract.form
    if not form.quote:
        return piece.find(b"\n", at) + 1 or None
    codec = "utf-8" if form.encoding == "utf-8-sig" else form.encoding
    ends = [at]

    def texts() -> Iterator[str]:
        while end := piece.find(b"\n", ends[-1]) + 1:
            ends.append(end)
            text = piece[ends[-2] : end].decode(codec, errors="backslashreplace")
            yield text.removeprefix("\ufeff").replace("\x00", " ")

    reader = csv.reader(texts(), delimiter=form.separator or ",", quotechar=form.quote, doublequote=True, strict=True)
    try:
        next(reader, None)
    except csv.Error as error:
        # The quotes are not in order, or the piece ends within them.
        if "unexpected end of data" in str(error):
            return None
    return ends[-1] if len(ends) > 1 else None


def _with_part(batch: pa.RecordBatch, part: int) -> pa.RecordBatch:
    """A batch with the number of its part before all other columns."""
    import pyarrow as pa

    parts = pa.repeat(pa.scalar(part, pa.int32()), batch.num_rows)
    return pa.RecordBatch.from_arrays([parts, *batch.columns], names=[PART, *batch.schema.names])


def _tasks(contract: Contract, paths: tuple[Path, ...], reading: Reading, block_bytes: int) -> Iterator[Task]:
    """The blocks of all parts, and on the way what their frames say."""
    from tagmart.ingest.decode_block import Layout
    from tagmart.ingest.decode_pool import Task
    from tagmart.ingest.decode_quoted import cut_quoted

    for number, path in enumerate(paths):
        part = Part(contract, path, block_bytes)
        blocks = part.blocks()
        first = next(blocks, None)
        layout = Layout.of(contract, part.plan)
        if first:
            whole = chain([first], blocks)
            for block in cut_quoted(layout, whole) if layout.quote else whole:
                yield Task(number, layout, block)
        reading.notes += [f"{part.where}: {note}" for note in part.plan.notes]
        if contract.form.head:
            reading.heads.append(part.head)
        if contract.form.tail:
            reading.tails.append(part.tail)
