"""The partial rows of one customer that a generated tag is folded from, and their fold, one row after the other.

The night folds pieces of days of all customers at once (tagspec.folds); here the same is done plainly, from what the spec
says, so that the rows on a receipt are proved to be those that made the value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from tagmart.tagspec.labels import missing_of
from tagmart.tagspec.model import Column, Family, Tag, TagModel, Vocabulary
from tagmart.tagspec.windows import base_day, bounds

DAY = timedelta(days=1)
PLACES = {"decimal(18,2)": Decimal("0.01"), "decimal(18,4)": Decimal("0.0001")}
# The months that a fold keeps as bits, counted back from that of D (tagspec.folds.BITS).
MONTHS_KEPT = 120


@dataclass(frozen=True)
class Span:
    """Days that a tag asks for, both included; no first day where a window has no beginning."""

    first: date | None
    last: date

    def holds(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and day <= self.last

    @property
    def days(self) -> int:
        """Calendar days; 0 where there is no beginning."""
        return 0 if self.first is None else (self.last - self.first).days + 1

    def __str__(self) -> str:
        if self.first == self.last:
            return f"the end of {self.last}"
        return f"{self.first or 'the first day on record'} to {self.last}" + (f" ({self.days} days)" if self.days else "")


def spans_of(column: Column, biz_date: date) -> tuple[Span, ...]:
    """The days that a tag reads: a window, and for a growth the same a year before; else the days of its points."""
    if column.window:
        span = Span(*bounds(column.window, biz_date))
        if column.measure.agg != "yoy":
            return (span,)
        # The day after the last one is the first of a month, and so is the day a year before it.
        after = span.last + DAY
        return span, Span(span.first.replace(year=span.first.year - 1), after.replace(year=after.year - 1) - DAY)
    today = Span(biz_date, biz_date)
    if column.change:
        base = column.change.base
        point = base_day(base, biz_date) if base else biz_date - timedelta(days=column.change.days)
        return today, Span(point, point)
    if column.base:
        point = base_day(column.base, biz_date)
        return (Span(point, point),)
    return (today,)


@dataclass(frozen=True)
class Row:
    """A row of a partial: its first and last day (the same where it is of one day), slices, and the measured value."""

    first: date
    last: date
    slices: Mapping[str, str]
    value: Decimal | int | None

    def days_in(self, span: Span) -> Iterable[date]:
        day, last = max(self.first, span.first or self.first), min(self.last, span.last)
        while day <= last:
            yield day
            day += DAY

    def meets(self, span: Span) -> bool:
        return self.first <= span.last and (span.first is None or self.last >= span.first)


@dataclass(frozen=True)
class Folded:
    """What the rows of one customer fold to.

    Attributes:
        rows: those of the tag's own slices and days, by day.
        value: in the type of the tag; None where it is empty.
        whole: of a share, the sum that it is a share of; else None.
    """

    rows: tuple[Row, ...]
    value: Decimal | int | date | None
    whole: Decimal | int | None = None


def fold(tag: Tag, model: TagModel, rows: Sequence[Row], biz_date: date, vocabulary: Vocabulary) -> Folded:
    """Fold a customer's rows of a partial to the value of one generated tag.

    Args:
        tag: the tag; it has a column.
        model: its model, with family and combination.
        rows: every row of the customer in the partial; days after the tag's are left out here.
        biz_date: D.
        vocabulary: the words of the entity.
    """
    column, family = tag.column, model.family

    def inside(row: Row, wanted: Mapping[str, str]) -> bool:
        return all(_mapped(row, code, family, model.combo, vocabulary) == value for code, value in wanted.items())

    spans = spans_of(column, biz_date)
    cut = [row for row in rows if all(row.slices[code] in values for code, values in family.where.items())]
    wanted = {code: value.code for code, value in column.values}
    own = [row for row in cut if inside(row, wanted)]
    shown = tuple(
        sorted((row for row in own if any(row.meets(span) for span in spans)), key=lambda row: (row.first, tuple(row.slices.values())))
    )
    if column.measure.agg == "share":
        kept = {code: value for code, value in wanted.items() if code in column.measure.within}
        everything = [row for row in cut if inside(row, kept)]
        part, whole = (_total(group, spans[0]) or 0 for group in (own, everything))
        return Folded(shown, _rounded(Decimal(part) / whole, tag.data_type) if whole > 0 else None, whole)
    made = _of(column, family, model.combo, own, spans)
    if made is None and missing_of(family, column) == "zero":
        made = 0
    return Folded(shown, _typed(made, tag.data_type))


def _mapped(row: Row, code: str, family: Family, combo: tuple[str, ...], vocabulary: Vocabulary) -> str:
    """The slice value of a row as the family tells it: what is not asked for, or makes no natural pair, is `other`."""
    values, held = family.slices[code], row.slices[code]
    if "other" not in values:
        return held
    only = vocabulary.slices[code][held].only if held in values else {}
    natural = all(row.slices[key] in allowed for key, allowed in only.items() if key in combo)
    return held if held in values and natural else "other"


def _of(
    column: Column, family: Family, combo: tuple[str, ...], rows: list[Row], spans: tuple[Span, ...]
) -> Decimal | int | date | None:
    """The aggregate of the rows; None where there are none."""
    agg, how = column.measure.agg, family.table.folds[column.measure.of]
    if column.change:
        today, before = (_together((row.value for row in rows if row.meets(span)), how) for span in spans)
        return (today or 0) - (before or 0)
    if not column.window:
        return _together((row.value for row in rows if row.meets(spans[0])), how)
    span = spans[0]
    if agg == "yoy":
        now, before = _total(rows, span) or 0, _total(rows, spans[1]) or 0
        return (Decimal(now) - before) / before if before > 0 else None
    total = _total(rows, span)
    if agg == "sum" or total is None:
        return total
    if agg in ("mean_days", "per_day"):
        return Decimal(total) / span.days
    by_day = _by_day(rows, span, how, combo)
    if agg in ("max", "min"):
        return _together((value for _, value in by_day), agg)
    some = {day for day, value in by_day if value is not None and value > 0}
    if agg == "count_days":
        return len(some)
    if agg == "count_months":
        months = {(day.year, day.month) for day in some}
        ends = spans[0].last.year * 12 + spans[0].last.month
        return sum(ends - year * 12 - month < MONTHS_KEPT for year, month in months)
    if agg in ("first_day", "last_day"):
        return (min if agg == "first_day" else max)(some) if some else None
    cents = [Decimal(value) * 100 for _, value in by_day if value is not None]
    spread = span.days * sum(value * value for value in cents) - sum(cents) ** 2
    return Decimal(spread).sqrt() / (span.days * 100)


def _by_day(
    rows: list[Row], span: Span, how: str, combo: tuple[str, ...]
) -> list[tuple[date, Decimal | int | None]]:
    """The rows added up by day; days of two values of a slice that the tag is made for are not added."""
    days: dict[tuple[date, tuple[str, ...]], list[Decimal | int | None]] = {}
    for row in rows:
        for day in row.days_in(span):
            days.setdefault((day, tuple(row.slices[code] for code in combo)), []).append(row.value)
    return [(day, _together(values, how)) for (day, _), values in days.items()]


def _total(rows: list[Row], span: Span) -> Decimal | int | None:
    """The sum over rows and their days: of a state every day counts."""
    parts = [row.value * len(list(row.days_in(span))) for row in rows if row.meets(span) and row.value is not None]
    return sum(parts) if parts else None


def _together(values: Iterable[Decimal | int | None], how: str) -> Decimal | int | None:
    there = [value for value in values if value is not None]
    return {"sum": sum, "max": max, "min": min}[how](there) if there else None


def _typed(value: Decimal | int | date | None, data_type: str) -> Decimal | int | date | None:
    return value if value is None or isinstance(value, date) else _rounded(value, data_type)


def _rounded(value: Decimal | int, data_type: str) -> Decimal | int:
    if data_type not in PLACES:
        return int(value)
    return Decimal(value).quantize(PLACES[data_type], rounding=ROUND_HALF_UP)
