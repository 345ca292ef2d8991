"""Putting corrected records in the place of quarantined ones: a copy of a delivery's parts, the landing is left alone."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from tagmart.contracts import Contract
from tagmart.core.errors import TagmartError
from tagmart.ingest.blocks import Readable, open_part
from tagmart.ingest.control import Manifest
from tagmart.ingest.quarantine import QuarantinedRow

PIECE = 1 << 20


def mended(contract: Contract, manifest: Manifest, rows: list[QuarantinedRow], corrected: Path, folder: Path) -> Manifest:
    """The delivery with corrected records.

    Args:
        contract: of the feed.
        manifest: of the delivery as it was sent.
        rows: its quarantined rows, in the order in which the quarantine keeps them.
        corrected: as many records, in that order and in the feed's own form, without header, head and tail.
        folder: where the parts that change are written anew; personal data, to be removed by the caller.

    Returns:
        The manifest with the new parts, whose bytes the control file no longer speaks of; its rows and totals still do.

    Raises:
        TagmartError: if the numbers differ.
    """
    records = list(_records(contract, corrected))
    if not rows or len(records) != len(rows):
        raise TagmartError("the file does not have a record for each one in quarantine", where=corrected.name,
                           seen=f"{len(records):,} records, {len(rows):,} in quarantine",
                           do="correct them all, in the order in which `tagmart quarantine show --raw` shows them")
    places: dict[str, list[tuple[QuarantinedRow, bytes]]] = {}
    for row, record in zip(rows, records, strict=True):
        places.setdefault(row.file, []).append((row, record))
    parts = []
    for part in manifest.parts:
        if part.name not in places:
            parts.append(part)
            continue
        with open_part(part, contract.files.compression) as source, (folder / part.name).open("wb") as out:
            _copy(source, out, places[part.name], contract.files.compression)
        parts.append(folder / part.name)
    return replace(manifest, parts=tuple(parts), is_declared=(False,) * len(parts))


def _records(contract: Contract, path: Path) -> Iterator[bytes]:
    """The records of a file, each with its line end; a quoted one goes on while a quote is open."""
    quote = (contract.form.quote or "").encode()
    held = b""
    with path.open("rb") as lines:
        for line in lines:
            held += line if line.endswith(b"\n") else line + b"\n"
            if not quote or held.count(quote) % 2 == 0:
                yield held
                held = b""
    if held:
        yield held


def _copy(source: Readable, out: BinaryIO, places: list[tuple[QuarantinedRow, bytes]], compression: str | None) -> None:
    """Copy a part's content with other bytes where the quarantined records lie."""
    packed = _packed(out, compression)
    at = 0
    for row, record in sorted(places, key=lambda place: place[0].offset):
        for piece in _pieces(source, row.offset - at):
            packed.write(piece)
        packed.write(record)
        at = row.offset + sum(map(len, _pieces(source, len(row.content))))
    while piece := source.read(PIECE):
        packed.write(piece)
    if packed is not out:
        packed.close()


def _pieces(source: Readable, size: int) -> Iterator[bytes]:
    """The next bytes of a content, in pieces."""
    while size and (piece := source.read(min(size, PIECE))):
        size -= len(piece)
        yield piece


def _packed(out: BinaryIO, compression: str | None) -> BinaryIO:
    """A file to write content to that is packed as the feed's files are."""
    if compression == "gz":
        return gzip.GzipFile(fileobj=out, mode="wb")
    if compression == "zst":
        import pyarrow

        return pyarrow.CompressedOutputStream(out, "zstd")
    return out
