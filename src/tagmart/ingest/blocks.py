"""From a part of a delivery to blocks of whole lines: unpacked as it is read, freed of its header, head and tail records.

Nothing is held but a block and what is left of the one before it, so memory does not grow with the file.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from tagmart.contracts import Contract, Form, FrameField
from tagmart.core.errors import TagmartError
from tagmart.ingest.control import AGAIN, frame_facts
from tagmart.ingest.drift import HeaderPlan, plan_header

BLOCK_BYTES = 8 << 20
# A file whose lines are longer has no line ends, or is none of ours.
LINE_BYTES = 16 << 20
# Byte order marks; that of UTF-8 is taken whether or not the contract says utf-8-sig.
MARKS = {"utf-8": b"\xef\xbb\xbf", "utf-8-sig": b"\xef\xbb\xbf", "gb18030": b"\x84\x31\x95\x33"}


@dataclass(frozen=True)
class Block:
    """Whole lines of a part.

    Attributes:
        raw: the bytes, with a line end behind the last line.
        line: the number of its first line in the part, from 1.
    """

    raw: bytes
    line: int

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return self.raw.count(b"\n")


class Readable(Protocol):
    """What a part is read through."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size`; none at the end."""


@dataclass
class Part:
    """A part that is being read: its frame is known as far as it has been read.

    Attributes:
        contract: as it is at the date of the delivery.
        path: the file.
        size: bytes to read at once.
        plan: where the file has the columns of the contract; known as soon as the first block is.
        head: what the head record says; empty where the form has none.
        tail: what the tail record says; known when all blocks have been read.
    """

    contract: Contract
    path: Path
    size: int = BLOCK_BYTES
    plan: HeaderPlan = field(init=False)
    head: dict[str, str] = field(default_factory=dict)
    tail: dict[str, str] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """The file as messages name it."""
        return f"{self.path.parent.name}/{self.path.name}"

    def blocks(self) -> Iterator[Block]:
        """The records of the part.

        Raises:
            TagmartError: if the archive is cut or corrupted, or header, head or tail are not what the contract says.
        """
        form = self.contract.form
        width = len(self.contract.columns)
        self.plan = HeaderPlan(tuple(range(width)), width)
        with open_part(self.path, self.contract.files.compression) as stream:
            pieces = self._pieces(stream)
            rest, line = next(pieces, b""), 1
            for take in [self._take_header] * form.header + [self._take_head] * bool(form.head):
                while not rest and (more := next(pieces, b"")):
                    rest = more
                first, _, rest = rest.partition(b"\n")
                take(first.removesuffix(b"\r"), line)
                line += 1
            held = b""
            while rest or (rest := next(pieces, b"")):
                if form.tail:
                    # The last line so far may be the tail: it waits until it is known that another one comes.
                    rest, held = held + rest, b""
                    end = rest.rfind(b"\n", 0, len(rest) - 1) + 1
                    rest, held = rest[:end], rest[end:]
                if rest:
                    block = Block(rest, line)
                    yield block
                    line += block.lines
                rest = b""
            if form.tail:
                self._take_tail(held.removesuffix(b"\n").removesuffix(b"\r"), line)

    def _pieces(self, stream: Readable) -> Iterator[bytes]:
        """The content in pieces of whole lines, without a byte order mark; the last line gets a line end if it lacks it."""
        # The mark is no text: left there, it would be part of the first name, or of the first field.
        mark = MARKS.get(self.contract.form.encoding, b"")
        for piece in whole_lines(stream, self.size, self.where):
            piece, mark = piece.removeprefix(mark), b""
            if piece:
                yield piece if piece.endswith(b"\n") else piece + b"\n"

    def _take_header(self, line: bytes, number: int) -> None:
        """The names of the columns."""
        where = f"{self.where}, line {number}"
        if not line:
            self.plan = plan_header(self.contract, where, [])
            return
        try:
            names = _fields(self.contract.form, (), line)
        except (UnicodeDecodeError, csv.Error):
            raise TagmartError("the header cannot be read", where=where, do=AGAIN,
                               seen=f"{len(line)} bytes that are not {self.contract.form.encoding}") from None
        if self.contract.form.trailing and names[-1] == "":
            names = names[:-1]
        self.plan = plan_header(self.contract, where, names)

    def _take_head(self, line: bytes, number: int) -> None:
        """What the record before all others says."""
        self.head = self._facts(self.contract.form.head, line, number)

    def _take_tail(self, line: bytes, number: int) -> None:
        """What the record behind all others says."""
        self.tail = self._facts(self.contract.form.tail, line, number)

    def _facts(self, frame: tuple[FrameField, ...], line: bytes, number: int) -> dict[str, str]:
        """A head or tail record, taken apart."""
        form = self.contract.form
        try:
            fields = _fields(form, frame, line)
        except UnicodeDecodeError:
            fields = []
        if form.trailing:
            # A record without its last separator may be cut: then it has a field too few.
            fields = fields[:-1] if fields and fields[-1] == "" else []
        return frame_facts(self.contract, frame, fields, f"{self.where}, line {number}")


def whole_lines(stream: Readable, size: int, where: str) -> Iterator[bytes]:
    """A content, cut behind a line end about every `size` bytes; the last piece may lack its line end.

    Raises:
        TagmartError: if a line is longer than any record can be.
    """
    rest: list[bytes] = []
    while chunk := stream.read(size):
        end = chunk.rfind(b"\n") + 1
        if end:
            yield b"".join([*rest, chunk[:end]])
            rest = []
        if chunk[end:]:
            rest.append(chunk[end:])
            if sum(map(len, rest)) > LINE_BYTES:
                raise TagmartError("a line is longer than 16 MB: the file has no line ends", where=where,
                                   seen=f"{LINE_BYTES >> 20} MB without 0x0A", do=AGAIN)
    if rest:
        yield b"".join(rest)


def open_part(path: Path, compression: str | None) -> _Unpacked:
    """A part, open for reading its content in order.

    Args:
        path: the part.
        compression: gz, zst or None.
    """
    return _Unpacked(path, compression)


class _Unpacked:
    """The content of a part, whole or refused: an archive that ends too early must not pass for a shorter file."""

    def __init__(self, path: Path, compression: str | None) -> None:
        self.path, self.compression = path, compression
        self.file: BinaryIO = path.open("rb")
        self.content: Readable = self.file
        if compression == "gz":
            self.content = gzip.GzipFile(fileobj=self.file)
        elif compression == "zst":
            import pyarrow

            self.content = pyarrow.CompressedInputStream(self.file, "zstd")
        if compression and path.stat().st_size == 0:
            self._refuse("the file is empty")

    def __enter__(self) -> _Unpacked:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def read(self, size: int) -> bytes:
        """The next bytes of the content: exactly `size`, but for the last.

        Raises:
            TagmartError: if the archive is cut or corrupted.
        """
        if self.compression is None:
            return self.content.read(size)
        got, wanted = [], size
        try:
            while wanted and (piece := self.content.read(wanted)):
                got.append(piece)
                wanted -= len(piece)
        except (EOFError, OSError, zlib.error) as error:
            self._refuse(" ".join(str(error).split()))
        return b"".join(got)

    def _refuse(self, why: str) -> None:
        """Tell what is wrong with the archive."""
        self.file.close()
        raise TagmartError(f"the {self.compression} archive is cut or corrupted",
                           where=f"{self.path.parent.name}/{self.path.name}", seen=why[:200], do=AGAIN)


def _fields(form: Form, frame: tuple[FrameField, ...], line: bytes) -> list[str]:
    """The fields of a header, head or tail record.

    Raises:
        UnicodeDecodeError: if the bytes are no text.
        csv.Error: if the quotes are wrong.
    """
    codec = "utf-8" if form.encoding == "utf-8-sig" else form.encoding
    if form.is_fixed:
        fields, at = [], 0
        for one in frame:
            fields.append(line[at : at + (one.width or 0)].decode(codec))
            at += one.width or 0
        # A record shorter than its fields is cut; one that is padded to the length of the others is not.
        return fields if len(line) >= at and not line[at:].strip() else []
    text = line.decode(codec)
    if form.quote:
        reader = csv.reader([text], delimiter=form.separator or ",", quotechar=form.quote, strict=True)
        return next(reader, [])
    return text.split(form.separator)
