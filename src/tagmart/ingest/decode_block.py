"""From the bytes of a block to columns of text: at once where all is well, line by line where something is not.

The quick way decodes the whole block, looks for what no field may hold, and lets Arrow take the lines apart. If anything
in the block is wrong it is given up, and the careful way finds the line, the byte and the column: so a bad byte costs
one line of the file and the speed of one block. Both give the same rows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from tagmart.contracts import Contract, Form
from tagmart.ingest.blocks import Block
from tagmart.ingest.decode_faults import (
    CONTROL_RULE,
    ENCODING_RULE,
    FIELDS_RULE,
    LENGTH_RULE,
    TRAILING_RULE,
    Fault,
)
from tagmart.ingest.decode_foreign import ENCODINGS, foreign_at, has_foreign_line
from tagmart.ingest.drift import HeaderPlan

SEPARATOR = "\x1f"
LINE = "src_line"

# Python's codec is of GB 18030-2000, in which 25 two-byte codes mean private-use characters. What GB 18030-2005 and -2022
# (and Unicode since) put there: letters of names among them, and the punctuation of vertical writing.
GB_PRIVATE = {
    "\ue78d": "\ufe10", "\ue78e": "\ufe12", "\ue78f": "\ufe11", "\ue790": "\ufe13", "\ue791": "\ufe14", "\ue792": "\ufe15",
    "\ue793": "\ufe16", "\ue794": "\ufe17", "\ue795": "\ufe18", "\ue796": "\ufe19", "\ue7c7": "\u1e3f",
    "\ue816": "\U00020087", "\ue817": "\U00020089", "\ue818": "\U000200cc", "\ue81e": "\u9fb4", "\ue826": "\u9fb5",
    "\ue82b": "\u9fb6", "\ue82c": "\u9fb7", "\ue831": "\U000215d7", "\ue832": "\u9fb8", "\ue83b": "\U0002298f",
    "\ue843": "\u9fb9", "\ue854": "\u9fba", "\ue855": "\U000241fe", "\ue864": "\u9fbb",
}
_GB_TABLE = str.maketrans(GB_PRIVATE)
_NEVER = "\x00\r\x1d\x1e\x1f"


@dataclass(frozen=True)
class Layout:
    """How the lines of a part are taken apart: what a process that decodes must know, and nothing else.

    Attributes:
        encoding: a Python codec, without a byte order mark.
        separator: between fields; None in a file of fixed width.
        quote: around quoted fields, or None.
        trailing: true where a separator ends each line.
        width: fields of a record.
        places: for each column of the contract, its index in the file.
        names: the columns of the contract, in their order.
        bytes_of: bytes of each field of a file of fixed width, else none.
        are_text: for each column, whether blanks before its value belong to it (in a file of fixed width).
    """

    encoding: str
    separator: str | None
    quote: str | None
    trailing: bool
    width: int
    places: tuple[int, ...]
    names: tuple[str, ...]
    bytes_of: tuple[int, ...] = ()
    are_text: tuple[bool, ...] = ()

    @classmethod
    def of(cls, contract: Contract, plan: HeaderPlan) -> Layout:
        """The layout of a part whose header has been read."""
        form: Form = contract.form
        return cls(
            encoding="utf-8" if form.encoding == "utf-8-sig" else form.encoding,
            separator=form.separator,
            quote=form.quote,
            trailing=form.trailing,
            width=plan.width,
            places=plan.places,
            names=contract.names,
            bytes_of=tuple(column.width or 0 for column in contract.columns) if form.is_fixed else (),
            are_text=tuple(column.type.kind == "string" for column in contract.columns),
        )

    @property
    def never(self) -> str:
        """Characters that no field may hold. Line ends inside quotes are judged by the quotes."""
        return "".join(one for one in _NEVER if one not in (self.separator or "") and not (self.quote and one == "\r"))

    def name_at(self, place: int) -> str:
        """The column of a field, empty where the contract has none for it."""
        return self.names[self.places.index(place)] if place in self.places else ""


@dataclass(frozen=True)
class Decoded:
    """What became of a block.

    Attributes:
        rows: records read, good and bad.
        batch: of the good ones the line number and the columns of the contract, as text; NULL where nothing is written.
        faults: the others.
    """

    rows: int
    batch: pa.RecordBatch
    faults: list[Fault]


def decode_block(layout: Layout, block: Block) -> Decoded:
    """Take the lines of a block apart; nothing in them is quoted.

    Args:
        layout: of the part.
        block: whole lines.
    """
    text = _fixed_text(layout, block.raw) if layout.bytes_of else block.raw
    text = None if text is None or holds_foreign(layout, block.raw) else as_utf8(layout, text)
    columns = None if text is None else _columns(layout, text)
    if columns is None or len(columns[0]) != block.lines:
        return _carefully(layout, block)
    lines = np.arange(block.line, block.line + len(columns[0]), dtype=np.int64)
    return Decoded(len(lines), as_batch(layout, lines, columns), [])


def as_batch(layout: Layout, lines: np.ndarray, columns: Sequence[pa.Array]) -> pa.RecordBatch:
    """Line numbers and columns put together; the columns are named r1, r2, …"""
    names = [LINE, *(f"r{at}" for at in range(1, len(layout.places) + 1))]
    return pa.RecordBatch.from_arrays([pa.array(lines, pa.int64()), *columns], names)


def as_utf8(layout: Layout, raw: bytes) -> bytes | None:
    """A block as UTF-8 with the line end \\n; None if it holds anything that must be looked at line by line."""
    text = raw
    if layout.encoding not in ("utf-8", "ascii"):
        try:
            text = raw.decode(layout.encoding).encode()
        except UnicodeDecodeError:
            return None
        # 0xEE begins the private-use characters, and no other byte of UTF-8 is 0xEE.
        if layout.encoding == "gb18030" and b"\xee" in text:
            text = today(text.decode()).encode()
    elif layout.encoding == "ascii" and not raw.isascii():
        return None
    if b"\r" in text and not layout.quote:
        text = text.replace(b"\r\n", b"\n")
    if any(one.encode() in text for one in layout.never):
        return None
    # Arrow would take an empty line for a row of nothing; it is a record of one field.
    if layout.width + layout.trailing > 1 and (b"\n\n" in text or b"\n\r\n" in text or text[:1] in (b"\n", b"\r")):
        return None
    return text


def holds_foreign(layout: Layout, raw: bytes) -> bool:
    """True where a line of a block is in UTF-8 and decodes as other letters."""
    return layout.encoding in ENCODINGS and has_foreign_line(raw)


def foreign(layout: Layout, raw: bytes) -> str:
    """Where a line is in UTF-8 and decodes as other letters, in words; empty where it is not."""
    at = foreign_at(raw) if layout.encoding in ENCODINGS else None
    return "" if at is None else f"from byte {at + 1} of the line on it is UTF-8, not {layout.encoding}"


def today(text: str) -> str:
    """A text decoded as GB 18030-2000 with the characters that the standard has had since."""
    return text.translate(_GB_TABLE)


def parse(layout: Layout, text: bytes, separator: str, width: int, places: Sequence[int]) -> list[pa.Array] | None:
    """Columns of a text in UTF-8; None if a line has another number of fields, or the text is not UTF-8."""
    if not text:
        return [pa.array([], pa.string()) for _ in places]
    names = [f"f{at}" for at in range(width)]
    try:
        table = arrow_csv.read_csv(
            pa.py_buffer(text),
            read_options=arrow_csv.ReadOptions(column_names=names, use_threads=False, block_size=len(text) + 1),
            parse_options=arrow_csv.ParseOptions(
                delimiter=separator, quote_char=layout.quote or False, double_quote=bool(layout.quote), escape_char=False,
                newlines_in_values=bool(layout.quote), ignore_empty_lines=False,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types={name: pa.string() for name in names}, include_columns=[f"f{at}" for at in places],
                strings_can_be_null=True, null_values=[""], check_utf8=layout.encoding == "utf-8",
            ),
        )
    except pa.ArrowInvalid:
        return None
    return [column.chunk(0) if column.num_chunks == 1 else column.combine_chunks() for column in table.columns]


def _columns(layout: Layout, text: bytes) -> list[pa.Array] | None:
    """Columns of a block in which nothing is quoted; None if a line is not like the others."""
    separator = layout.separator or SEPARATOR
    if len(separator) > 1 or not separator.isascii():
        text = text.replace(separator.encode(), SEPARATOR.encode())
        separator = SEPARATOR
    places = [*layout.places, layout.width] if layout.trailing else layout.places
    columns = parse(layout, text, separator, layout.width + layout.trailing, places)
    if columns is not None and layout.trailing:
        behind = columns.pop()
        if behind.null_count != len(behind):
            return None
    if columns is not None and layout.bytes_of:
        columns = [_trimmed(column, is_text) for column, is_text in zip(columns, layout.are_text, strict=True)]
    return columns


def _trimmed(column: pa.Array, is_text: bool) -> pa.Array:
    """Fields of fixed width without the blanks that fill them; NULL where nothing is left."""
    trim = pc.utf8_rtrim if is_text else pc.utf8_trim
    kept = trim(column, characters=" ")
    return pc.if_else(pc.equal(kept, ""), pa.scalar(None, pa.string()), kept)


def _fixed_text(layout: Layout, raw: bytes) -> bytes | None:
    """A block of fixed width with a separator between its fields; None if a line is of another length.

    A field that ends within a letter is found out by the decoding: a separator behind half a letter is no text.
    """
    total = sum(layout.bytes_of)
    end = raw.find(b"\n", 0, total + 2)
    if end not in (total, total + 1) or len(raw) % (end + 1):
        return None
    table = np.frombuffer(raw, np.uint8).reshape(-1, end + 1)
    if (table == 0x0A).sum() != len(table) or (table[:, -1] != 0x0A).any():
        return None
    if end > total and (table[:, -2] != 0x0D).any():
        return None
    out = np.full((len(table), total + len(layout.bytes_of)), ord(SEPARATOR), np.uint8)
    at = 0
    for number, size in enumerate(layout.bytes_of):
        out[:, at + number : at + number + size] = table[:, at : at + size]
        at += size
    out[:, -1] = 0x0A
    text = out.tobytes()
    # A separator that was in the file already would pass for one of ours.
    return text if text.count(SEPARATOR.encode()) == len(table) * (len(layout.bytes_of) - 1) else None


def _carefully(layout: Layout, block: Block) -> Decoded:
    """The lines of a block one by one."""
    take = _take_fixed if layout.bytes_of else _take_line
    forbidden = re.compile("[" + re.escape(layout.never) + "]")
    good: list[list[str]] = []
    lines: list[int] = []
    faults: list[Fault] = []
    for number, raw in enumerate(block.raw.split(b"\n")[:-1], start=block.line):
        seen = foreign(layout, raw)
        fields = ("", ENCODING_RULE, seen) if seen else take(layout, forbidden, raw.removesuffix(b"\r"))
        if isinstance(fields, list):
            lines.append(number)
            good.append(fields)
        else:
            faults.append((number, *fields))
    columns = as_columns(layout, good)
    return Decoded(block.lines, as_batch(layout, np.array(lines, np.int64), columns), faults)


def as_columns(layout: Layout, records: list[list[str]]) -> list[pa.Array]:
    """The contract's columns of records that were taken apart one by one."""
    columns = [pa.array([fields[place] or None for fields in records], pa.string()) for place in layout.places]
    if layout.bytes_of:
        columns = [_trimmed(column, is_text) for column, is_text in zip(columns, layout.are_text, strict=True)]
    return columns


def _take_line(layout: Layout, forbidden: re.Pattern[str], raw: bytes) -> list[str] | tuple[str, str, str]:
    """The fields of one line, or its fault: column, rule, what was seen."""
    separator = layout.separator or SEPARATOR
    try:
        text = raw.decode(layout.encoding)
    except UnicodeDecodeError as error:
        place = raw[: error.start].decode(layout.encoding).count(separator)
        return layout.name_at(place), ENCODING_RULE, bad_byte(layout, raw, error)
    if found := forbidden.search(text):
        return layout.name_at(text.count(separator, 0, found.start())), CONTROL_RULE, bad_character(found)
    fields = (today(text) if layout.encoding == "gb18030" else text).split(separator)
    if layout.trailing:
        if fields[-1]:
            return "", TRAILING_RULE, "there is none: the line may be cut off"
        fields.pop()
    if len(fields) != layout.width:
        return "", FIELDS_RULE, f"{len(fields)} of {layout.width} fields"
    return fields


def _take_fixed(layout: Layout, forbidden: re.Pattern[str], raw: bytes) -> list[str] | tuple[str, str, str]:
    """The fields of one line of fixed width, or its fault."""
    total = sum(layout.bytes_of)
    if len(raw) != total:
        return "", LENGTH_RULE, f"{len(raw)} of {total} bytes"
    fields, at = [], 0
    for place, size in enumerate(layout.bytes_of):
        try:
            text = raw[at : at + size].decode(layout.encoding)
        except UnicodeDecodeError as error:
            return layout.name_at(place), ENCODING_RULE, bad_byte(layout, raw, error, at)
        if found := forbidden.search(text):
            return layout.name_at(place), CONTROL_RULE, bad_character(found).replace("line", "field")
        fields.append(today(text) if layout.encoding == "gb18030" else text)
        at += size
    return fields


def bad_byte(layout: Layout, raw: bytes, error: UnicodeDecodeError, at: int = 0) -> str:
    """Where a line is no text."""
    place = at + error.start
    return f"byte {raw[place]:#04x} at byte {place + 1} of the line is not {layout.encoding}"


def bad_character(found: re.Match[str]) -> str:
    """Where a line holds what no field may hold."""
    return f"character {ord(found.group()):#04x} at character {found.start() + 1} of the line"
