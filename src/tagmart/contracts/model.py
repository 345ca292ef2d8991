"""The parts of a contract, as plain frozen values."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
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
        since: the first delivery date whose files have the column; None from the beginning.
        until: the first delivery date whose files have it no more; None for ever.
        width: bytes of the field in a file of fixed width, else None.
        implied: true for a decimal written without its point: 12345 with two places is 123.45.
        check: the check digit that a value must have: resident_id, uscc or luhn; else None.
    """

    name: str
    type: ColumnType
    required: bool = False
    values: tuple[str, ...] = ()
    personal: str | None = None
    description: str = ""
    since: date | None = None
    until: date | None = None
    width: int | None = None
    implied: bool = False
    check: str | None = None

    def is_there(self, day: date) -> bool:
        """True where the files of a delivery date have the column."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


@dataclass(frozen=True)
class FrameField:
    """A field of a head or tail record.

    Attributes:
        says: what it holds: `=` and a literal text, feed, bank, biz_date, rows, batch_no, sum:<column>, or any.
        width: its bytes in a file of fixed width, else None.
    """

    says: str
    width: int | None = None


@dataclass(frozen=True)
class Form:
    """How the bytes of a file are written.

    Attributes:
        encoding: a Python codec.
        separator: between two fields, of any length where nothing is quoted; None in a file of fixed width.
        quote: the character around quoted fields, None where nothing is quoted.
        header: true where line 1 holds the column names.
        date: strftime form of dates.
        timestamp: strftime form of timestamps.
        century: 1900 or 2000, put before years of two digits; None where years have four.
        trailing: true where a separator also ends every line.
        no_date: texts that stand for "no date" or "for ever", such as 00010101 and 99991231; read as NULL.
        head: the fields of the record before all others (after the header, if any); none where empty.
        tail: the fields of the record behind all others; none where empty.
        minus: leading or trailing: where the source writes the minus of a decimal. The loader takes either.
        crlf: true where the source ends lines with CR LF. The loader takes either.
    """

    encoding: str = "utf-8"
    separator: str | None = "|"
    quote: str | None = None
    header: bool = True
    date: str = "%Y-%m-%d"
    timestamp: str = "%Y-%m-%d %H:%M:%S"
    century: int | None = None
    trailing: bool = False
    no_date: tuple[str, ...] = ()
    head: tuple[FrameField, ...] = ()
    tail: tuple[FrameField, ...] = ()
    minus: str = "leading"
    crlf: bool = False

    @property
    def is_fixed(self) -> bool:
        """True for files whose fields have fixed widths, counted in bytes."""
        return self.separator is None


@dataclass(frozen=True)
class Files:
    """Which files make a delivery.

    Attributes:
        name: data files; {biz_date}, {kind} and {part} stand for what changes. A literal name for static feeds.
            A name that ends in .gz or .zst is of a compressed file.
        control: the control file, None where the source writes none.
        delivery: daily or static.
        control_form: list (a line per part, then a total), keys (KEY=value lines) or flag (an empty file, or the rows).
        sums: decimal columns whose totals the control file declares.
    """

    name: str
    control: str | None
    delivery: str
    control_form: str = "list"
    sums: tuple[str, ...] = ()

    @property
    def compression(self) -> str | None:
        """gz, zst or None."""
        return next((kind for kind in ("gz", "zst") if self.name.endswith(f".{kind}")), None)

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
    """What the loader lets pass.

    Attributes:
        bad_share: the largest share (0 to 1) of a delivery's rows that may be in quarantine.
        bad_rows: the largest number of them; None for any number within the share.
        shrink: the largest share (0 to 1) by which a full delivery may have fewer rows than the one before.
    """

    bad_share: float = 0.0
    bad_rows: int | None = None
    shrink: float = 0.2


@dataclass(frozen=True)
class Due:
    """On which days a delivery is expected.

    Attributes:
        when: every_day, workday, trading_day, weekly, monthly or on_issue (whenever the publisher issues one).
        day: the weekday (1 is Monday) of weekly, the day of the month (1 to 28) of monthly; else None.
    """

    when: str = "every_day"
    day: int | None = None


@dataclass(frozen=True)
class Late:
    """What a night does if a due delivery has not come.

    Attributes:
        policy: stop (the night waits for it), carry (a state is carried forward, marked stale; of a delta, the state
            of its last contiguous day, and later days queue), or hold (the tags that are made of the feed keep their last
            good values, and everything else is on time; also where a delivery is refused). A journal is never carried: an
            empty day would be a lie in every window over it. It may be held.
        carry_days: the most calendar days that a state is carried, or tags are held, beyond the due day; then the night stops.
    """

    policy: str = "stop"
    carry_days: int = 0


@dataclass(frozen=True)
class Drift:
    """What to do about a header that is not the contract's, where there is a choice. Anything else is refused.

    Attributes:
        added: refuse, or ignore (the unknown column is left out and reported).
        moved: refuse, or accept (columns are found by their names and reported).
    """

    added: str = "refuse"
    moved: str = "refuse"


@dataclass(frozen=True)
class Target:
    """Where a reference leads.

    Attributes:
        feed: the feed.
        columns: its columns, as many as refer to it: its key, unless another one is named.
    """

    feed: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reference:
    """Columns whose values must stand in another feed; a row in which one of them is empty refers to nothing.

    Attributes:
        columns: of the feed that refers.
        to: the feeds referred to; one that has the values is enough.
        limit: the largest share (0 to 1) of the rows that may refer to nothing there is.
        severity: what gate 1 does above the limit: warn tells the owner, fail stops the night.
    """

    columns: tuple[str, ...]
    to: tuple[Target, ...]
    limit: float = 0.0
    severity: str = "warn"


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
        columns: in the order of the file, those of all times; `at` gives those of one date.
        row_date: the date column that must agree with the delivery's date, or None.
        limits: what the loader lets pass.
        allow_empty: true where a delivery without rows is in order.
        follows: the calendar that the number of its rows follows: workdays, or day_of_month where a day of the month decides.
        due: on which days a delivery is expected.
        late: what a night does without one.
        drift: what to do about another header.
        refers: columns whose values must stand in other feeds.
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
    follows: str = "workdays"
    due: Due = Due()
    late: Late = Late()
    drift: Drift = Drift()
    refers: tuple[Reference, ...] = ()
    path: str = ""

    @property
    def is_static(self) -> bool:
        """True where the feed is one file that is delivered once."""
        return self.files.delivery == "static"

    @property
    def keeps_history(self) -> bool:
        """True where a row is a state that lasts until it changes: deltas, and full deliveries without dates of their own."""
        return self.load == "delta" or (self.load == "full" and self.row_date is None)

    def at(self, day: date | None) -> Contract:
        """The contract as it is for a delivery of that date: only the columns that its files have."""
        if day is None:
            return self
        return replace(self, columns=tuple(column for column in self.columns if column.is_there(day)))

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
