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
from tagmart.tagspec.text import INDENT, column_name, cte, indented, listed, quoted
from tagmart.tagspec.windows import bounds_sql, point_sql, year_before_sql

# Windows that begin at most this many days before D: models that read no more share a scan of their own.
RECENT = ("7d", "30d", "90d", "mtd", "qtd", "lm", "next7d", "next30d", "next60d", "next90d")
# How rows of a fold fold again when a slice is dropped.
MERGES = {"sum": "sum", "max": "max", "min": "min", "days": "bit_or", "months": "bit_or", "first": "min", "last": "max"}
# Bits for the days of a piece: pieces are cut so that they never hold more days than that.
BITS = 120


@dataclass(frozen=True)
class Fold:
    """A shared scan.

    Attributes:
        name: its dbt model; empty where one tag model has it to itself, inside its own file.
        slices: the slices that it keeps, in the order of the table.
        kept: (kind, column) pairs: a fold has a column `<kind>_<column>` for each.
        columns: the narrow columns whose windows and points cut its days.
        by_day: whether every day is a piece of its own, because days must be added up before anything else is done.
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
    """The fold that each generated tag model reads, by the name of the model."""
    made: dict[str, Fold] = {}
    shared: dict[tuple[str, bool], list[TagModel]] = {}
    for model in models:
        if not model.family:
            continue
        narrow = narrow_columns(model.family, vocabulary)
        if needs_days(model.family, model.combo, narrow):
            kept = _kept(model.family.table, narrow)
            made[model.name] = Fold(
                "", model.family.table, model.combo, kept, tuple(narrow), by_day=True, cut=model.family.where
            )
        else:
            shared.setdefault((model.family.table.name, _is_recent(narrow)), []).append(model)
    for (_, recent), group in _joined(shared).items():
        fold = _shared(group, recent, vocabulary)
        made |= dict.fromkeys((model.name for model in group), fold)
    return made


def _is_recent(narrow: Iterable[Column]) -> bool:
    return all(column.window and column.window.code in RECENT and column.measure.agg != "yoy" for column in narrow)


def _needed_slices(model: TagModel) -> set[str]:
    return set(model.combo) | set(model.family.where)


def _joined(shared: Mapping[tuple[str, bool], list[TagModel]]) -> dict[tuple[str, bool], list[TagModel]]:
    """Recent models join the long scan of their partial where that keeps their slices anyway."""
    joined = {key: list(group) for key, group in shared.items() if not key[1]}
    for (table, recent), group in shared.items():
        if not recent:
            continue
        long = joined.get((table, False), [])
        slices = {code for model in long for code in _needed_slices(model)}
        for model in group:
            key = (table, False) if long and _needed_slices(model) <= slices else (table, True)
            joined.setdefault(key, []).append(model)
    return joined


def _shared(group: list[TagModel], recent: bool, vocabulary: Vocabulary) -> Fold:
    table = group[0].family.table
    narrow = [column for model in group for column in narrow_columns(model.family, vocabulary)]
    slices = {code for model in group for code in _needed_slices(model)}
    return Fold(
        name=f"fold_{table.name.removeprefix('dws_')}" + ("_recent" if recent else ""),
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


def fold_sql(fold: Fold, entity: str) -> str:
    """The SQL file of a shared fold."""
    kept = ", ".join(["customer", *fold.slices])
    return (
        f"-- One row per {kept} and piece of days: what {fold.models} tag models read of {fold.table.name}.\n"
        f"-- From tag_specs/{entity}; generated by `tagmart tags generate`; do not edit.\n"
        f"with {(',' + chr(10) * 2).join(fold_ctes(fold))}\n\nselect * from folded\n"
    )


def fold_ctes(fold: Fold) -> list[str]:
    """The CTEs that end in `folded`."""
    ctes = [
        cte("run_date", "select {{ biz_date() }} as biz_date"),
        cte("edges", _edges(fold)),
    ]
    if fold.by_day and fold.table.form != "history":
        return [*ctes, cte("folded", _folded_by_day(fold))]
    ctes += [cte("pieces", PIECES)]
    if fold.table.form != "history":
        return [*ctes, cte("calendar", CALENDAR), cte("folded", _folded(fold))]
    ctes.append(cte("cut", _cut(fold)))
    if not fold.by_day:
        return [*ctes, cte("folded", _folded_history(fold))]
    ctes += [cte("parts", _parts(fold)), cte("crowded", _crowded(fold)), cte("days", _days(fold))]
    return [*ctes, cte("folded", _parts_and_days(fold))]


def _edges(fold: Fold) -> str:
    """One row: the first days of pieces, and the day after the last of them."""
    starts: dict[str, None] = {"run_date.biz_date": None}
    ends, whole = ["run_date.biz_date + 1"], False
    for column in fold.columns:
        made = _days_of(column)
        whole = whole or (not made and column.window is not None)
        for name, day in made.items():
            starts |= {} if name.startswith("to_") else {day: None}
            starts |= {} if name.startswith("from_") else {f"{day} + 1": None}
        if column.window and column.window.next:
            ends.append(f"run_date.biz_date + {column.window.next + 1}")
    if whole:
        since = fold.table.valid_from or fold.table.date
        first = (
            f"(\n{INDENT}select coalesce(min(partial.{since}), run_date.biz_date)\n"
            f"{INDENT}from {{{{ ref('{fold.table.name}') }}}} as partial\n)"
        )
        starts |= {first: None}
    else:
        first = f"least(\n{listed(starts)}\n)" if len(starts) > 1 else "run_date.biz_date"
    # Bits need short pieces; nothing older than the first window is read for their sake.
    bits = [f"run_date.biz_date - {back - 1}" for back in range(BITS, 10 * BITS, BITS) if _has_bits(fold)]
    end = f"greatest({', '.join(dict.fromkeys(ends))})" if len(set(ends)) > 1 else ends[0]
    lines = ["run_date.biz_date", f"[\n{listed([*starts, *bits])}\n] as starts", f"{first} as first_day", f"{end} as end_day"]
    return f"select\n{listed(lines)}\nfrom run_date"


def _has_bits(fold: Fold) -> bool:
    return fold.table.form != "history" and any(kind == "days" for kind, _ in fold.kept)


def _days_of(column: Column) -> dict[str, str]:
    """The first and last days of windows, and the points, that a narrow column asks for."""
    if not column.window:
        point = column.base or column.change
        return point_sql(point) if point else {"at_d": "run_date.biz_date"}
    made = bounds_sql(column.window)
    return made | year_before_sql(column.window) if column.measure.agg == "yoy" else made


PIECES = """select
    edge.piece,
    lead(edge.piece, 1, edge.end_day) over (order by edge.piece) as next_piece
from (
    select distinct
        unnest(edges.starts) as piece,
        edges.first_day,
        edges.end_day
    from edges
) as edge
where edge.piece >= edge.first_day and edge.piece < edge.end_day"""

CALENDAR = """select
    pieces.piece,
    cast(unnest(generate_series(pieces.piece, pieces.next_piece - 1, interval 1 day)) as date) as day
from pieces"""


def _where(fold: Fold, also: tuple[str, ...] = ()) -> str:
    """Only customers of the block that is being built, and the slices that are read."""
    cuts = [*also, "{{ in_block('partial.customer_id') }}"]
    cuts += [f"partial.{column_name(code)} in ({quoted(values)})" for code, values in (fold.cut or {}).items()]
    return "where\n" + indented("\nand ".join(cuts))


def _keys(fold: Fold, more: int) -> str:
    return ", ".join(str(number + 1) for number in range(len(fold.slices) + more))


def _folded(fold: Fold) -> str:
    """One scan of a partial, one aggregate."""
    lines = ["partial.customer_id", *(f"partial.{column_name(code)}" for code in fold.slices), "calendar.piece"]
    lines += [f"{_of_rows(kind, of)} as {kind}_{of}" for kind, of in fold.kept]
    return (
        f"select\n{listed(lines)}\nfrom {{{{ ref('{fold.table.name}') }}}} as partial\n"
        f"inner join calendar on partial.{fold.table.date} = calendar.day\n{_where(fold)}\ngroup by {_keys(fold, 2)}"
    )


def _of_rows(kind: str, of: str) -> str:
    """A column of a fold, from the rows of a partial and their days."""
    value = f"partial.{of}"
    if kind == "sum":
        return _narrow(f"sum({value})", of)
    if kind in ("max", "min"):
        return f"{kind}({value})"
    if kind in ("first", "last"):
        return f"{MERGES[kind]}(case when {value} > 0 then calendar.day end)"
    if kind == "months":
        months = "date_diff('month', calendar.day, {{ biz_date() }})"
        return f"bit_or(case when {value} > 0 and {months} < {BITS} then cast(1 as hugeint) << ({months} + 4) else 0 end)"
    back = "(calendar.day - calendar.piece)"
    return f"bit_or(case when {value} > 0 and {back} < {BITS} then cast(1 as hugeint) << {back} else 0 end)"


def _narrow(total: str, of: str) -> str:
    """A sum in the narrow type of its column: money, or a count. `sum` gives types that are slow to keep and read."""
    return f"cast({total} as {'integer' if is_count(of) else 'decimal(18,2)'})"


def _folded_by_day(fold: Fold) -> str:
    """A partial added up day by day; each day is its own piece."""
    day = f"partial.{fold.table.date}"
    lines = ["partial.customer_id", *(f"partial.{column_name(code)}" for code in fold.slices), f"{day} as piece"]
    sums = {of: _narrow(f"{fold.table.folds[of]}(partial.{of})", of) for _, of in fold.kept}
    for kind, of in fold.kept:
        if kind == "days":
            made = f"cast({sums[of]} > 0 as integer)"
        elif kind == "months":
            back = f"date_diff('month', {day}, {{{{ biz_date() }}}})"
            made = f"case when {sums[of]} > 0 and {back} < {BITS} then cast(1 as hugeint) << ({back} + 4) else 0 end"
        elif kind in ("first", "last"):
            made = f"case when {sums[of]} > 0 then {day} end"
        else:
            made = sums[of]
        lines.append(f"{made} as {kind}_{of}")
    cut = _where(fold, (f"{day} >= edges.first_day", f"{day} < edges.end_day"))
    return (
        f"select\n{listed(lines)}\nfrom {{{{ ref('{fold.table.name}') }}}} as partial\ncross join edges\n"
        f"{cut}\ngroup by {_keys(fold, 2)}"
    )


def _cut(fold: Fold) -> str:
    """The states of the days that are asked for, parted where a piece ends."""
    begin, end = fold.table.valid_from, fold.table.valid_to
    lines = ["partial.customer_id", *(f"partial.{column_name(code)}" for code in _read_slices(fold)), "pieces.piece"]
    lines += [f"partial.{of}" for of in dict.fromkeys(of for _, of in fold.kept)]
    lines += [
        f"greatest(partial.{begin}, pieces.piece) as since",
        f"least(partial.{end}, pieces.next_piece) as until",
    ]
    return (
        f"select\n{listed(lines)}\nfrom {{{{ ref('{fold.table.name}') }}}} as partial\n"
        f"inner join pieces on partial.{begin} < pieces.next_piece and partial.{end} > pieces.piece\n{_where(fold)}"
    )


def _read_slices(fold: Fold) -> tuple[str, ...]:
    """What is read of a history: where days are added up, also the slices that are dropped, to see where there are several."""
    return tuple(fold.table.slices) if fold.by_day else fold.slices


def _parts(fold: Fold) -> str:
    """One row per customer, slice, dropped slice and piece: a balance counts once for each of its days."""
    keys = ["customer_id", *map(column_name, _read_slices(fold)), "piece"]
    lines = [f"cut.{key}" for key in keys] + _of_states(fold, "cut")
    return f"select\n{listed(lines)}\nfrom cut\ngroup by {', '.join(str(number + 1) for number in range(len(keys)))}"


def _crowded(fold: Fold) -> str:
    """Pieces in which a customer has more than one of the slices that are added up: only there is a peak not that of a row."""
    keys = ["customer_id", *map(column_name, fold.slices), "piece"]
    return f"select\n{listed(f'parts.{key}' for key in keys)}\nfrom parts\ngroup by {_keys(fold, 2)}\nhaving count(*) > 1"


def _days(fold: Fold) -> str:
    """The days of crowded pieces, their slices added up."""
    keys = ["customer_id", *map(column_name, fold.slices), "piece"]
    ofs = list(dict.fromkeys(of for _, of in fold.kept))
    lines = [*(f"cut.{key}" for key in keys), *(f"cut.{of}" for of in ofs)]
    lines.append("unnest(generate_series(cut.since, cut.until - 1, interval 1 day)) as day")
    inner = f"select\n{listed(lines)}\nfrom cut\ninner join crowded on {_same(fold, 'cut')}"
    summed = [*(f"by_day.{key}" for key in keys), *(f"{fold.table.folds[of]}(by_day.{of}) as {of}" for of in ofs)]
    summed += ["cast(by_day.day as date) as since", "cast(by_day.day as date) + 1 as until"]
    return f"select\n{listed(summed)}\nfrom (\n{indented(inner)}\n) as by_day\ngroup by {_keys(fold, 2)}, by_day.day"


def _same(fold: Fold, source: str) -> str:
    """Whether a row lies in a crowded piece."""
    keys = ["customer_id", *map(column_name, fold.slices), "piece"]
    return " and ".join(f"{source}.{key} = crowded.{key}" for key in keys)


def _parts_and_days(fold: Fold) -> str:
    """Pieces with one slice as they are, the crowded ones from their days."""
    keys = ["customer_id", *map(column_name, fold.slices), "piece"]
    alone = [*(f"parts.{key}" for key in keys), *(f"parts.{kind}_{of}" for kind, of in fold.kept)]
    several = [f"days.{key}" for key in keys] + _of_states(fold, "days")
    return (
        f"select\n{listed(alone)}\nfrom parts\nanti join crowded on {_same(fold, 'parts')}\nunion all\n"
        f"select\n{listed(several)}\nfrom days\ngroup by {_keys(fold, 2)}"
    )


def _folded_history(fold: Fold) -> str:
    """One row per customer, slice and piece: a balance counts once for each of its days."""
    lines = ["cut.customer_id", *(f"cut.{column_name(code)}" for code in fold.slices), "cut.piece"]
    return f"select\n{listed(lines + _of_states(fold, 'cut'))}\nfrom cut\ngroup by {_keys(fold, 2)}"


def _of_states(fold: Fold, source: str) -> list[str]:
    """The columns of a fold, from states and their days within a piece."""
    since, until = f"{source}.since", f"{source}.until"
    days, lines = f"({until} - {since})", []
    for kind, of in fold.kept:
        value = f"{source}.{of}"
        made = {
            "sum": _narrow(f"sum({value} * {days})", of),
            "max": f"max({value})",
            "min": f"min({value})",
            "days": f"cast(sum(case when {value} > 0 then {days} else 0 end) as integer)",
            "first": f"min(case when {value} > 0 then {since} end)",
            "last": f"max(case when {value} > 0 then {until} - 1 end)",
        }[kind]
        lines.append(f"{made} as {kind}_{of}")
    return lines
