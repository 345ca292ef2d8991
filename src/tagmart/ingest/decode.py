"""From the bytes of a part to one canonical text: UTF-8, a known separator, nothing quoted, a line number per record.

Files are cut into lines before they are decoded, so that a bad byte costs one line and is found by line and byte.
Records of a canonical file have no quotes and no line ends inside fields; those of quoted files are written as IN_LINE.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tagmart.contracts import Contract, Form
from tagmart.core.errors import TagmartError, nearest
from tagmart.ingest.control import AGAIN

SEPARATOR = "\x1f"
# A line end and a carriage return inside a quoted field, until the table is written.
IN_LINE = {"\n": "\x1e", "\r": "\x1d"}
BATCH_BYTES = 1 << 22
FIELDS_RULE = "number of fields"
ENCODING_RULE = "encoding"
CONTROL_RULE = "control character"
QUOTING_RULE = "quoting"


@dataclass(frozen=True)
class BadRow:
    """A row that broke the contract.

    Attributes:
        part: which part of the delivery, from 0.
        line: line in that part; the header is line 1.
        column: the column, empty where the row as a whole is at fault.
        rule: what was broken.
        seen: the value or state that was found.
    """

    part: int
    line: int
    column: str
    rule: str
    seen: str


@dataclass(frozen=True)
class Decoded:
    """What became of one part: records read (without the header), and those that could not be taken apart."""

    rows: int
    bad: tuple[BadRow, ...]


def decode_part(contract: Contract, path: Path, part: int, out: BinaryIO) -> Decoded:
    """Write the records of a part to `out` in canonical form: part, line, fields.

    Args:
        contract: of the feed.
        path: the part.
        part: its number in the delivery, from 0.
        out: the canonical file, open for writing bytes.

    Raises:
        TagmartError: if the header is not that of the contract.
    """
    records = _quoted_records(path, contract.form) if contract.form.quote else _plain_records(path, contract.form)
    if contract.form.header:
        _check_header(contract, path, next(records, None))
    width = len(contract.columns)
    rows, bad = 0, []
    pieces: list[str] = []
    for line, text, fields, fault in records:
        rows += 1
        if fault is None and fields != width:
            fault = (FIELDS_RULE, f"{fields} of {width} fields")
        if fault is None:
            pieces.append(f"{part}{SEPARATOR}{line}{SEPARATOR}{text}\n")
            if len(pieces) >= 20_000:
                out.write("".join(pieces).encode())
                pieces.clear()
        else:
            bad.append(BadRow(part, line, "", *fault))
    out.write("".join(pieces).encode())
    return Decoded(rows, tuple(bad))


def raw_lines(contract: Contract, path: Path, wanted: set[int]) -> dict[int, str]:
    """The text of some lines of a part, for the quarantine; bytes that are no text are written as \\xNN.

    A record that runs over several lines is given by its first line.
    """
    found: dict[int, str] = {}
    last = max(wanted, default=0)
    with path.open("rb") as handle:
        for number, line in enumerate(handle, start=1):
            if number in wanted:
                found[number] = line.rstrip(b"\r\n").decode(contract.form.encoding, errors="backslashreplace")
            if number >= last:
                break
    return found


Fault = tuple[str, str] | None
# Line, canonical text, number of fields, fault.
Record = tuple[int, str, int, Fault]


def _lines(path: Path, encoding: str) -> Iterator[tuple[int, str, Fault]]:
    """The lines of a file, decoded, without their \\n; a line with bad bytes comes with its fault."""
    number = 0
    with path.open("rb") as handle:
        if encoding == "utf-8" and handle.read(3) != b"\xef\xbb\xbf":
            handle.seek(0)
        while batch := handle.readlines(BATCH_BYTES):
            try:
                texts = b"".join(batch).decode(encoding).split("\n")
            except UnicodeDecodeError:
                for line in batch:
                    number += 1
                    yield number, *_decode_line(line, encoding)
                continue
            for text in texts[: len(batch)]:
                number += 1
                yield number, text, None


def _decode_line(line: bytes, encoding: str) -> tuple[str, Fault]:
    """One line of a batch that holds bad bytes somewhere."""
    line = line.removesuffix(b"\n")
    try:
        return line.decode(encoding), None
    except UnicodeDecodeError as error:
        seen = f"byte {line[error.start]:#04x} at byte {error.start + 1} of the line is not {encoding}"
        return line.decode(encoding, errors="backslashreplace"), (ENCODING_RULE, seen)


def _plain_records(path: Path, form: Form) -> Iterator[Record]:
    """The records of a file in which nothing is quoted: one per line."""
    forbidden = _forbidden(form, "\x00\r\x1d\x1e\x1f")
    separator = form.separator
    for number, text, fault in _lines(path, form.encoding):
        text = text.removesuffix("\r")
        if fault is None and (found := forbidden.search(text)):
            fault = (CONTROL_RULE, f"character {ord(found.group()):#04x} at character {found.start() + 1} of the line")
        yield number, text.replace(separator, SEPARATOR), text.count(separator) + 1, fault


def _quoted_records(path: Path, form: Form) -> Iterator[Record]:
    """The records of a file with quoted fields, which may run over several lines."""
    forbidden = _forbidden(form, "\x00\x1d\x1e\x1f")
    faults: dict[int, tuple[str, str]] = {}

    def texts() -> Iterator[str]:
        for number, text, fault in _lines(path, form.encoding):
            if fault is None and (found := forbidden.search(text)):
                fault = (CONTROL_RULE, f"character {ord(found.group()):#04x} on line {number}")
            if fault:
                faults[number] = fault
            # The csv module refuses NUL before the fault can be told.
            yield text.replace("\x00", " ") + "\n"

    reader = csv.reader(texts(), delimiter=form.separator, quotechar=form.quote, doublequote=True, strict=True)
    while True:
        first = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield first, "", 0, (QUOTING_RULE, str(error))
            continue
        fault = next((faults.pop(line) for line in range(first, reader.line_num + 1) if line in faults), None)
        yield first, SEPARATOR.join(_in_line(field) for field in fields), len(fields), fault


def _in_line(field: str) -> str:
    """A field without line ends."""
    for end, stand_in in IN_LINE.items():
        if end in field:
            field = field.replace(end, stand_in)
    return field


def _forbidden(form: Form, characters: str) -> re.Pattern[str]:
    """Characters that no field may hold, because the canonical form uses them; those of the separator are none."""
    return re.compile("[" + "".join(re.escape(one) for one in characters if one not in form.separator) + "]")


def _check_header(contract: Contract, path: Path, record: Record | None) -> None:
    """Refuse a part whose first line does not name the columns of the contract in their order."""
    where = f"{path.parent.name}/{path.name}, line 1"
    if record is None:
        raise TagmartError("the file is empty: it has not even a header line", where=where, seen="0 bytes", do=AGAIN)
    _, text, _, fault = record
    if fault is not None:
        raise TagmartError("the header cannot be read", where=where, seen=fault[1], do=AGAIN)
    seen, expected = text.split(SEPARATOR), list(contract.names)
    if seen == expected:
        return
    if not set(seen) & set(expected):
        # Without its values: where the header is missing, line 1 is a customer's row.
        raise TagmartError("the file has no header line: line 1 names none of the contract's columns", where=where,
                           seen=f"{len(seen)} fields, expected {len(expected)} names", do=AGAIN)
    mend = f"{AGAIN} as agreed, or change the contract {contract.path}"
    if lacking := [name for name in expected if name not in seen]:
        unknown = [name for name in seen if name not in expected]
        hint = f", and has '{unknown[0]}' that the contract does not know" if unknown else ""
        raise TagmartError(f"the header lacks column '{lacking[0]}'{hint}", where=where,
                           seen=f"{len(seen)} of {len(expected)} columns", do=mend)
    if unknown := [name for name in seen if name not in expected]:
        raise TagmartError(f"the header has a column '{unknown[0][:60]}' that the contract does not know", where=where,
                           seen=nearest(unknown[0], expected) or f"{len(seen)} of {len(expected)} columns", do=mend)
    if len(seen) != len(expected):
        raise TagmartError("the header names a column twice", where=where,
                           seen=next(name for name in seen if seen.count(name) > 1), do=mend)
    at = next(index for index, name in enumerate(expected) if seen[index] != name)
    raise TagmartError(f"the columns have moved: column {at + 1} is '{seen[at]}', not '{expected[at]}'", where=where,
                       seen=", ".join(seen[at : at + 3]) + " …", do=mend)
