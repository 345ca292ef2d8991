"""The three forms of control files, read into one value. Nothing here looks at the data files.

list (.ok), a line per part, the totals of amounts, and the total of all parts, which is the last line:

    file|bytes|rows|md5                      (this line may be left out)
    core_txn_20260630_J_001.dat|1048576|9000|9e107d9d372bb6826bd81d3542a419d6
    SUM|amt|1234567.89|                      (one for each column of files.sums)
    TOTAL|1048576|9000|

keys (.ctl), KEY=value lines: the delivery, then each part, then the totals of amounts:

    BANK=demo
    FEED=pay_detail
    BIZ_DATE=20260630
    KIND=J
    BATCH=1                                  (counts up when a date is sent again)
    PARTS=1
    FILE=pay_detail_20260630_J_001.dat       (FILE begins a part; MD5 may be left out)
    BYTES=1048576
    ROWS=9000
    MD5=9e107d9d372bb6826bd81d3542a419d6
    SUM.amt=1234567.89                       (one for each column of files.sums)

flag (.flg): empty, or only the number of rows of all parts.

Rows are records without header, head and tail. Bytes and md5 are of the file as it lies there, packed or not. Totals are
written with their decimal point, whatever the file does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from tagmart.contracts import Contract
from tagmart.core.errors import TagmartError

AGAIN = "have the source send the delivery again"
# Some sources name the columns in the first line; with or without it, the file says the same.
HEADER = "file|bytes|rows|md5"
DELIVERY_KEYS = ("BANK", "FEED", "BIZ_DATE", "KIND", "BATCH", "PARTS")
PART_KEYS = ("FILE", "BYTES", "ROWS", "MD5")
AMOUNT = re.compile(r"[+-]?(\d{1,30}(\.\d{0,10})?|\.\d{1,10})-?")


@dataclass(frozen=True)
class Declared:
    """A part as the source wrote it (`rows` without header, head and tail); md5 None where it says none."""

    name: str
    size: int
    rows: int
    md5: str | None


@dataclass(frozen=True)
class Declaration:
    """What a control file says.

    Attributes:
        parts: the files; none where the form does not name them (a flag).
        rows: of all parts; None where it does not say.
        sums: totals of decimal columns.
        batch_no: the number of the batch, None where it does not say.
        says: what else it says of the delivery: bank, feed, biz_date, kind.
    """

    parts: tuple[Declared, ...] = ()
    rows: int | None = None
    sums: Mapping[str, Decimal] = field(default_factory=dict)
    batch_no: int | None = None
    says: Mapping[str, str] = field(default_factory=dict)


def read_control(contract: Contract, path: Path) -> Declaration:
    """Read a control file in the form that the contract names.

    Raises:
        TagmartError: if it cannot be read, is cut off, or contradicts itself. Its lines are not shown: they may be
            customers' rows, where data were written under this name.
    """
    text = _read_text(path)
    where = short(path)
    forms = {"list": parse_list, "keys": parse_keys, "flag": parse_flag}
    declaration = forms[contract.files.control_form](text, where)
    if lacking := [name for name in contract.files.sums if name not in declaration.sums and contract.files.control_form != "flag"]:
        raise TagmartError(f"the control file declares no total of column {lacking[0]}", where=where,
                           seen=", ".join(sorted(declaration.sums)) or "no totals", do=AGAIN)
    if unknown := sorted(set(declaration.sums) - set(contract.names)):
        raise TagmartError("the control file declares the total of a column that the contract does not know", where=where,
                           seen=unknown[0][:60], do=f"{AGAIN}, or change the contract {contract.path}")
    return declaration


def parse_list(text: str, where: str) -> Declaration:
    """Lines `file|bytes|rows|md5` (perhaps under a line that says so), `SUM|column|total|`, at last `TOTAL|bytes|rows|`.

    Raises:
        TagmartError: if a line is otherwise, the total is missing, or it does not add up.
    """
    lines = _lines(text)
    declared: list[Declared] = []
    sums: dict[str, Decimal] = {}
    total: tuple[int, int] | None = None
    for number, line in enumerate(lines, start=1):
        if number == 1 and line == HEADER:
            continue
        amount = re.fullmatch(r"SUM\|(\w+)\|([^|]+)\|?", line)
        if amount and total is None and amount.group(1) not in sums and AMOUNT.fullmatch(amount.group(2)):
            sums[amount.group(1)] = amount_of(amount.group(2))
            continue
        found = re.fullmatch(r"([^|/\\]+)\|(\d{1,15})\|(\d{1,15})\|([0-9a-fA-F]{32})?", line)
        if found is None or total is not None or (found.group(1) == "TOTAL") != (found.group(4) is None):
            raise TagmartError("the control file is corrupted", where=f"{where}, line {number}",
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
    added = (sum(part.size for part in declared), sum(part.rows for part in declared))
    if added != total:
        raise TagmartError("the control file does not add up", where=where,
                           seen=f"TOTAL {total[0]} bytes, {total[1]} rows; parts {added[0]} bytes, {added[1]} rows",
                           do=AGAIN)
    _check_listed(declared, where)
    return Declaration(tuple(declared), total[1], sums)


def parse_keys(text: str, where: str) -> Declaration:
    """KEY=value lines: those of the delivery, then FILE, BYTES, ROWS, MD5 of each part, then SUM.<column>.

    Raises:
        TagmartError: if a line is otherwise, a key is missing or stands twice, or there are not as many parts as PARTS says.
    """
    says: dict[str, str] = {}
    parts: list[dict[str, str]] = []
    sums: dict[str, Decimal] = {}
    for number, line in enumerate(_lines(text), start=1):
        key, equals, value = (piece.strip() for piece in line.partition("="))
        column = key.removeprefix("SUM.")
        if equals and column != key and column not in sums and AMOUNT.fullmatch(value):
            sums[column] = amount_of(value)
            continue
        if key == "FILE":
            parts.append({})
        target = parts[-1] if parts else says
        allowed = PART_KEYS if parts else DELIVERY_KEYS
        if not equals or not value or key not in allowed or key in target or not _is_value(key, value) or sums:
            raise TagmartError("the control file is corrupted", where=f"{where}, line {number}",
                               seen=f"{len(line)} characters" + (f", key {key}" if key in DELIVERY_KEYS + PART_KEYS else ""),
                               do=f"{AGAIN}; its lines are {', '.join(DELIVERY_KEYS)}, then {', '.join(PART_KEYS)} of each"
                                  " part, then SUM.<column>, each once, like ROWS=9000")
        target[key] = value
    for needed, target in [(DELIVERY_KEYS, says), *((PART_KEYS[:3], part) for part in parts)]:
        if lacking := [key for key in needed if key not in target]:
            raise TagmartError(f"the control file is cut off: it has no {lacking[0]}", where=where,
                               seen=target.get("FILE") or f"{len(parts)} parts", do=AGAIN)
    if len(parts) != int(says["PARTS"]):
        raise TagmartError("the control file does not list as many parts as it says", where=where,
                           seen=f"{len(parts)} listed, PARTS={says['PARTS']}", do=AGAIN)
    declared = [Declared(one["FILE"], int(one["BYTES"]), int(one["ROWS"]), one["MD5"].lower() if "MD5" in one else None)
                for one in parts]
    _check_listed(declared, where)
    about = {"bank": says["BANK"], "feed": says["FEED"], "biz_date": says["BIZ_DATE"], "kind": says["KIND"]}
    return Declaration(tuple(declared), sum(part.rows for part in declared), sums, int(says["BATCH"]), about)


def parse_flag(text: str, where: str) -> Declaration:
    """Nothing, or the number of rows.

    Raises:
        TagmartError: if it is something else.
    """
    word = text.strip()
    if word and not re.fullmatch(r"\d{1,15}", word):
        raise TagmartError("the flag file is corrupted: it is neither empty nor a number of rows", where=where,
                           seen=f"{len(word)} characters", do=AGAIN)
    return Declaration(rows=int(word) if word else None)


def amount_of(text: str) -> Decimal:
    """A total as sources write it: with a sign in front or behind, or none."""
    return -Decimal(text[:-1]) if text.endswith("-") else Decimal(text)


def short(path: Path) -> str:
    """A file as messages name it: with its folder, so that the date is seen, and without the way there."""
    return f"{path.parent.name}/{path.name}"


def _check_listed(declared: list[Declared], where: str) -> None:
    """A control file lists files, each once, and no two with the same content."""
    if not declared:
        raise TagmartError("the control file lists no file", where=where,
                           do=f"{AGAIN}; a delivery without rows is one file without rows")
    names = [part.name for part in declared]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise TagmartError("the control file lists a file twice", where=where, seen=repeated[0], do=AGAIN)
    refuse_twins(where, names, [part.md5 for part in declared], [part.rows for part in declared])


def refuse_twins(where: str, names: list[str], md5: list[str | None], rows: list[int]) -> None:
    """Refuse two parts with the same rows in them: one part was sent twice, and another one perhaps not at all."""
    seen: dict[str, str] = {}
    for name, digest, count in zip(names, md5, rows, strict=True):
        if digest is None or not count:
            continue
        if digest in seen:
            raise TagmartError("a part has come twice: two parts have the same content", where=where,
                               seen=f"{seen[digest]} and {name}", do=AGAIN)
        seen[digest] = name


def _is_value(key: str, value: str) -> bool:
    """Whether a value has the form that its key asks for."""
    forms = {"BIZ_DATE": r"\d{8}", "BATCH": r"\d{1,9}", "PARTS": r"\d{1,3}", "BYTES": r"\d{1,15}", "ROWS": r"\d{1,15}",
             "MD5": r"[0-9a-fA-F]{32}", "FILE": r"[^|/\\]+", "KIND": r"[A-Z]"}
    return re.fullmatch(forms.get(key, r".+"), value) is not None


def _lines(text: str) -> list[str]:
    """The lines of a control file, without empty ones at its end."""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _read_text(path: Path) -> str:
    """The text of a control file."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TagmartError("the control file is corrupted: it is not UTF-8", where=short(path),
                           seen=f"byte {error.object[error.start]:#04x} at byte {error.start + 1}", do=AGAIN) from None
    except FileNotFoundError:
        raise TagmartError("the control file is missing", where=short(path),
                           do="wait until the source has written it, or have it sent") from None
