"""One column of a CSV or XLSX file."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path

from tagmart.core.errors import TagmartError

MAX_BYTES = 200_000_000
MAX_VALUE = 64


def read_column(path: Path, name: str) -> list[str]:
    """The values of a column, without empty ones.

    Args:
        path: CSV (UTF-8 or GB18030) or XLSX (the first sheet), with a header row.
        name: the header of the column.

    Raises:
        TagmartError: if the file cannot be read, has no such column or no rows, or a value is too long for a customer number.
            The message tells the row and never the value.
    """
    if not path.is_file():
        raise TagmartError("there is no such file", where=str(path), do="give the path of a CSV or XLSX file")
    rows = _xlsx_rows(path) if path.suffix.lower() == ".xlsx" else _csv_rows(path)
    header = [cell.strip() for cell in rows[0]] if rows else []
    if name not in header:
        raise TagmartError(f"there is no column '{name}'", where=path.name, seen=", ".join(header[:20]) or "no header",
                           do="name the column with --column")
    place, found = header.index(name), []
    for number, row in enumerate(rows[1:], 2):
        value = row[place].strip() if place < len(row) else ""
        if len(value) > MAX_VALUE or re.search(r"[\s,\"\x00-\x1f]", value):
            raise TagmartError("a value is no customer number", where=f"{path.name}, row {number}", do="mend the row")
        if value:
            found.append(value)
    if not found:
        raise TagmartError("the list is empty", where=path.name)
    return found


def _csv_rows(path: Path) -> list[list[str]]:
    raw = path.read_bytes()
    if len(raw) > MAX_BYTES:
        raise TagmartError("the file is too large for a list", where=path.name, seen=f"{len(raw):,} bytes")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return [row for row in csv.reader(io.StringIO(raw.decode(encoding), newline="")) if row]
        except (UnicodeDecodeError, csv.Error):
            continue
    raise TagmartError("the file is no CSV", where=path.name, do="save it as CSV in UTF-8")


def _xlsx_rows(path: Path) -> list[list[str]]:
    """The first sheet as text. A long number that a spreadsheet rounded is lost there: customer numbers are kept as text."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(path) as book:
            # What is unpacked is bounded before it is: a small file can hold any amount of zeros.
            if sum(part.file_size for part in book.infolist()) > MAX_BYTES:
                raise TagmartError("the workbook is too large for a list", where=path.name)
        book = load_workbook(path, read_only=True, data_only=True)
        try:
            return [[_said(cell) for cell in row] for row in book.worksheets[0].iter_rows(values_only=True)]
        finally:
            book.close()
    except (zipfile.BadZipFile, InvalidFileException, SyntaxError, ValueError, IndexError, KeyError) as error:
        raise TagmartError("the workbook cannot be read", where=path.name, seen=type(error).__name__, do="save it as XLSX anew, or as CSV") from None


def _said(cell: object) -> str:
    """A cell as text; a whole number without decimals."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else str(cell)
