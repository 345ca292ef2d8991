"""Where bad rows end up: a file per delivery, with the place, the reason and the bytes of every row, and an index to ask.

The files hold what customers' rows hold, so they are for their owner's eyes only, and what was seen in a column of class
C2 is masked; the raw bytes are not, or nobody could mend them.
"""

from __future__ import annotations

import base64
import csv
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import accumulate, pairwise
from pathlib import Path

from tagmart.contracts import Contract
from tagmart.core import clock
from tagmart.core.state import State
from tagmart.ingest.decode import BadRow, RawRow, raw_rows
from tagmart.ingest.landing import Delivery


@dataclass(frozen=True)
class BadGroup:
    """The bad rows of one file that broke one rule; a row of the index.

    Attributes:
        file: the data file.
        rule: what was broken.
        column: the column, empty where the row as a whole is at fault.
        rows: how many.
        first_line: the line of the first of them.
    """

    file: str
    rule: str
    column: str
    rows: int
    first_line: int


@dataclass(frozen=True)
class QuarantinedRow:
    """A bad row as the quarantine keeps it.

    Attributes:
        file: the data file.
        offset: the byte, from 0, of the decompressed file on which the record begins.
        line: the record's first line, from 1.
        column: the column, empty where the row as a whole is at fault.
        rule: what was broken.
        seen: what was found, masked where it is personal.
        text: the record for reading; bytes that are no text are written as \\xNN.
        raw: the record's bytes, in base64.
    """

    file: str
    offset: int
    line: int
    column: str
    rule: str
    seen: str
    text: str
    raw: str

    @property
    def content(self) -> bytes:
        """The record's bytes."""
        return base64.b64decode(self.raw)


def quarantine_file(folder: Path, feed: str, label: str) -> Path:
    """The file of a delivery's bad rows: one JSON object per line.

    Args:
        folder: the quarantine.
        feed: the feed.
        label: the delivery's date, or "static".
    """
    return folder / label / f"{feed}.jsonl"


def write_quarantine(
    folder: Path, contract: Contract, delivery: Delivery, parts: tuple[Path, ...], bad: list[BadRow]
) -> tuple[BadGroup, ...]:
    """Write the bad rows of a delivery in place of what was written of it before; none, no file.

    Args:
        folder: the quarantine.
        contract: of the feed.
        delivery: names the date.
        parts: the files that were read.
        bad: the rows, each once.

    Returns:
        What the index should say of them (`index_quarantine` writes it).
    """
    path = quarantine_file(folder, contract.feed, delivery.label)
    if not bad:
        path.unlink(missing_ok=True)
        return ()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    groups: dict[tuple[str, str, str], list[int]] = {}
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        for number in sorted({row.part for row in bad}):
            rows = sorted((row for row in bad if row.part == number), key=lambda row: row.line)
            raw = raw_rows(contract, parts[number], {row.line for row in rows})
            for row in rows:
                kept = _kept(contract, parts[number].name, row, raw[row.line])
                out.write(json.dumps(asdict(kept), ensure_ascii=False) + "\n")
                groups.setdefault((kept.file, kept.rule, kept.column), []).append(kept.line)
    os.replace(fresh, path)
    return tuple(BadGroup(*key, len(lines), lines[0]) for key, lines in groups.items())


def index_quarantine(state: State, feed: str, label: str, run_id: str, groups: tuple[BadGroup, ...]) -> None:
    """Say in the state what is in quarantine of a delivery, in place of what was said before.

    Args:
        state: its table `quarantine` is written.
        feed: the feed.
        label: the delivery's date, or "static".
        run_id: the run that took the delivery.
        groups: what `write_quarantine` returned; empty where all rows were good.
    """
    at = clock.now().isoformat(timespec="seconds")
    with state.connect() as connection:
        connection.execute("delete from quarantine where feed = ? and biz_date = ?", (feed, label))
        connection.executemany(
            "insert into quarantine (feed, biz_date, file, rule, column_name, rows, first_line, run_id, at)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(feed, label, one.file, one.rule, one.column, one.rows, one.first_line, run_id, at) for one in groups],
        )


def read_quarantine(folder: Path, feed: str, label: str) -> Iterator[QuarantinedRow]:
    """The bad rows of a delivery, in the order of the files and lines; none where there is no file."""
    path = quarantine_file(folder, feed, label)
    if path.exists():
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield QuarantinedRow(**json.loads(line))


def fields_of(contract: Contract, row: QuarantinedRow) -> list[str] | None:
    """The fields of a bad record by the columns of the contract, or None where they cannot be told apart for certain.

    Args:
        contract: of the feed, with the columns of the delivery's date.
        row: the record.
    """
    form, content = contract.form, row.content.removesuffix(b"\n").removesuffix(b"\r")
    if contract.drift.moved == "accept" or contract.drift.added == "ignore":
        # The columns may stand in another order than here, and a personal value under another column's name.
        return None
    try:
        if form.is_fixed:
            ends = list(accumulate(column.width or 0 for column in contract.columns))
            if len(content) != ends[-1]:
                return None
            return [content[begin:end].decode(form.encoding).strip() for begin, end in pairwise([0, *ends])]
        text = content.decode(form.encoding)
        if form.quote:
            fields = next(csv.reader([text], delimiter=form.separator or ",", quotechar=form.quote, strict=True))
        else:
            fields = (text.removesuffix(form.separator or "") if form.trailing else text).split(form.separator)
    except (UnicodeDecodeError, csv.Error, StopIteration):
        return None
    return fields if len(fields) == len(contract.columns) else None


def masked(text: str) -> str:
    """A personal value as it may be shown: its first character."""
    return f"{text[:1]}***" if text else ""


def _kept(contract: Contract, file: str, row: BadRow, raw: RawRow) -> QuarantinedRow:
    """A bad row with its bytes."""
    personal = row.column in contract.names and contract.column(row.column).personal == "C2" and row.shows_value
    content = raw.raw.removesuffix(b"\n").removesuffix(b"\r")
    return QuarantinedRow(
        file=file,
        offset=raw.offset,
        line=row.line,
        column=row.column,
        rule=row.rule,
        seen=masked(row.seen) if personal else row.seen,
        text=content.decode(contract.form.encoding, errors="backslashreplace"),
        raw=base64.b64encode(raw.raw).decode("ascii"),
    )
