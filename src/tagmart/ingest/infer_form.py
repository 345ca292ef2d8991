"""What a sample file shows of its form: encoding, separator, quotes, header, head and tail records."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tagmart.core.errors import TagmartError
from tagmart.ingest.blocks import open_part
from tagmart.ingest.infer_fixed import read_fixed

SAMPLE_BYTES = 8 << 20
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
VALUE = re.compile(r"[+-]?[\d.,:/ -]*-?")
# Separators that banks use, besides those that are found in the sample; long ones first, because `|@|` is also two `|`.
KNOWN = ("@|$|@", "|@|", "|!|", "|#|", "@|@", "\x03", "\x1d", "\x01", "\x1b", "\t", "|", ";", ",", "^", "~")
ENOUGH = 0.95


@dataclass(frozen=True)
class Sample:
    """A sample, taken apart.

    Attributes:
        encoding: a Python codec.
        separator: between two fields, empty in a file of fixed width.
        quote: around quoted fields, or None.
        trailing: true where a separator ends each line.
        crlf: true where lines end in CR LF.
        header: the names in line 1 that can be names of columns, or None.
        labels: what line 1 calls the columns where those cannot be names of columns (it is a head record then).
        head: the fields of the first record, where it is none of the rows.
        tail: the fields of the last record, where it is none of the rows.
        rows: the fields of the rows; those with another number of fields than most are left out.
        odd: how many were left out.
        is_cut: true where the file goes on behind the sample.
        widths: bytes of each field of a file of fixed width, else none.
    """

    encoding: str
    separator: str
    quote: str | None
    trailing: bool
    crlf: bool
    header: tuple[str, ...] | None
    labels: tuple[str, ...] | None
    head: tuple[str, ...] | None
    tail: tuple[str, ...] | None
    rows: list[list[str]]
    odd: int
    is_cut: bool
    widths: tuple[int, ...] = ()


def read_sample(path: Path) -> Sample:
    """Read the beginning of a file (8 MB of its content) and find its form.

    Raises:
        TagmartError: if it is empty, no known encoding fits, or no separator gives lines of equally many fields.
    """
    compression = next((kind for kind in ("gz", "zst") if path.name.endswith(f".{kind}")), None)
    if not path.is_file():
        raise TagmartError("there is no such file", where=str(path), do="check the path")
    with open_part(path, compression) as stream:
        raw = stream.read(SAMPLE_BYTES)
        is_cut = bool(stream.read(1))
    if is_cut:
        raw = raw[: raw.rfind(b"\n") + 1]
    encoding, text = _decoded(raw, path)
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    if lines and not lines[-1]:
        lines.pop()
    if not lines:
        raise TagmartError("the sample is empty", where=path.name, seen=f"{len(raw)} bytes", do="give a file with rows")
    separator, quote = _separator(lines)
    if not separator:
        return _fixed(lines, encoding, b"\r\n" in raw, is_cut, path)
    records = _quoted(lines, separator) if quote else [line.split(separator) for line in lines]
    trailing = quote is None and sum(record[-1] == "" and len(record) > 1 for record in records) >= ENOUGH * len(records)
    if trailing:
        records = [record[:-1] if record[-1] == "" else record for record in records]
    return _framed(records, encoding, separator, quote, trailing, b"\r\n" in raw, is_cut)


def _framed(
    records: list[list[str]], encoding: str, separator: str, quote: str | None, trailing: bool, crlf: bool, is_cut: bool
) -> Sample:
    """Tell header, head and tail from rows."""
    middle = records[1:-1] or records[:1]
    width = Counter(map(len, middle)).most_common(1)[0][0]
    head = tail = header = labels = None
    if quote is None and len(records) > 1 and len(records[0]) != width:
        head, records = tuple(records[0]), records[1:]
    if quote is None and not is_cut and len(records) > 1 and len(records[-1]) != width:
        tail, records = tuple(records[-1]), records[:-1]
    if records and len(records[0]) == width and _is_header(records):
        first, records = tuple(records[0]), records[1:]
        if all(map(NAME.fullmatch, first)):
            header = first
        elif quote:
            raise TagmartError("the names in line 1 cannot be names of columns", where="line 1", seen=", ".join(first[:5]),
                               do="have the source write names of letters, digits and _")
        else:
            # A record before all others whose words nobody compares.
            head, labels = first, first
    if header and head:
        raise TagmartError("a header stands behind a head record", where="line 2", seen=", ".join(header[:5]),
                           do="write the contract by hand: a head record comes behind the header")
    rows = [record for record in records if len(record) == width]
    return Sample(encoding, separator, quote, trailing, crlf, header, labels, head, tail, rows, len(records) - len(rows), is_cut)


def _decoded(raw: bytes, path: Path) -> tuple[str, str]:
    """The encoding and the text: UTF-8 where the bytes are that, else GB18030, which has all of GBK."""
    if raw.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig", raw.decode("utf-8-sig", errors="replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return encoding, raw.decode(encoding)
        except UnicodeDecodeError as error:
            fault = error
    raise TagmartError("the sample is neither UTF-8 nor GB18030", where=path.name,
                       seen=f"byte {raw[fault.start]:#04x} at byte {fault.start:,}",
                       do="ask the source for its encoding, and write the contract by hand")


def _fixed(lines: list[str], encoding: str, crlf: bool, is_cut: bool, path: Path) -> Sample:
    """A sample that no separator takes apart."""
    fixed = read_fixed(lines, encoding, is_cut)
    if fixed is None:
        raise TagmartError("no separator gives the lines equally many fields, and they are not of one length in bytes", where=path.name,
                           seen=f"{len(lines[0])} characters in line 1",
                           do="ask the source for the form of the file, and write the contract by hand")
    return Sample(encoding, "", None, False, crlf, None, None, fixed.head, fixed.tail, fixed.rows, fixed.odd, is_cut, fixed.widths)


def _separator(lines: list[str]) -> tuple[str, str | None]:
    """The separator that gives most lines the same number of fields, empty if none does, and the quote, if fields are quoted."""
    sample = lines[:2000]
    best: tuple[float, int, int, str, str | None] | None = None
    for at, candidate in enumerate([*_found(sample), *KNOWN]):
        counts = [line.count(candidate) for line in sample]
        share, count = _agreement(counts)
        quote = None
        if len(candidate) == 1 and any(line.startswith('"') or f'{candidate}"' in line for line in sample):
            quoted, fields = _agreement([len(record) - 1 for record in _quoted(sample, candidate)])
            if fields and quoted >= share:
                share, count, quote = quoted, fields, '"'
        if count and share >= 0.5:
            # Long ones first where they agree; of single characters the one that cuts oftenest.
            rank = (min(share, ENOUGH), len(candidate) > 1, count, -at)
            if best is None or rank > best[0]:
                best = (rank, candidate, quote)
    return (best[1], best[2]) if best else ("", None)


def _found(lines: list[str]) -> list[str]:
    """Runs of signs that stand in every line and are not just a repeated sign: separators nobody has listed."""
    runs = {run for run in re.findall(r"[^\w\s\"'.:+/()-]{2,6}", lines[0]) if len(set(run)) > 1 and run.isascii()}
    return sorted(
        (run for run in runs if all(run in line and line.count(run[0]) == line.count(run) * run.count(run[0]) for line in lines)),
        key=len, reverse=True,
    )


def _agreement(counts: Sequence[int]) -> tuple[float, int]:
    """The share of the commonest number that is not 0, and that number."""
    common = Counter(count for count in counts if count).most_common(1)
    return (common[0][1] / len(counts), common[0][0]) if common else (0.0, 0)


def _quoted(lines: list[str], separator: str) -> list[list[str]]:
    """Records of a quoted file, as far as they can be taken apart."""
    records: list[list[str]] = []
    reader = csv.reader((line + "\n" for line in lines), delimiter=separator, quotechar='"', doublequote=True, strict=True)
    while True:
        try:
            records.append(next(reader))
        except StopIteration:
            return records
        except csv.Error:
            records.append([])


def _is_header(records: list[list[str]]) -> bool:
    """True where the first record names columns: words that are no values and do not come again below them."""
    first, rest = records[0], records[1:500]
    if len(set(first)) < len(first) or any(not name.strip() or VALUE.fullmatch(name) for name in first):
        return False
    columns = [[row[at] for row in rest if len(row) == len(first)] for at in range(len(first))]
    if any(name in values for name, values in zip(first, columns, strict=True)):
        return False
    for name, values in zip(first, columns, strict=True):
        filled = [value for value in values if value.strip()]
        if filled and not any(_letters(name) & _letters(value) for value in filled):
            return True
    return all(NAME.fullmatch(name) and (name.islower() or name.isupper()) and len(name) > 1 for name in first)


def _letters(text: str) -> set[str]:
    """What kinds of letters a text has: a name over a column is often of another kind than its values."""
    return {"digit" if one.isdigit() else "ascii" if one.isascii() else "other" for one in text if one.isalnum()}
