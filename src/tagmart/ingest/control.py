"""Control files: what the source says it has sent, and whether that is what lies there."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from tagmart.contracts import Contract
from tagmart.core.errors import TagmartError
from tagmart.ingest.landing import Delivery

AGAIN = "have the source send the delivery again"
# Some sources name the columns in the first line; with or without it, the file says the same.
HEADER = "file|bytes|rows|md5"


@dataclass(frozen=True)
class Declared:
    """A line of a control file: a part as the source wrote it (`rows` without the header line)."""

    name: str
    size: int
    rows: int
    md5: str


@dataclass(frozen=True)
class Manifest:
    """What a delivery is known by.

    Attributes:
        parts: the data files, in order.
        rows: rows declared for each part; None for each where there is no control file.
        size: bytes of all parts.
        md5: of the whole delivery; equal exactly if the delivery is the same.
    """

    parts: tuple[Path, ...]
    rows: tuple[int | None, ...]
    size: int
    md5: str

    @property
    def rows_declared(self) -> int | None:
        """Rows of all parts, None where there is no control file."""
        return None if None in self.rows else sum(self.rows)


def read_manifest(contract: Contract, delivery: Delivery) -> Manifest:
    """What the control file declares, checked against the names and sizes in the folder; the parts are not read.

    Without a control file the parts themselves are read for their md5.

    Raises:
        TagmartError: if the control file cannot be read, contradicts itself, or other files lie there.
    """
    if delivery.control is None:
        sums = [md5_of(part) for part in delivery.parts]
        return Manifest(delivery.parts, tuple(None for _ in sums), sum(part.stat().st_size for part in delivery.parts),
                        _md5_of_all(sums))
    declared = parse_control(_read_text(delivery.control), _short(delivery.control))
    _check_names(contract, delivery, declared)
    for part in declared:
        _check_size(delivery.control.parent / part.name, part)
    return Manifest(
        parts=tuple(delivery.control.parent / part.name for part in declared),
        rows=tuple(part.rows for part in declared),
        size=sum(part.size for part in declared),
        md5=_md5_of_all([part.md5 for part in declared]),
    )


def verify_content(delivery: Delivery) -> None:
    """Read every part and compare its md5 with the control file; no control file, nothing to compare.

    Raises:
        TagmartError: naming the part that differs.
    """
    if delivery.control is None:
        return
    for part in parse_control(_read_text(delivery.control), _short(delivery.control)):
        seen = md5_of(delivery.control.parent / part.name)
        if seen != part.md5:
            raise TagmartError(
                "the file's content differs from what the control file declares (md5)",
                where=_short(delivery.control.parent / part.name), seen=f"{seen}, declared {part.md5}", do=AGAIN,
            )


def parse_control(text: str, where: str) -> list[Declared]:
    """The parts that a control file declares: lines `file|bytes|rows|md5` (perhaps under a line that says so), then
    `TOTAL|bytes|rows|`.

    Raises:
        TagmartError: if a line is otherwise, the total is missing, or it does not add up.
    """
    lines = [line.rstrip("\r") for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    declared: list[Declared] = []
    total: tuple[int, int] | None = None
    for number, line in enumerate(lines, start=1):
        if number == 1 and line == HEADER:
            continue
        here = f"{where}, line {number}"
        found = re.fullmatch(r"([^|/\\]+)\|(\d{1,15})\|(\d{1,15})\|([0-9a-fA-F]{32})?", line)
        if found is None or total is not None or (found.group(1) == "TOTAL") != (found.group(4) is None):
            # Not the line itself: it may be a customer's row, where data were written under this name.
            raise TagmartError("the control file is corrupted", where=here,
                               seen=f"{len(line)} characters, {line.count('|') + 1} fields",
                               do=f"{AGAIN}; a line is {HEADER}, the last one TOTAL|bytes|rows|")
        name, size, rows, md5 = found.groups()
        if name == "TOTAL":
            total = (int(size), int(rows))
        else:
            declared.append(Declared(name, int(size), int(rows), md5.lower()))
    if total is None:
        raise TagmartError("the control file is cut off: it has no TOTAL line", where=where,
                           seen=f"{len(lines)} lines", do=AGAIN)
    sums = (sum(part.size for part in declared), sum(part.rows for part in declared))
    if sums != total:
        raise TagmartError("the control file does not add up", where=where,
                           seen=f"TOTAL {total[0]} bytes, {total[1]} rows; parts {sums[0]} bytes, {sums[1]} rows",
                           do=AGAIN)
    return declared


def md5_of(path: Path) -> str:
    """The md5 of a file, read in pieces."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _check_names(contract: Contract, delivery: Delivery, declared: list[Declared]) -> None:
    """The control file lists the files of this feed, date and kind, each once, and all that lie there."""
    where = _short(delivery.control)
    if not declared:
        raise TagmartError("the control file lists no file", where=where,
                           do=f"{AGAIN}; a delivery without rows is one file without rows")
    names = [part.name for part in declared]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise TagmartError("the control file lists a file twice", where=where, seen=repeated[0], do=AGAIN)
    pattern = contract.files.name_pattern()
    for name in names:
        groups = match.groupdict() if (match := pattern.match(name)) else None
        if groups is None:
            raise TagmartError(f"the control file lists a file of another feed than {contract.feed}", where=where,
                               seen=name, do=f"{AGAIN}; its files are named {contract.files.name}")
        date_there, kind_there = groups.get("biz_date"), groups.get("kind")
        if date_there and (date_there, kind_there) != (f"{delivery.biz_date:%Y%m%d}", delivery.kind):
            raise TagmartError("the control file lists a file of another delivery", where=where, seen=name, do=AGAIN)
        if not (delivery.control.parent / name).is_file():
            raise TagmartError("a file that the control file lists is missing", where=where, seen=name,
                               do="wait until the source has written it, or have it sent")
    if extra := sorted({part.name for part in delivery.parts} - set(names)):
        raise TagmartError("a file lies there that the control file does not list", where=where, seen=extra[0],
                           do=f"{AGAIN}, or remove the file if it is none of the delivery")


def _check_size(path: Path, declared: Declared) -> None:
    """A file has as many bytes as declared."""
    size = path.stat().st_size
    if size != declared.size:
        what = "the file is truncated" if size < declared.size else "the file is longer than declared"
        raise TagmartError(what, where=_short(path), seen=f"{size:,} of {declared.size:,} bytes", do=AGAIN)


def _read_text(path: Path) -> str:
    """The text of a control file."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TagmartError("the control file is corrupted: it is not UTF-8", where=_short(path),
                           seen=f"byte {error.object[error.start]:#04x} at byte {error.start + 1}", do=AGAIN) from None
    except FileNotFoundError:
        raise TagmartError("the control file is missing", where=_short(path),
                           do="wait until the source has written it, or have it sent") from None


def _short(path: Path) -> str:
    """A file as messages name it: with its folder, so that the date is seen, and without the way there."""
    return f"{path.parent.name}/{path.name}"


def _md5_of_all(texts: list[str]) -> str:
    """One md5 for all parts: that of the part where there is one, so that `md5sum` on the file gives the same."""
    return texts[0] if len(texts) == 1 else hashlib.md5("\n".join(texts).encode(), usedforsecurity=False).hexdigest()
