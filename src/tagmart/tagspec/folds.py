"""The shared scan of a partial: what many tag models read of it, folded once to pieces of days.

The windows of a night cut the days into pieces; no window begins or ends inside one. A row of a fold says what happened to
one customer, by slice, over one piece, whose first day stands for it: a window is then the sum of the pieces that begin in
it. Days and months that are counted are kept as bits, because those of two slices must not be counted twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tagmart.tagspec.expand import narrow_columns
from tagmart.tagspec.model import Column, Family, Table, TagModel, Vocabulary
from tagmart.tagspec.windows import bounds_sql

# Windows that begin at most this many days before D: models that read no more share a scan of their own.
RECENT = ("7d", "30d", "90d", "mtd", "qtd", "lm", "next7d", "next30d", "next60d", "next90d")


@dataclass(frozen=True)
class Fold:
    """A shared scan.

    Attributes:
        name: its dbt model; empty where one tag model has it to itself, inside its own file.
        slices: the slices that it keeps, in the order of the table.
        kept: (kind, column) pairs: a fold has a column `<kind>_<column>` for each.
        columns: the narrow columns whose windows and points cut its days.
        by_day: whether every day is a piece of its own, because days must be added up before anything else is done (flows).
        cut: slices by the values that are read.
        models: how many tag models read it.
    """

    name: str
    table: Table
    slices: tuple[str, ...]
    kept: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    by_day: bool = False
    cut: Mapping[str, tuple[str, ...]] | None = None
    models: int = 1


def is_count(of: str) -> bool:
    """Whether a column of a partial counts: never negative, so that any row above 0 makes its day one above 0."""
    return of == "cnt" or of.endswith("_cnt")


def kinds_of(column: Column, table: Table) -> tuple[str, ...]:
    """What a fold must keep of the column that a measure reads."""
    measure = column.measure
    if column.base or column.change or measure.agg == "at":
        return (table.folds[measure.of],)
    kept = {"count_days": ("days",), "count_months": ("months",), "first_day": ("first",), "last_day": ("last",)}.get(
        measure.agg, ("sum",)
    )
    if measure.agg in ("max", "min"):
        return (measure.agg,)
    return kept


def needs_days(family: Family, combo: tuple[str, ...], narrow: Iterable[Column]) -> bool:
    """Whether slices must be added up day by day before anything is measured: peaks of a sum, spread, days of a balance."""
    table = family.table
    pinned = {code for code, values in family.where.items() if len(values) == 1}
    whole_rows = set(table.slices) <= pinned | set(combo)
    for column in narrow:
        agg, of = column.measure.agg, column.measure.of
        endless = column.window is not None and not bounds_sql(column.window)
        if agg == "std_days" or (agg == "count_days" and endless and table.form != "history"):
            return True
        if whole_rows:
            continue
        if agg in ("count_days", "count_months") and (table.form == "history" or not is_count(of)):
            return True
        if column.window and agg in ("max", "min") and table.folds[of] != agg:
            return True
    return False


def folds_of(models: Iterable[TagModel], vocabulary: Vocabulary) -> dict[str, Fold]:
    """The fold that each generated tag model reads, by the name of the model.

    A model that must add up the slices of a flow day by day has a fold of its own. One of a history reads the shared fold
    with all slices: most pieces have but one of them, and only for the others its states are read again.
    """
    made: dict[str, Fold] = {}
    shared: dict[tuple[str, str], list[TagModel]] = {}
    for model in models:
        if not model.family:
            continue
        narrow = narrow_columns(model.family, vocabulary)
        if model.family.table.form != "history" and needs_days(model.family, model.combo, narrow):
            kept = _kept(model.family.table, narrow)
            made[model.name] = Fold(
                "", model.family.table, model.combo, kept, tuple(narrow), by_day=True, cut=model.family.where
            )
        else:
            shared.setdefault((model.family.table.name, _span(narrow)), []).append(model)
    for (_, span), group in _joined(shared, vocabulary).items():
        fold = _shared(group, span, vocabulary)
        made |= dict.fromkeys((model.name for model in group), fold)
    return made


def _span(narrow: Iterable[Column]) -> str:
    """How far back a model looks: a scan of all history must not carry what others need of the last year, nor that of the last quarter."""
    windows = [column.window for column in narrow]
    if all(window and window.code in RECENT for window in windows) and all(column.measure.agg != "yoy" for column in narrow):
        return "recent"
    return "ever" if all(window and not bounds_sql(window) for window in windows) else ""


def _needed_slices(model: TagModel, vocabulary: Vocabulary) -> set[str]:
    if needs_days(model.family, model.combo, narrow_columns(model.family, vocabulary)):
        return set(model.family.table.slices)
    return set(model.combo) | set(model.family.where)


def _joined(
    shared: Mapping[tuple[str, str], list[TagModel]], vocabulary: Vocabulary
) -> dict[tuple[str, str], list[TagModel]]:
    """Recent models join the long scan of their partial where that keeps their slices anyway."""
    joined = {key: list(group) for key, group in shared.items() if key[1] != "recent"}
    for (table, span), group in shared.items():
        if span != "recent":
            continue
        long = joined.get((table, ""), [])
        slices = {code for model in long for code in _needed_slices(model, vocabulary)}
        for model in group:
            key = (table, "") if long and _needed_slices(model, vocabulary) <= slices else (table, span)
            joined.setdefault(key, []).append(model)
    return joined


def _shared(group: list[TagModel], span: str, vocabulary: Vocabulary) -> Fold:
    table = group[0].family.table
    narrow = [column for model in group for column in narrow_columns(model.family, vocabulary)]
    slices = {code for model in group for code in _needed_slices(model, vocabulary)}
    return Fold(
        name="_".join(filter(None, ("fold", table.name.removeprefix("dws_"), span))),
        table=table,
        slices=tuple(code for code in table.slices if code in slices),
        kept=_kept(table, narrow),
        columns=tuple(narrow),
        cut=_read_by_all(group),
        models=len(group),
    )


def _read_by_all(group: list[TagModel]) -> dict[str, tuple[str, ...]]:
    """The values of slices that any of these models reads, where not every value is read."""
    found = {}
    for code, every in group[0].family.table.slices.items():
        if all(code in model.family.where for model in group):
            read = {value for model in group for value in model.family.where[code]}
            found |= {code: tuple(value for value in every if value in read)} if read < set(every) else {}
    return found


def _kept(table: Table, narrow: Iterable[Column]) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys((kind, column.measure.of) for column in narrow for kind in kinds_of(column, table)))
