"""What the source says it has sent, and whether that is what lies there: before the files are read, and after."""

from __future__ import annotations

import gzip
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from tagmart.contracts import Contract
from tagmart.contracts.model import Column, FrameField
from tagmart.core.errors import TagmartError
from tagmart.ingest.control_forms import (
    AGAIN,
    AMOUNT,
    Declaration,
    Declared,
    amount_of,
    read_control,
    refuse_twins,
    short,
)
from tagmart.ingest.landing import Delivery

__all__ = ["AGAIN", "Counted", "Manifest", "frame_facts", "md5_of", "read_manifest", "reconcile",
           "refuse_shrunk", "verify_content"]


@dataclass(frozen=True)
class Manifest:
    """What a delivery is known by.

    Attributes:
        parts: the data files, in order.
        rows: rows declared for each part; None for each where nothing declares them.
        size: bytes of all parts.
        md5: of the whole delivery; equal exactly if the delivery is the same.
        batch_no: the number that the source gave it, None where it gives none.
        sums: declared totals of decimal columns.
        rows_declared: of all parts, None where nothing declares them.
        part_md5: of each part, as declared or, where nothing declares it, as read; None if not known.
        is_declared: true where the control file declares the md5 of each part.
        bank: the bank whose files are expected; empty where nobody asked.
        before: the date of the full delivery that this one is measured by, ISO; None where nothing guards it.
        rows_before: how many rows of that one are in ods; None where nothing guards it.
    """

    parts: tuple[Path, ...]
    rows: tuple[int | None, ...]
    size: int
    md5: str
    batch_no: int | None = None
    sums: Mapping[str, Decimal] = field(default_factory=dict)
    rows_declared: int | None = None
    part_md5: tuple[str | None, ...] = ()
    is_declared: tuple[bool, ...] = ()
    bank: str = ""
    before: str | None = None
    rows_before: int | None = None


@dataclass(frozen=True)
class Counted:
    """What reading the parts found, each in the order of the parts.

    Attributes:
        rows: records of each part, without header, head and tail.
        sums: total of each column that has a declared total (`files.sums`, `sum:` of head and tail) over all rows of
            all parts, bad ones included; None where a value was unreadable (`partial_sums` has the rest).
        heads: what the head record of each part says (`frame_facts`); empty where the form has none.
        tails: the same of the tail records.
        partial_sums: for columns whose total is None, the total of the readable values.
        first_bad: the first row that broke the contract, in words; empty if there is none.
    """

    rows: tuple[int, ...]
    sums: Mapping[str, Decimal | None] = field(default_factory=dict)
    heads: tuple[Mapping[str, str], ...] = ()
    tails: tuple[Mapping[str, str], ...] = ()
    partial_sums: Mapping[str, Decimal] = field(default_factory=dict)
    first_bad: str = ""


def read_manifest(contract: Contract, delivery: Delivery, bank: str = "") -> Manifest:
    """What the control file declares, checked against the names and sizes in the folder.

    The parts are read only where the control file does not say their md5.

    Args:
        contract: of the feed.
        delivery: its files.
        bank: whose files are expected; empty to accept any bank's.

    Raises:
        TagmartError: if the control file cannot be read, contradicts itself, is another bank's or another delivery's, or
            other files lie there.
    """
    declaration = read_control(contract, delivery.control) if delivery.control else Declaration()
    if delivery.control:
        _check_says(contract, delivery, declaration, bank)
    if declaration.parts:
        _check_names(contract, delivery, declaration.parts)
        for part in declaration.parts:
            _check_size(delivery.control.parent / part.name, part)
    else:
        _check_part_numbers(contract, delivery)
    parts = tuple(delivery.control.parent / part.name for part in declaration.parts) or delivery.parts
    declared = tuple(part.md5 for part in declaration.parts) or (None,) * len(parts)
    part_md5 = tuple(said or md5_of(path) for said, path in zip(declared, parts, strict=True))
    batch_no = declaration.batch_no
    if batch_no is None and "batch_no" in (one.says for one in contract.form.head):
        batch_no = _batch_in(contract, parts[0])
    return Manifest(
        parts=parts,
        rows=tuple(part.rows for part in declaration.parts) or (None,) * len(parts),
        size=sum(path.stat().st_size for path in parts),
        md5=_md5_of_all(part_md5),
        batch_no=batch_no,
        sums=declaration.sums,
        rows_declared=declaration.rows,
        part_md5=part_md5,
        is_declared=tuple(said is not None for said in declared),
        bank=bank,
    )


def verify_content(manifest: Manifest) -> None:
    """Read every part whose md5 the control file declares, and compare.

    Raises:
        TagmartError: naming the part that differs.
    """
    for path, declared, is_declared in zip(manifest.parts, manifest.part_md5, manifest.is_declared, strict=True):
        if is_declared and (seen := md5_of(path)) != declared:
            raise TagmartError(
                "the file's content differs from what the control file declares (md5)",
                where=short(path), seen=f"{seen}, declared {declared}", do=AGAIN,
            )


def frame_facts(contract: Contract, frame: tuple[FrameField, ...], fields: Sequence[str], where: str) -> dict[str, str]:
    """What a head or tail record says, by the words of the contract (bank, biz_date, rows, `sum:amt`, …).

    Args:
        contract: of the feed.
        frame: `form.head` or `form.tail`.
        fields: the record, taken apart.
        where: file and line, for messages.

    Raises:
        TagmartError: if it is another record: it may be a customer's, so it is not shown.
    """
    name = "head" if frame is contract.form.head else "tail"
    words = [one.strip() for one in fields]
    literal_wrong = any(one.says.startswith("=") and word != one.says[1:] for one, word in zip(frame, words, strict=False))
    if len(words) != len(frame) or literal_wrong:
        first = next((one.says[1:] for one in frame if one.says.startswith("=")), "")
        raise TagmartError(f"the {name} record is missing or is not as agreed", where=where,
                           seen=f"{len(words)} fields, expected {len(frame)}" + (f" with {first!r}" if first else ""),
                           do=f"{AGAIN}; a file without its {name} record may be cut off")
    return {one.says: word for one, word in zip(frame, words, strict=True)
            if not one.says.startswith("=") and one.says != "any"}


def reconcile(contract: Contract, delivery: Delivery, manifest: Manifest, counted: Counted) -> None:
    """Compare what was read with what control file, head and tail records declare: rows, totals, bank, date, batch.

    Raises:
        TagmartError: for the first thing that disagrees, with both values.
    """
    for which, frames in (("head", counted.heads), ("tail", counted.tails)):
        for path, facts, rows in zip(manifest.parts, frames, counted.rows, strict=False):
            _check_frame(contract, delivery, manifest, f"{short(path)}: {which} record", facts, rows)
    for path, declared, rows in zip(manifest.parts, manifest.rows, counted.rows, strict=True):
        _check_rows(short(path), "the file", "the control file", rows, declared)
    _check_rows(_of(delivery, manifest), "the delivery", "the control file", sum(counted.rows), manifest.rows_declared)
    refuse_shrunk(contract, manifest, sum(counted.rows))
    refuse_twins(_of(delivery, manifest), [path.name for path in manifest.parts], list(manifest.part_md5), list(counted.rows))
    for name, declared in manifest.sums.items():
        _check_sum(_of(delivery, manifest), "the control file", name, declared, counted)
    framed = [facts for frames in (counted.heads, counted.tails) for facts in frames]
    for says in sorted({says for facts in framed for says in facts if says.startswith("sum:")}):
        column = contract.column(says.removeprefix("sum:"))
        totals = [_framed_amount(manifest, column, facts[says]) for facts in framed if says in facts]
        _check_sum(_of(delivery, manifest), "the head or tail record", column.name, sum(totals, Decimal(0)), counted)


def refuse_shrunk(contract: Contract, manifest: Manifest, rows: int | None) -> None:
    """Refuse a full delivery that has lost more rows than the contract allows: taken in, it would end every lost one.

    Args:
        contract: of the feed, with its limit.
        manifest: of the delivery.
        rows: how many it has; None where nobody knows yet.

    Raises:
        TagmartError: with the rows of both deliveries.
    """
    if rows is None or manifest.rows_before is None or rows >= (1 - contract.limits.shrink) * manifest.rows_before:
        return
    day = manifest.parts[0].parent.name
    raise TagmartError(
        "the full delivery has shrunk: rows that are not in it would be closed", where=short(manifest.parts[0]),
        seen=f"{rows:,} rows, {manifest.rows_before:,} on {manifest.before}; it may lose {contract.limits.shrink:.0%}",
        do=f"{AGAIN}; if it is right, `tagmart accept {contract.feed} {day} --reason WHY` and run the night again",
    )


def md5_of(path: Path) -> str:
    """The md5 of a file, read in pieces."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _check_says(contract: Contract, delivery: Delivery, declaration: Declaration, bank: str) -> None:
    """The control file is of this bank, feed, date and kind."""
    where, says = short(delivery.control), declaration.says
    _refuse_bank(where, "the control file", says.get("bank"), bank)
    if says.get("feed", contract.feed).lower() != contract.feed.lower():
        raise TagmartError(f"the control file is of another feed than {contract.feed}", where=where, seen=says["feed"][:60], do=AGAIN)
    if delivery.biz_date and "biz_date" in says and says["biz_date"] != f"{delivery.biz_date:%Y%m%d}":
        raise TagmartError("the control file is of another date than its folder (a stale file?)", where=where,
                           seen=f"BIZ_DATE={says['biz_date']}", do="have the source send the delivery of this date")
    if says.get("kind", delivery.kind) != delivery.kind:
        raise TagmartError("the control file is of another kind than its name", where=where, seen=f"KIND={says['kind']}", do=AGAIN)


def _refuse_bank(where: str, what: str, seen: str | None, bank: str) -> None:
    """Another bank's file is never taken in."""
    if bank and seen is not None and seen.lower() != bank.lower():
        raise TagmartError(f"{what} is another bank's", where=where, seen=f"bank '{seen[:60]}', expected '{bank}'",
                           do="remove the delivery from this landing folder, tell its sender, and have this bank's sent")


def _check_names(contract: Contract, delivery: Delivery, declared: tuple[Declared, ...]) -> None:
    """The control file lists the files of this feed, date and kind, and all that lie there."""
    where = short(delivery.control)
    pattern = contract.files.name_pattern()
    for part in declared:
        groups = match.groupdict() if (match := pattern.match(part.name)) else None
        if groups is None:
            raise TagmartError(f"the control file lists a file of another feed than {contract.feed}", where=where,
                               seen=part.name[:100], do=f"{AGAIN}; its files are named {contract.files.name}")
        date_there, kind_there = groups.get("biz_date"), groups.get("kind")
        if date_there and (date_there, kind_there) != (f"{delivery.biz_date:%Y%m%d}", delivery.kind):
            raise TagmartError("the control file lists a file of another delivery", where=where, seen=part.name, do=AGAIN)
        if not (delivery.control.parent / part.name).is_file():
            raise TagmartError("a file that the control file lists is missing", where=where, seen=part.name,
                               do="wait until the source has written it, or have it sent")
    if extra := sorted({part.name for part in delivery.parts} - {part.name for part in declared}):
        raise TagmartError("a file lies there that the control file does not list", where=where, seen=extra[0],
                           do=f"{AGAIN}, or remove the file if it is none of the delivery")


def _check_size(path: Path, declared: Declared) -> None:
    """A file has as many bytes as declared."""
    size = path.stat().st_size
    if size != declared.size:
        what = "the file is truncated" if size < declared.size else "the file is longer than declared"
        raise TagmartError(what, where=short(path), seen=f"{size:,} of {declared.size:,} bytes", do=AGAIN)


def _check_part_numbers(contract: Contract, delivery: Delivery) -> None:
    """Where nothing lists the parts, their numbers at least leave none out."""
    if not delivery.parts:
        raise TagmartError("the control file is there, and no data file", where=short(delivery.control),
                           seen="no file named " + contract.files.name,
                           do="wait until the source has written them, or have them sent")
    matches = [contract.files.name_pattern().match(path.name) for path in delivery.parts]
    numbers = sorted(int(match["part"]) for match in matches if match and "part" in match.groupdict())
    if not numbers:
        return
    first = min(numbers[0], 1)
    if lacking := sorted(set(range(first, numbers[-1] + 1)) - set(numbers)):
        raise TagmartError(f"part {lacking[0]:03d} is missing", where=f"{delivery.parts[0].parent.name}/{contract.feed}",
                           seen=", ".join(path.name for path in delivery.parts)[:200],
                           do="wait until the source has written it, or have it sent")


def _check_frame(
    contract: Contract, delivery: Delivery, manifest: Manifest, where: str, facts: Mapping[str, str], rows: int
) -> None:
    """A head or tail record is of this bank, feed, date and batch, and counts the rows of its part."""
    _refuse_bank(where, "the file", facts.get("bank"), manifest.bank)
    if facts.get("feed", contract.feed).lower() != contract.feed.lower():
        raise TagmartError(f"the file is of another feed than {contract.feed}", where=where, seen=facts["feed"][:60], do=AGAIN)
    if delivery.biz_date and "biz_date" in facts and facts["biz_date"] != f"{delivery.biz_date:%Y%m%d}":
        raise TagmartError("the file is of another date than the delivery (a stale file?)", where=where,
                           seen=f"{facts['biz_date'][:60]}, expected {delivery.biz_date:%Y%m%d}",
                           do="have the source send the delivery of this date")
    if "batch_no" in facts and _whole(where, "batch number", facts["batch_no"]) != manifest.batch_no:
        raise TagmartError("the file is of another batch than the delivery", where=where,
                           seen=f"{facts['batch_no'][:60]}, expected {manifest.batch_no}", do=AGAIN)
    if "rows" in facts:
        _check_rows(where, "the file", "the record", rows, _whole(where, "number of rows", facts["rows"]))


def _check_rows(where: str, what: str, declares: str, rows: int, declared: int | None) -> None:
    """As many rows as declared."""
    if declared is not None and rows != declared:
        raise TagmartError(f"{what} has {'fewer' if rows < declared else 'more'} rows than {declares} declares", where=where,
                           seen=f"{rows:,} of {declared:,} rows", do=AGAIN)


def _check_sum(where: str, declares: str, name: str, declared: Decimal, counted: Counted) -> None:
    """The total of a column is as declared."""
    total = counted.sums.get(name)
    readable = counted.partial_sums.get(name, Decimal(0)) if total is None else total
    if readable == declared:
        return
    unread = "; some values could not be read and count as 0" if total is None else ""
    if unread and counted.first_bad:
        # Why they could not is what the operator needs: the total is only what it shows in.
        unread += f"; the first bad row: {counted.first_bad}"
    raise TagmartError(f"the total of column {name} is not what {declares} declares", where=where,
                       seen=f"{readable:,}, declared {declared:,}{unread}", do=AGAIN)


def _framed_amount(manifest: Manifest, column: Column, text: str) -> Decimal:
    """A total in a head or tail record, written like the values of its column."""
    if not AMOUNT.fullmatch(text):
        raise TagmartError(f"the total of column {column.name} in the head or tail record is not a number",
                           where=short(manifest.parts[0]), seen=f"{len(text)} characters", do=AGAIN)
    return amount_of(text).scaleb(-(column.type.scale or 0)) if column.implied else amount_of(text)


def _whole(where: str, what: str, text: str) -> int:
    """A whole number in a head or tail record."""
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise TagmartError(f"the {what} is not a whole number", where=where, seen=f"{len(text)} characters", do=AGAIN)
    return int(text)


def _batch_in(contract: Contract, path: Path) -> int:
    """The batch number in the head record of a part: asked before anything is read, to refuse a stale batch early."""
    form = contract.form
    with _unpacked(path) as handle:
        lines = [handle.readline(1 << 16) for _ in range(2 if form.header else 1)]
    where = f"{short(path)}: head record"
    record = lines[-1].rstrip(b"\r\n")
    if form.is_fixed:
        fields, at = [], 0
        for one in form.head:
            fields.append(record[at : at + (one.width or 0)].decode(form.encoding, errors="replace"))
            at += one.width or 0
    else:
        fields = record.decode(form.encoding, errors="replace").split(form.separator)
        fields = fields[:-1] if form.trailing and fields[-1] == "" else fields
    return _whole(where, "batch number", frame_facts(contract, form.head, fields, where)["batch_no"])


def _unpacked(path: Path) -> io.BufferedIOBase:
    """A part, open for reading its content."""
    if path.suffix == ".gz":
        return gzip.open(path)
    if path.suffix == ".zst":
        import pyarrow

        return io.BufferedReader(pyarrow.CompressedInputStream(pyarrow.OSFile(str(path)), "zstd"))
    return path.open("rb")


def _of(delivery: Delivery, manifest: Manifest) -> str:
    """The delivery as messages name it: by its control file, else by its first part."""
    return short(delivery.control or manifest.parts[0])


def _md5_of_all(texts: Sequence[str]) -> str:
    """One md5 for all parts: that of the part where there is one, so that `md5sum` on the file gives the same."""
    return texts[0] if len(texts) == 1 else hashlib.md5("\n".join(texts).encode(), usedforsecurity=False).hexdigest()
