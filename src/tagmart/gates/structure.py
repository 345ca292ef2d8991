"""What must hold between tags because of how they are declared.

Tags that differ by one slice must add up to the tag without it, and a count in a window may not exceed the count in a
window around it. Nobody lists these pairs: a family that is added tomorrow is checked tomorrow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tagmart.tagspec.expand import tag_models
from tagmart.tagspec.model import Column, Family, Window
from tagmart.tagspec.read import read_families
from tagmart.tagspec.vocabulary import read_vocabulary

# Sums, states at one day and day averages add up over slices; largest, first, last and days-with-at-least-one do not.
ADDITIVE = ("sum", "at", "mean_days")
# An average is rounded to the cent in every slice: the sum of n of them may be off by half a cent each.
ROUNDED = "mean_days"
# What can only grow with its window. Money is not here: a reversal of an earlier day makes a sum smaller.
GROWING = ("sum", "count_days")
RUNNING = ("month", "quarter", "year")


@dataclass(frozen=True)
class Made:
    """A generated tag and how it is made.

    Attributes:
        tag: its name.
        family: the block that declares it.
        column: its measure, window and slice values.
    """

    tag: str
    family: Family
    column: Column

    @property
    def read(self) -> tuple[str, Mapping[str, frozenset[str]]]:
        """The partial that it is folded from and the values of its slices that are read; of totals, what they are sums of."""
        table = self.family.table
        values = {name: frozenset(self.family.where.get(name) or every) for name, every in table.slices.items()}
        totals = [table.totals[value] for name in values for value in values[name] if value in table.totals]
        if not totals:
            return table.name, values
        return totals[0].table, {totals[0].slice: frozenset(value for total in totals for value in total.values)}

    @property
    def rows(self) -> tuple[object, ...]:
        """Which rows it is folded from, before it is sliced."""
        table, values = self.read
        return self.family.words.code, table, frozenset(values.items())

    @property
    def slices(self) -> frozenset[tuple[str, str]]:
        """Its slice values."""
        return frozenset((name, value.code) for name, value in self.column.values)


@dataclass(frozen=True)
class Sum:
    """A total and the parts that must add up to it, for every customer.

    Attributes:
        total: the tag that is the whole.
        slice: by what it is cut.
        parts: the tags that are its parts.
        tolerance: how far off it may be, in the tag's unit; not 0 only where parts are rounded.
    """

    total: str
    slice: str
    parts: tuple[str, ...]
    tolerance: str = "0"


def named_sum(total: str, parts: tuple[str, ...]) -> Sum:
    """A total that the suite itself names with its parts: to the cent (DOMAIN.md 6, 16)."""
    return Sum(total, "named in the suite", parts, "0.01")


def made_tags(specs_dir: Path, entity: str, columns: Collection[str]) -> list[Made]:
    """The generated tags of an entity that stand in its wide table."""
    vocabulary = read_vocabulary(specs_dir, entity)
    models = tag_models(read_families(specs_dir, entity, vocabulary), vocabulary)
    return [
        Made(tag.name, model.family, tag.column)
        for model in models
        for tag in model.tags
        if model.family is not None and tag.column is not None and tag.name in columns
    ]


def sums(tags: Iterable[Made]) -> list[Sum]:
    """Every total whose slices are tags too, by every slice that is there in full."""
    tags = [tag for tag in tags if _adds_up(tag)]
    known = {(tag.rows, tag.column.narrow, tag.slices): tag for tag in tags}
    parts: dict[tuple[str, str], dict[str, str]] = {}
    for tag in tags:
        for name, value in tag.slices:
            total = known.get((tag.rows, tag.column.narrow, tag.slices - {(name, value)}))
            if total is not None:
                parts.setdefault((total.tag, name), {})[value] = tag.tag
    by_name = {tag.tag: tag for tag in tags}
    return [
        Sum(total, name, tuple(sorted(found.values())), _tolerance(by_name[total], len(found)))
        for (total, name), found in parts.items()
        if _is_whole(by_name[total], name, found)
    ]


def pairs(tags: Iterable[Made]) -> list[tuple[str, str]]:
    """Every two neighbouring windows of a count, one inside the other: (shorter, longer)."""
    chains: dict[tuple[object, ...], list[tuple[int, str]]] = {}
    for tag in tags:
        place = _place(tag.column.window)
        measure = tag.column.measure
        if place is not None and measure.agg in GROWING and measure.data_type == "integer":
            chains.setdefault((tag.rows, measure.name, tag.slices, place[0]), []).append((place[1], tag.tag))
    ordered = [[name for _, name in sorted(chain)] for chain in chains.values()]
    return [pair for chain in ordered for pair in pairwise(chain)]


def _adds_up(tag: Made) -> bool:
    measure = tag.column.measure
    return measure.agg in ADDITIVE and tag.family.table.folds.get(measure.of) in ("sum", None)


def _is_whole(total: Made, name: str, found: Mapping[str, str]) -> bool:
    """True if the slices that are tags hold every row: `other` takes in whatever is not named."""
    return "other" in found or total.read[1][name] <= found.keys()


def _tolerance(tag: Made, parts: int) -> str:
    return f"{0.005 * (parts + 1):.3f}" if tag.column.measure.agg == ROUNDED else "0"


def _place(window: Window | None) -> tuple[str, int] | None:
    """Which chain of windows a window belongs to, and its place in it."""
    if window is None:
        return None
    if window.days:
        return "days", window.days
    return ("running", RUNNING.index(window.running)) if window.running else None
