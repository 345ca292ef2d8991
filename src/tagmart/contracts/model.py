"""The parts of a contract, as plain frozen values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

# Kinds of delivery by load: every feed starts with an initial load `I`, then comes what its load says.
DAILY_KIND = {"full": "F", "delta": "D", "journal": "J"}
INITIAL_KIND = "I"
STATIC_KIND = "S"


@dataclass(frozen=True)
class ColumnType:
    """A column's type.

    Attributes:
        kind: string, integer, decimal, date, timestamp or boolean.
        size: most characters of a string, digits of a decimal; else None.
        scale: digits of a decimal behind the point; else None.
    """

    kind: str
    size: int | None = None
    scale: int | None = None

    def __str__(self) -> str:
        if self.kind == "string":
            return f"string({self.size})"
        if self.kind == "decimal":
            return f"decimal({self.size},{self.scale})"
        return self.kind

    @property
    def sql(self) -> str:
        """The DuckDB type of the column in ods."""
        if self.kind == "string":
            return "VARCHAR"
        if self.kind == "decimal":
            return f"DECIMAL({self.size},{self.scale})"
        return self.kind.upper()


@dataclass(frozen=True)
class Column:
    """A column of the file, in the order of the file.

    Attributes:
        name: as the header writes it.
        type: what its values must be.
        required: true where it may not be empty.
        values: the only values it may have; empty where any will do.
        personal: C1 or C2 where it identifies a person (its values are masked in messages), else None.
        description: a few words, may be empty.
    """

    name: str
    type: ColumnType
    required: bool = False
    values: tuple[str, ...] = ()
    personal: str | None = None
    description: str = ""


@dataclass(frozen=True)
class Form:
    """How the bytes of a file are written.

    Attributes:
        encoding: a Python codec.
        separator: between two fields; several characters are allowed where nothing is quoted.
        quote: the character around quoted fields, None where nothing is quoted.
        header: true where line 1 holds the column names.
        date: strftime form of dates.
        timestamp: strftime form of timestamps.
        century: 1900 or 2000, put before years of two digits; None where years have four.
    """

    encoding: str = "utf-8"
    separator: str = "|"
    quote: str | None = None
    header: bool = True
    date: str = "%Y-%m-%d"
    timestamp: str = "%Y-%m-%d %H:%M:%S"
    century: int | None = None


@dataclass(frozen=True)
class Files:
    """Which files make a delivery.

    Attributes:
        name: data files; {biz_date}, {kind} and {part} stand for what changes. A literal name for static feeds.
        control: the control file, None where the source writes none.
        delivery: daily or static.
    """

    name: str
    control: str | None
    delivery: str

    def name_pattern(self) -> re.Pattern[str]:
        """Matches the names of data files of any date; groups biz_date, kind, part where the name has them."""
        return _pattern(self.name)

    def control_pattern(self) -> re.Pattern[str] | None:
        """Matches the names of control files of any date, or None."""
        return _pattern(self.control) if self.control else None

    def name_of(self, biz_date: date | None, kind: str, part: int = 1) -> str:
        """The name of a data file."""
        return _filled(self.name, biz_date, kind, part)

    def control_of(self, biz_date: date | None, kind: str) -> str | None:
        """The name of the control file, or None."""
        return _filled(self.control, biz_date, kind, 1) if self.control else None


@dataclass(frozen=True)
class Limits:
    """What gate 1 lets pass: `bad_share` is the largest share (0 to 1) of rows that may be in quarantine."""

    bad_share: float = 0.0


@dataclass(frozen=True)
class Contract:
    """What the files of one feed must be.

    Attributes:
        feed: its name, also of its table in ods.
        system: the source system, the folder of the contract.
        title_zh: its name in Chinese.
        title_en: its name in English.
        description: what a row is.
        load: full, delta, journal or static.
        owner: who answers for the source.
        provides: the canonical feeds (staging models without `stg_`) that are made from it.
        files: which files make a delivery.
        form: how they are written.
        key: the columns that are unique within a delivery.
        columns: in the order of the file.
        row_date: the date column that must agree with the delivery's date, or None.
        limits: what gate 1 lets pass.
        allow_empty: true where a delivery without rows is in order.
        path: the contract's own file, relative to the bank's folder.
    """

    feed: str
    system: str
    title_zh: str
    title_en: str
    description: str
    load: str
    owner: str
    provides: tuple[str, ...]
    files: Files
    form: Form
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    row_date: str | None = None
    limits: Limits = Limits()
    allow_empty: bool = False
    path: str = ""

    @property
    def is_static(self) -> bool:
        """True where the feed is one file that is delivered once."""
        return self.files.delivery == "static"

    @property
    def names(self) -> tuple[str, ...]:
        """The column names, in the order of the file."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: if there is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def _pattern(name: str) -> re.Pattern[str]:
    """A file name of a contract as a regular expression."""
    groups = {"biz_date": r"(?P<biz_date>\d{8})", "kind": r"(?P<kind>[A-Z])", "part": r"(?P<part>\d{3})"}
    pieces = re.split(r"\{(\w+)\}", name)
    return re.compile("".join(groups[piece] if at % 2 else re.escape(piece) for at, piece in enumerate(pieces)) + r"\Z")


def _filled(name: str, biz_date: date | None, kind: str, part: int) -> str:
    """A file name with what changes filled in."""
    return name.format(biz_date=f"{biz_date:%Y%m%d}" if biz_date else "", kind=kind, part=f"{part:03d}")
