"""Files with quoted fields: records may run over several lines, so a block must be cut where one ends.

Every quote of a well-written block either opens a field (behind a separator or a line end), closes one (before them), or
is one of a pair inside a field. Where that holds for all quotes, counting them tells inside from outside, and numpy does it at
once. Where it does not, Python's csv module reads record by record until the block is used up.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator

import numpy as np

from tagmart.ingest.blocks import Block
from tagmart.ingest.decode_block import (
    Decoded,
    Layout,
    as_batch,
    as_columns,
    as_utf8,
    bad_byte,
    foreign,
    holds_foreign,
    parse,
    today,
)
from tagmart.ingest.decode_faults import CONTROL_RULE, ENCODING_RULE, FIELDS_RULE, QUOTING_RULE, Fault

# What the csv module takes as one field: a quote that is never closed must not swallow the rest of the file.
RECORD_BYTES = csv.field_size_limit()


def cut_quoted(layout: Layout, pieces: Iterator[Block]) -> Iterator[Block | Decoded]:
    """Blocks of whole records; what is not well written is decoded on the way.

    Args:
        layout: of the part.
        pieces: blocks of whole lines.
    """
    rest, line = b"", 1
    for piece in pieces:
        if not rest:
            line = piece.line
        data = rest + piece.raw
        ends = record_ends(layout, data)
        if ends is None:
            yield read_carefully(layout, Block(data, line), pieces)
            rest = b""
            continue
        end = int(ends[-1]) + 1 if len(ends) else 0
        if end:
            block = Block(data[:end], line)
            yield block
            line += block.lines
        rest = data[end:]
    if rest:
        yield read_carefully(layout, Block(rest, line), pieces)


def decode_quoted(layout: Layout, block: Block) -> Decoded:
    """Take the records of a block apart.

    Args:
        layout: of the part.
        block: whole records.
    """
    ends = record_ends(layout, block.raw)
    text = None if ends is None or holds_foreign(layout, block.raw) else as_utf8(layout, block.raw)
    columns = None if text is None else parse(layout, text, layout.separator or ",", layout.width, layout.places)
    if columns is None or len(columns[0]) != len(ends):
        return read_carefully(layout, block, iter(()))
    lines = np.full(len(ends), block.line, np.int64)
    if len(ends) == block.lines:
        lines += np.arange(len(ends))
    else:
        breaks = np.flatnonzero(np.frombuffer(block.raw, np.uint8) == 0x0A)
        lines[1:] += np.searchsorted(breaks, ends[:-1], side="right")
    return Decoded(len(ends), as_batch(layout, lines, columns), [])


def record_ends(layout: Layout, raw: bytes) -> np.ndarray | None:
    """Where the records of a block end: the places of the line ends outside quotes; None if the quotes are not in order.

    Args:
        layout: of the part.
        raw: whole lines that begin with a record.
    """
    if raw.count(b"\r") != raw.count(b"\r\n"):
        return None
    data = np.frombuffer(raw, np.uint8)
    quote, separator = ord(layout.quote or '"'), ord(layout.separator or ",")
    quotes = np.flatnonzero(data == quote)
    breaks = np.flatnonzero(data == 0x0A)
    opening, closing = quotes[0::2], quotes[1::2]
    before = data[opening - 1]
    fits = (before == separator) | (before == 0x0A) | (before == quote) | (opening == 0)
    # The second byte of a letter can look like the separator.
    if layout.encoding != "utf-8" and separator >= 0x30:
        fits &= (before != separator) | (data[opening - 2] < 0x80)
    after = data[closing + 1]
    fits_too = (after == separator) | (after == 0x0A) | (after == 0x0D) | (after == quote)
    if not fits.all() or not fits_too.all():
        return None
    ends = breaks[np.searchsorted(quotes, breaks) % 2 == 0]
    longest = np.diff(ends, prepend=-1, append=len(raw) - 1).max(initial=0)
    return None if longest > RECORD_BYTES else ends


def read_carefully(layout: Layout, block: Block, more: Iterator[Block]) -> Decoded:
    """The records of a block one by one, and of the next ones if the last record runs on.

    Args:
        layout: of the part.
        block: whole lines that begin with a record.
        more: the blocks behind it; as many are used as are needed to end with a record.
    """
    forbidden = re.compile("[" + re.escape(layout.never) + "]")
    lines = deque(block.raw.split(b"\n")[:-1])
    wrong: dict[int, tuple[str, str]] = {}

    def texts() -> Iterator[str]:
        number = 0
        while lines or _refill(lines, more):
            number += 1
            text, fault = _line_text(layout, forbidden, lines.popleft(), block.line + number - 1)
            if fault:
                wrong[number] = fault
            # The csv module refuses NUL before the fault can be told.
            yield text.replace("\x00", " ") + "\n"

    reader = csv.reader(texts(), delimiter=layout.separator or ",", quotechar=layout.quote, doublequote=True, strict=True)
    good: list[list[str]] = []
    numbers: list[int] = []
    faults: list[Fault] = []
    while lines:
        first = reader.line_num + 1
        try:
            fields = next(reader) or [""]
        except csv.Error as error:
            faults.append((block.line + first - 1, "", QUOTING_RULE, str(error)))
            continue
        fault = next((wrong.pop(line) for line in range(first, reader.line_num + 1) if line in wrong), None)
        if fault is None and len(fields) != layout.width:
            fault = (FIELDS_RULE, f"{len(fields)} of {layout.width} fields")
        if fault:
            faults.append((block.line + first - 1, "", *fault))
        else:
            good.append(fields)
            numbers.append(block.line + first - 1)
    batch = as_batch(layout, np.array(numbers, np.int64), as_columns(layout, good))
    return Decoded(len(good) + len(faults), batch, faults)


def _refill(lines: deque[bytes], more: Iterator[Block]) -> bool:
    """Get the next block's lines; false at the end of the file."""
    block = next(more, None)
    if block is None:
        return False
    lines.extend(block.raw.split(b"\n")[:-1])
    return True


def _line_text(
    layout: Layout, forbidden: re.Pattern[str], raw: bytes, number: int
) -> tuple[str, tuple[str, str] | None]:
    """A line, and what is wrong with it: rule, what was seen."""
    if seen := foreign(layout, raw):
        return raw.decode(layout.encoding, errors="backslashreplace"), (ENCODING_RULE, seen)
    try:
        text = raw.decode(layout.encoding)
    except UnicodeDecodeError as error:
        return raw.decode(layout.encoding, errors="backslashreplace"), (ENCODING_RULE, bad_byte(layout, raw, error))
    if layout.encoding == "gb18030":
        text = today(text)
    found = forbidden.search(text)
    return text, (CONTROL_RULE, f"character {ord(found.group()):#04x} on line {number}") if found else None
