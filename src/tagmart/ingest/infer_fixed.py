"""A file of fixed width, by what its bytes show: where all rows are blank, where texts end and numbers begin, where dates are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Below this a length that all lines have is chance.
LEAST_ROWS, LEAST_BYTES = 2, 4
# Lines of this length that there must be.
ENOUGH = 0.95
DATE = re.compile(rb"((19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])|00010101|99991231|00000000| {8})")
# How much rarer blanks must be than a byte before, for a field that began there.
DROP = 0.3


@dataclass(frozen=True)
class Fixed:
    """A sample of fixed width, taken apart.

    Attributes:
        widths: bytes of each field.
        rows: the fields of the rows, without the blanks behind them; those before a text belong to it.
        head: the parts of the record before all others (words, numbers), None where it is a row.
        tail: the same of the last record.
        odd: lines of another length that are neither.
    """

    widths: tuple[int, ...]
    rows: list[list[str]]
    head: tuple[str, ...] | None
    tail: tuple[str, ...] | None
    odd: int


def read_fixed(lines: Sequence[str], encoding: str, is_cut: bool) -> Fixed | None:
    """Take a sample apart that no separator does; None where its lines are not of one length.

    Args:
        lines: without line ends.
        encoding: in which their bytes are counted.
        is_cut: true where the file goes on behind the sample.
    """
    records = [line.encode(encoding) for line in lines]
    head, tail, middle = _without_frame(records, is_cut)
    length, count = Counter(map(len, middle)).most_common(1)[0]
    rows = [record for record in middle if len(record) == length]
    if count < max(LEAST_ROWS, ENOUGH * len(middle)) or length < LEAST_BYTES:
        return None
    starts = _starts(rows, length, encoding)
    ends = [*starts[1:], length]
    fields = [[row[begin:end].decode(encoding).rstrip(" ") for begin, end in zip(starts, ends, strict=True)] for row in rows]
    return Fixed(
        tuple(end - begin for begin, end in zip(starts, ends, strict=True)), fields,
        *(None if frame is None else tuple(re.findall(r"[A-Za-z]+| *\d+|[^A-Za-z\d]+", frame.decode(encoding))) for frame in (head, tail)),
        len(middle) - len(rows),
    )


def _without_frame(records: list[bytes], is_cut: bool) -> tuple[bytes | None, bytes | None, list[bytes]]:
    """The first and the last record where they are no rows: of another length, or a word where rows have a number."""
    middle = records[1:-1] or records
    length = Counter(map(len, middle)).most_common(1)[0][0]
    are_numbered = all(record[:1].isdigit() for record in middle)

    def is_row(record: bytes) -> bool:
        return len(record) == length and not (are_numbered and record[:2].isalpha())

    head = records[0] if len(records) > 2 and not is_row(records[0]) else None
    tail = records[-1] if len(records) > 2 and not is_cut and not is_row(records[-1]) else None
    return head, tail, records[head is not None : len(records) - (tail is not None)]


def _starts(rows: list[bytes], length: int, encoding: str) -> list[int]:
    """Where fields begin."""
    table = np.frombuffer(b"".join(rows), np.uint8).reshape(-1, length)
    blank = table == 0x20
    digits = _all_of(table, b"0123456789 ")
    numbers = _all_of(table, b"0123456789.+- ")
    letters = ((table >= 0x41) & (table <= 0x7A) | (table >= 0x80)).all(axis=0)
    pointed = (table == ord(".")).any(axis=0)
    dated = _dates(rows, length, digits)
    found = [0]
    for begin, end in _islands(~blank.all(axis=0)):
        pieces = _pieces(begin, end, blank, numbers, letters, dated)
        first_end = pieces[1] if len(pieces) > 1 else end
        is_number = numbers[begin:first_end].all() and begin not in dated
        if is_number and (pointed[begin:first_end].any() or _fills_from_left(blank[:, begin:first_end])):
            # What fills it up stands before it; nobody sees where the field before ends.
            while begin - 1 > found[-1] and blank[:, begin - 1].all():
                begin -= 1
        found += [at for at in (begin, *pieces[1:]) if at > found[-1]]
    # A cut within a letter is none.
    return [at for at in found if all(_is_text(row[:at], encoding) for row in rows)]


def _islands(filled: np.ndarray) -> list[tuple[int, int]]:
    """Runs of bytes that are not blank in all rows."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], filled, [False])).astype(np.int8)))
    return list(zip(edges[0::2].tolist(), edges[1::2].tolist(), strict=True))


def _pieces(
    begin: int, end: int, blank: np.ndarray, numbers: np.ndarray, letters: np.ndarray, dated: list[int]
) -> list[int]:
    """Where fields begin within bytes that are not blank in all rows."""
    share = blank.mean(axis=0)
    cuts = {begin} | {at for day in dated for at in (day, day + 8) if begin <= at < end}
    for at in range(begin + 1, end):
        drops = share[at - 1] - share[at] >= DROP or (numbers[at - 1] and letters[at])
        if drops and not any(day < at < day + 8 for day in dated):
            cuts.add(at)
    kept: list[int] = []
    stops = [*sorted(cuts)[1:], end]
    for at in sorted(cuts):
        # A number that stands to the right has ever fewer blanks before it: it is one field.
        if not kept or {kept[-1], at} & set(dated) or not any(
            numbers[kept[-1] : stop].all() and _fills_from_left(blank[:, kept[-1] : stop]) for stop in stops if stop > at
        ):
            kept.append(at)
    return kept


def _dates(rows: list[bytes], length: int, digits: np.ndarray) -> list[int]:
    """Where eight digits are a date in every row, the leftmost first, and none over another."""
    found: list[int] = []
    for at in range(length - 7):
        may_be = digits[at : at + 8].all() and (not found or at >= found[-1] + 8) and any(row[at : at + 8].strip() for row in rows)
        if may_be and all(DATE.fullmatch(row[at : at + 8]) for row in rows):
            found.append(at)
    return found


def _all_of(table: np.ndarray, allowed: bytes) -> np.ndarray:
    """The bytes of a record that hold nothing but some signs in all rows."""
    return np.isin(table, np.frombuffer(allowed, np.uint8)).all(axis=0)


def _fills_from_left(blank: np.ndarray) -> bool:
    """True where values end at the end of the field in every row, and begin at different places or later than the field."""
    return bool(not blank[:, -1].any() and (np.diff(blank.astype(np.int8), axis=1) <= 0).all() and blank[:, 0].any())


def _is_text(raw: bytes, encoding: str) -> bool:
    """True where bytes end with a whole letter."""
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
