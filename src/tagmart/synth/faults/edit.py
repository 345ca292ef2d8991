"""A delivery of a finished landing, read through its contract's form, changed, and written back as its source would."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import os
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pyarrow as pa

from tagmart.contracts import Contract
from tagmart.core.errors import TagmartError
from tagmart.synth.files.finish import control_text
from tagmart.synth.files.parts import BANK, BATCH_NO, frame_record, packer, summed
from tagmart.synth.files.render import codec_of, fixed_field, is_number, line_end

BOM = b"\xef\xbb\xbf"


@dataclass
class Opened:
    """The files of one delivery. What is changed here is written with a control file, head and tail that agree with it.

    Attributes:
        contract: as it is on the delivery's date.
        folder: of the date.
        day: the delivery's date.
        kind: of load.
        names: the header, as it will be written; none where the form has none.
        parts: the records of each data file, without line ends and trailing separators.
        batch_no: of the delivery.
        bank: that sends it.
        has_header: false to leave the header out.
        has_tail: false to leave the tail record out.
        tail_extra: added to the totals in tail records, in whole numbers of the last place.
        separator: between fields of the header and of `line`.
    """

    contract: Contract
    folder: Path
    day: date
    kind: str
    names: list[str]
    parts: list[list[bytes]]
    batch_no: int = BATCH_NO
    bank: str = BANK
    has_header: bool = True
    has_tail: bool = True
    tail_extra: int = 0
    separator: str = ""
    old: list[Path] = field(default_factory=list)

    @classmethod
    def read(cls, landing: Path, contract: Contract, day: date) -> Opened:
        """Open the delivery of a date.

        Raises:
            TagmartError: if there is none.
        """
        folder, then = landing / f"{day:%Y%m%d}", contract.at(day)
        pattern = contract.files.name_pattern()
        found = sorted((path.name, match["kind"]) for path in folder.iterdir() if (match := pattern.match(path.name)))
        if not found:
            raise TagmartError("the feed has no delivery of this date", where=f"{folder.name}/{contract.feed}")
        paths = [folder / name for name, _ in found]
        names = list(then.names) if contract.form.header else []
        return cls(then, folder, day, found[0][1], names, [_records(then, path) for path in paths],
                   separator=contract.form.separator or "", old=paths)

    @property
    def rows(self) -> list[bytes]:
        """The records of the first data file."""
        return self.parts[0]

    def line_of(self, row: int) -> int:
        """The line of a record in its file, the first line being 1."""
        form = self.contract.form
        return row + 1 + (form.header and self.has_header) + bool(form.head)

    def path(self, part: int = 1) -> Path:
        """A data file."""
        return self.folder / self.contract.files.name_of(self.day, self.kind, part)

    @property
    def control(self) -> Path:
        """The control file."""
        return self.folder / str(self.contract.files.control_of(self.day, self.kind))

    def fields(self, record: bytes) -> list[str]:
        """The fields of a record."""
        form = self.contract.form
        if form.is_fixed:
            found, begin = [], 0
            for column in self.contract.columns:
                found.append(record[begin : begin + column.width].decode(form.encoding).strip())
                begin += column.width
            return found
        text = record.decode(codec_of(form))
        if form.quote:
            return next(csv.reader([text], delimiter=form.separator, quotechar=form.quote))
        return text.split(form.separator)

    def line(self, fields: list[str]) -> bytes:
        """A record of these fields."""
        form = self.contract.form
        if form.is_fixed:
            pairs = zip(self.contract.columns, fields, strict=True)
            return b"".join(fixed_field(text.encode(form.encoding), column.width, is_number(column)) for column, text in pairs)
        if form.quote:
            out = io.StringIO()
            csv.writer(out, delimiter=self.separator, quotechar=form.quote, lineterminator="").writerow(fields)
            return out.getvalue().encode(codec_of(form))
        return self.separator.join(fields).encode(codec_of(form))

    def change(self, row: int, column: str, value: str) -> None:
        """Write another value into a record of the first data file."""
        fields = self.fields(self.rows[row])
        fields[self.contract.names.index(column)] = value
        self.rows[row] = self.line(fields)

    def value(self, row: int, column: str) -> str:
        """The value of a column in a record of the first data file."""
        return self.fields(self.rows[row])[self.contract.names.index(column)]

    def write(self) -> None:
        """Put the delivery in place of what was there: data files, then the control file."""
        for path in self.old:
            path.unlink(missing_ok=True)
        self.old = [self.path(number) for number in range(1, len(self.parts) + 1)]
        for path, rows in zip(self.old, self.parts, strict=True):
            pack = packer(self.contract.files.compression)
            content = self._content(rows, {name: self.total(rows, name) for name in summed(self.contract)})
            replace_file(path, pack(content) + pack(None))
        self.seal()

    def seal(self) -> None:
        """Write the control file for the data files as they lie there, with the rows and totals of the records."""
        listed = []
        for path, rows in zip(self.old, self.parts, strict=True):
            content = path.read_bytes()
            digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
            listed.append((path.name, len(content), len(rows), digest))
        totals = {name: sum(self.total(rows, name) for rows in self.parts) for name in self.contract.files.sums}
        text = control_text(self.contract, f"{self.day:%Y%m%d}", self.kind, listed, totals, self.batch_no, self.bank)
        replace_file(self.control, text.encode())

    def _content(self, rows: list[bytes], sums: dict[str, int]) -> bytes:
        """A data file: header, head record, rows, tail record."""
        form = self.contract.form
        end = line_end(form)
        if form.trailing:
            end = end.replace(str(form.separator).encode(codec_of(form)), self.separator.encode(codec_of(form)))
        pieces = [BOM] if form.encoding == "utf-8-sig" else []
        if form.header and self.has_header:
            pieces.append(self.separator.join(self.names).encode(codec_of(form)) + end)
        if form.head:
            pieces.append(frame_record(self.contract, form.head, self.day, len(rows), sums, self.batch_no, self.bank))
        pieces += [record + end for record in rows]
        if form.tail and self.has_tail:
            sums = {name: total + self.tail_extra for name, total in sums.items()}
            pieces.append(frame_record(self.contract, form.tail, self.day, len(rows), sums, self.batch_no, self.bank))
        return b"".join(pieces)

    def total(self, rows: list[bytes], name: str) -> int:
        """The total of a column, as its source would count it: what is no number counts as 0."""
        column, total, place = self.contract.column(name), Decimal(0), self.contract.names.index(name)
        for record in rows:
            try:
                text = self.fields(record)[place]
                total += Decimal(f"-{text[:-1]}" if text.endswith("-") else text or "0")
            except (InvalidOperation, UnicodeDecodeError, IndexError):
                continue
        return int(total if column.implied else total.scaleb(column.type.scale or 0))


def replace_file(path: Path, content: bytes) -> None:
    """Write a file anew: one that another landing shares with this one stays there as it was."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(content)
    os.replace(fresh, path)


def _records(contract: Contract, path: Path) -> list[bytes]:
    """The records of a data file, without header, head and tail."""
    form = contract.form
    raw = path.read_bytes()
    if path.name.endswith(".gz"):
        raw = gzip.decompress(raw)
    if path.name.endswith(".zst"):
        raw = pa.input_stream(pa.py_buffer(raw), compression="zstd").read()
    raw = raw.removeprefix(BOM)
    if form.quote:
        reader = csv.reader(io.StringIO(raw.decode(codec_of(form)), newline=""), delimiter=form.separator, quotechar=form.quote)
        lines = []
        for fields in reader:
            out = io.StringIO()
            csv.writer(out, delimiter=form.separator, quotechar=form.quote, lineterminator="").writerow(fields)
            lines.append(out.getvalue().encode(codec_of(form)))
    else:
        lines = raw.split(line_end(form))[:-1]
    return lines[form.header + bool(form.head) : len(lines) - bool(form.tail)]
