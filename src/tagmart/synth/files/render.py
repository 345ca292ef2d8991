"""Columns as the bytes that a contract's form asks for, a whole column at a time."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tagmart.contracts import Column, Contract, Form
from tagmart.core.errors import TagmartError

EPOCH = date(1970, 1, 1)
# Pools of days begin and end at multiples of this, so that few different ones are made.
POOL_DAYS = 4000
PLAIN_DATE, PLAIN_TIME = "%Y-%m-%d", "%Y-%m-%d %H:%M:%S"


def rows_as_bytes(contract: Contract, table: pa.Table) -> bytes:
    """The records of a table, without header, head and tail.

    Args:
        contract: with the columns that the files of the day have, in their order.
        table: has at least these columns.

    Raises:
        TagmartError: if a value cannot be written in this form.
    """
    if not table.num_rows:
        return b""
    form = contract.form
    fields = [field_bytes(contract, column, _whole(table.column(column.name))) for column in contract.columns]
    content = _fixed(contract, fields) if form.is_fixed else _separated(form, fields)
    if not form.quote:
        _check_apart(contract, table, content)
    return content


def _separated(form: Form, fields: list[pa.Array]) -> bytes:
    """Fields with separators between them."""
    separator, end = str(form.separator).encode(codec_of(form)), line_end(form)
    last = pc.binary_join_element_wise(fields[-1], pa.scalar(end, pa.binary()), b"", null_handling="replace")
    lines = pc.binary_join_element_wise(*fields[:-1], last, separator, null_handling="replace", null_replacement=b"")
    return _content(lines).tobytes()


def _check_apart(contract: Contract, table: pa.Table, content: bytes) -> None:
    """Where nothing is quoted, no value may hold what separates fields or lines.

    Counting bytes is fast, and suspects too much: the second byte of a letter may be a separator. Then values are read.
    """
    form, rows = contract.form, table.num_rows
    separators = rows * (len(contract.columns) - 1 + form.trailing)
    marks = {"\n": rows, "\r": rows if form.crlf else 0} | ({form.separator: separators} if form.separator else {})
    if all(content.count(mark.encode(codec_of(form))) == count for mark, count in marks.items()):
        return
    for column in contract.columns:
        text = field_text(contract, column, _whole(table.column(column.name)))
        for mark in marks:
            if pc.any(pc.match_substring(text, mark)).as_py():
                _refuse(contract, column, f"a value holds {mark!r}, and nothing is quoted", "let the world write no such text")


def line_end(form: Form) -> bytes:
    """What ends a record: the trailing separator, if the form has one, and the line end."""
    return (form.separator.encode(codec_of(form)) if form.trailing else b"") + (b"\r\n" if form.crlf else b"\n")


def codec_of(form: Form) -> str:
    """The codec of what is not at the beginning of a file, where there is no byte order mark."""
    return "utf-8" if form.encoding == "utf-8-sig" else form.encoding


def field_bytes(contract: Contract, column: Column, values: pa.Array) -> pa.Array:
    """The values of one column, written out and encoded; NULL where nothing is to be written."""
    return _encoded(contract, column, _quoted(contract, column, field_text(contract, column, values)))


def field_text(contract: Contract, column: Column, values: pa.Array) -> pa.Array:
    """The values of one column, written out."""
    kind, form = column.type.kind, contract.form
    if kind == "date":
        found = _dates(values, form)
        return pc.fill_null(found, form.no_date[-1]) if form.no_date else found
    if kind == "timestamp" and not pa.types.is_string(values.type):
        return pc.strftime(values, form.timestamp) if form.timestamp != PLAIN_TIME else values.cast(pa.string())
    if kind == "decimal":
        return _decimals(column, form, values)
    if kind == "boolean" and pa.types.is_boolean(values.type):
        return pc.if_else(values, "Y", "N")
    return values if pa.types.is_string(values.type) else values.cast(pa.string())


def amount_text(column: Column, form: Form, places: int) -> str:
    """A total, in whole numbers of the column's last place, written as the values of the column are."""
    scale = column.type.scale
    digits = f"{abs(places):0{scale + 1}d}"
    text = digits if column.implied or not scale else f"{digits[:-scale]}.{digits[-scale:]}"
    if places >= 0:
        return text
    return f"{text}-" if form.minus == "trailing" else f"-{text}"


def fixed_field(text: bytes, width: int, to_the_right: bool) -> bytes:
    """A field of fixed width, padded with blanks."""
    return text.rjust(width) if to_the_right else text.ljust(width)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece."""
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _dates(values: pa.Array, form: Form) -> pa.Array:
    """Dates by a pool of all days between the first and the last: there are few days and many rows."""
    if pa.types.is_string(values.type):
        values = pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values).cast(pa.date32())
    days = values.cast(pa.date32()).cast(pa.int32())
    low, high = pc.min_max(days).as_py().values()
    if low is None:
        return pa.nulls(len(values), pa.string())
    first = low // POOL_DAYS * POOL_DAYS
    return _day_pool(first, high // POOL_DAYS * POOL_DAYS + POOL_DAYS, form.date).take(pc.subtract(days, first))


@lru_cache(maxsize=32)
def _day_pool(first: int, end: int, shape: str) -> pa.Array:
    """The writing of every day from `first` to before `end`, as far as there are dates."""
    last = min(end, (date.max - EPOCH).days + 1)
    return pa.array([(EPOCH + timedelta(days=day)).strftime(shape) for day in range(first, last)], pa.string())


def _decimals(column: Column, form: Form, values: pa.Array) -> pa.Array:
    """Amounts with or without their point, the minus in front or behind."""
    kind = pa.decimal128(38, column.type.scale)
    values = values.cast(kind)
    if column.implied:
        values = pa.Array.from_buffers(pa.decimal128(38, 0), len(values), values.buffers(), offset=values.offset)
    text = values.cast(pa.string())
    if form.minus == "trailing":
        behind = pc.binary_join_element_wise(pc.utf8_slice_codeunits(text, 1), "-", "")
        text = pc.if_else(pc.starts_with(text, "-"), behind, text)
    return text


def _quoted(contract: Contract, column: Column, text: pa.Array) -> pa.Array:
    """Free text in quotes, where the form has some."""
    quote = contract.form.quote
    if not quote or column.type.kind != "string" or column.values:
        return text
    return pc.binary_join_element_wise(quote, pc.replace_substring(text, quote, quote * 2), quote, "")


def _encoded(contract: Contract, column: Column, text: pa.Array) -> pa.Array:
    """Text in the file's encoding. What is plain ASCII is the same in all of them; of the rest, each value once."""
    encoding = contract.form.encoding
    raw = text.cast(pa.binary())
    if encoding in ("utf-8", "utf-8-sig") or not len(text) or _content(raw).max(initial=0) < 128:
        return raw
    distinct = text.dictionary_encode()
    try:
        pool = [None if value is None else value.encode(encoding) for value in distinct.dictionary.to_pylist()]
    except UnicodeEncodeError as error:
        _refuse(contract, column, f"character U+{ord(error.object[error.start]):04X} is not in {encoding}",
                "let the world write no such letter here, or choose another encoding")
    return pa.array(pool, pa.binary()).take(distinct.indices)


def _content(array: pa.Array) -> np.ndarray:
    """The bytes of all values, one behind the other."""
    offsets = _offsets(array)
    data = array.buffers()[2]
    if data is None:
        return np.empty(0, np.uint8)
    return np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]]


def _offsets(array: pa.Array) -> np.ndarray:
    """Where each value begins in the bytes of all of them, and where the last one ends."""
    return np.frombuffer(array.buffers()[1], np.int32)[array.offset : array.offset + len(array) + 1]


def _fixed(contract: Contract, fields: list[pa.Array]) -> bytes:
    """Fields of fixed width, counted in bytes: numbers to the right, everything else to the left."""
    end = line_end(contract.form)
    width = sum(column.width for column in contract.columns)
    lines = np.full((len(fields[0]), width + len(end)), ord(" "), np.uint8)
    lines[:, width:] = np.frombuffer(end, np.uint8)
    begin = 0
    for column, values in zip(contract.columns, fields, strict=True):
        values = pc.fill_null(values, b"")
        offsets = _offsets(values).astype(np.int64)
        lengths = np.diff(offsets)
        if len(lengths) and lengths.max() > column.width:
            _refuse(contract, column, f"a value has {lengths.max()} bytes, the field {column.width}", "widen the field")
        row = np.repeat(np.arange(len(lengths)), lengths)
        place = np.arange(offsets[-1] - offsets[0]) - np.repeat(offsets[:-1] - offsets[0], lengths)
        if is_number(column):
            place += np.repeat(column.width - lengths, lengths)
        lines[row, begin + place] = _content(values)
        begin += column.width
    return lines.tobytes()


def is_number(column: Column) -> bool:
    """True for what stands to the right in its field."""
    return column.type.kind in ("integer", "decimal")


def _refuse(contract: Contract, column: Column, what: str, do: str) -> NoReturn:
    raise TagmartError(f"the column cannot be written: {what}", where=f"{contract.path}: {column.name}", do=do)
