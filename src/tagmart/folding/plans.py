"""Generated SQL taken apart: what a fold reads and keeps.

The generator writes a few forms only (tagmart.tagspec.fold_sql, tagmart.tagspec.sql). What has another form is left to the database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

CTE = re.compile(r"^(?:with )?(\w+) as \(\n(.*?)\n\),?$", re.MULTILINE | re.DOTALL)
KEPT = re.compile(r"(.*) as ([a-z]+)_(\w+)")
# What is kept of a column X, of flows and of histories.
IN_PIECE = "(cut.until - cut.since)"
FLOWS = {
    "sum": ("cast(sum(partial.X) as integer)", "cast(sum(partial.X) as decimal(18,2))"),
    "max": ("max(partial.X)",),
    "min": ("min(partial.X)",),
    "first": ("min(case when partial.X > 0 then calendar.day end)",),
    "last": ("max(case when partial.X > 0 then calendar.day end)",),
    "days": ("bit_or(case when partial.X > 0 then calendar.day_bit else 0 end)",),
    "months": ("bit_or(case when partial.X > 0 then calendar.month_bit else 0 end)",),
}
HISTORIES = {
    "sum": (f"cast(sum(cut.X * {IN_PIECE}) as integer)", f"cast(sum(cut.X * cast({IN_PIECE} as decimal(6,0))) as decimal(18,2))"),
    "max": ("max(cut.X)",),
    "min": ("min(cut.X)",),
    "first": ("min(case when cut.X > 0 then cut.since end)",),
    "last": ("max(case when cut.X > 0 then cut.until - 1 end)",),
    "days": (f"cast(sum(case when cut.X > 0 then {IN_PIECE} else 0 end) as integer)",),
}
PARTIAL = re.compile(r"\n    from (\S+) as partial\n    inner join (calendar on partial\.(\w+) = calendar\.day|pieces on .*)\n    where\n(.*?)(?:\n    group by .*)?$", re.DOTALL)
STATE = re.compile(r"(?:greatest|least)\(partial\.(\w+), pieces\.\w+\) as (since|until)")
# Conditions that arrays need not ask of every row: they join the customers of the block, and know the days of the fold.
IMPLIED = re.compile(r"partial\.(customer_id between |\w+ > \(select edges\.first_day from edges\)$)")


class UnfitError(Exception):
    """This SQL has another form, or its values would not fit: the database must compute it."""


@dataclass(frozen=True)
class FoldPlan:
    """What the SQL of a fold says.

    Attributes:
        head: the CTEs before the partial is read, as the beginning of a statement.
        partial: the relation that is read.
        cut: the condition on its rows, but for the block and the days.
        slices: the slices that are kept.
        kept: (kind, column) of what is kept of the others.
        day: the day of a row; or
        since, until: the first day of a state, and the day after its last one.
    """

    head: str
    partial: str
    cut: str
    slices: tuple[str, ...]
    kept: tuple[tuple[str, str], ...]
    day: str = ""
    since: str = ""
    until: str = ""

    @property
    def reads(self) -> tuple[str, ...]:
        """What is the same of folds that are read together: the relation, its rows, and the columns that say when."""
        return self.partial, self.cut, self.day, self.since, self.until


def ctes(sql: str) -> dict[str, str]:
    """The bodies of the CTEs of a generated statement, by name."""
    return dict(CTE.findall(sql))


def before(sql: str, name: str) -> str:
    """A statement's text up to a CTE: put a `select` behind it."""
    return re.split(rf",\n\n{name} as \(\n", sql, maxsplit=1)[0] + "\n\n"


def selected(body: str) -> list[str]:
    """The lines between `select` and `from` of a CTE, without their commas."""
    listed = body.partition("select\n")[2].partition("\n    from ")[0]
    return [line.strip().removesuffix(",") for line in listed.splitlines()]


def fold_plan(sql: str) -> FoldPlan:
    """Take the SQL of a shared fold apart.

    Raises:
        UnfitError: it has another form.
    """
    parts = ctes(sql)
    history = "cut" in parts
    read = PARTIAL.search(parts.get("cut" if history else "folded", ""))
    kept = [_kept(line, HISTORIES if history else FLOWS) for line in selected(parts.get("folded", "")) if " as " in line]
    if not read:
        raise UnfitError
    keys = [line.partition(".")[2] for line in selected(parts["folded"]) if " as " not in line]
    states = {which: column for column, which in STATE.findall(parts["cut"])} if history else {}
    if not keys or keys[0] != "customer_id" or keys[-1] != "piece" or (len(states) != 2 if history else not read[3]):
        raise UnfitError
    cuts = [line for line in re.split(r"\n\s+and ", read[4].strip()) if not IMPLIED.match(line)]
    return FoldPlan(
        head=before(sql, "cut" if history else "folded"), partial=read[1], cut="\n    and ".join(cuts) or "true", slices=tuple(keys[1:-1]),
        kept=tuple(kept), day=read[3] or "", **states,
    )  # fmt: skip


def _kept(line: str, forms: Mapping[str, tuple[str, ...]]) -> tuple[str, str]:
    """What a line of `folded` keeps, and of which column."""
    read = KEPT.fullmatch(line)
    if not read:
        raise UnfitError
    value, kind, of = read.groups()
    if value not in {form.replace("X", of) for form in forms.get(kind, ())}:
        raise UnfitError
    return kind, of


@dataclass(frozen=True)
class Window:
    """An aggregate over the pieces of a window: `sum`, `max` or `min` of what stands in `value`.

    Attributes:
        first, last: columns of `bounds` that hold its first and last day; no first one where it reaches back to the beginning.
    """

    how: str
    value: str
    first: str
    last: str


@dataclass(frozen=True)
class Measured:
    """A narrow column.

    Attributes:
        over: its windows: one, or two whose difference it is.
        data_type: its SQL type; empty for a day.
        days: by how many days the sum is divided: their number, or the columns of `bounds` that hold the first and the last; empty where it is not.
    """

    over: tuple[Window, ...]
    data_type: str
    days: tuple[str, ...] = ()


@dataclass(frozen=True)
class PublishedTag:
    """A tag: picked from a narrow column, for one cell; `zero` where no rows are 0."""

    name: str
    cell: str
    narrow: str
    zero: bool
    data_type: str


@dataclass(frozen=True)
class FamilyPlan:
    """What the SQL of a family says.

    Attributes:
        head: the CTEs before `measured`, as the beginning of a statement.
        fold: the relation of the shared fold.
        source: what is measured: `folded`, or `merged`: the fold with fewer slices.
        merges: the slices of `merged` and the condition on its rows, as SQL; None where nothing is merged.
        adds_up: whether slices are added up day by day.
        slices: the slices of `measured`, as SQL.
        cut: the condition on the rows that are measured; empty where there is none.
        cell: the name of a row's cell, as SQL over `measured`; empty where there is but one.
        columns: the narrow columns by name.
        tags: in the order of the table.
    """

    head: str
    fold: str
    source: str
    merges: tuple[str, str] | None
    adds_up: bool
    slices: str
    cut: str
    cell: str
    columns: dict[str, Measured]
    tags: tuple[PublishedTag, ...]


WINDOW = re.compile(
    r"(?P<how>sum|max|min)\(case when \w+\.piece (?:between bounds\.(?P<first>\w+) and bounds\.(?P<last>\w+)|(?P<op>=|<=) bounds\.(?P<at>\w+))"
    r" then (?P<value>\w+\.\w+|bit_count\(\w+\.\w+\)) end\)"
)
# What is made of windows, W standing for each of them.
AVERAGE = r"round\(W \* 100 / (?:(?P<days>\d+)|max\(bounds\.(?P<last>\w+) - bounds\.(?P<first>\w+) \+ 1\))\) / 100"
MEASURED = re.compile(rf"W|cast\((?:W|coalesce\(W, 0\) - coalesce\(W, 0\)|{AVERAGE}) as (?P<type>decimal\(18,2\)|integer)\)")
TAG = re.compile(
    r"^cast\(case when bounds\.is_fed then (coalesce\()?(?:picked\.cell_(\w+)|measured)\.(\w+)(?:, 0\))? end as (\S+)\) as (\w+)$"
)
CELL = re.compile(r"^\s*list\((.*)\) as slices,$", re.MULTILINE)
FROM = re.compile(r"\n    from (\w+)(?:\n    cross join bounds)?(?:\n    where (.*?))?\n    group by [0-9, ]+(?:\n    having count\(\*\) > 1)?$", re.DOTALL)
# What a family has that adds up the slices of a history day by day.
ADDED_UP = {"edges", "pieces", "crowded", "steps", "states", "merged"}


def family_plan(sql: str) -> FamilyPlan:
    """Take the SQL of a family apart.

    Raises:
        UnfitError: it has another form.
    """
    parts = ctes(sql)
    if not {"bounds", "measured", "final"} <= set(parts):
        raise UnfitError
    slices, columns = _columns(parts["measured"])
    read, tags = FROM.search(parts["measured"]), [TAG.match(line) for line in selected(parts["final"])[1:]]
    cell = CELL.search(parts["packed"]) if "packed" in parts else [""] * 2
    if not read or not all(tags) or not cell:
        raise UnfitError
    folded = re.fullmatch(r"    select \* from (\S+)", parts.get("folded", ""))
    merges = _merges(parts) if read[1] == "merged" else None
    if not folded:
        raise UnfitError
    return FamilyPlan(
        head=before(sql, "measured"), fold=folded[1], source=read[1], merges=merges, adds_up="crowded" in parts,
        slices=slices, cut=read[2] or "", cell=cell[1], columns=columns,
        tags=tuple(PublishedTag(one[5], one[2] or "", one[3], bool(one[1]), one[4]) for one in tags),
    )  # fmt: skip


def _merges(parts: dict[str, str]) -> tuple[str, str]:
    """The slices that a family keeps of its fold, and the condition on the rows."""
    body = parts["crowded" if "crowded" in parts else "merged"]
    read = FROM.search(body)
    if not read or read[1] != "folded" or ("crowded" in parts and not set(parts) >= ADDED_UP):
        raise UnfitError
    return _until(body, r"\w+\.piece"), read[2] or ""


def _until(body: str, end: str) -> str:
    """The slices of a CTE: what it selects between the customer and the first line that is something else."""
    found = re.search(rf"\.customer_id,\n(.*?)^        {end}", body, re.DOTALL | re.MULTILINE)
    if not found:
        raise UnfitError
    return found[1]


def _columns(body: str) -> tuple[str, dict[str, Measured]]:
    """The slices of `measured` as SQL, and its narrow columns."""
    slices = _until(body, r"(?:cast|sum|max|min)\(")
    found = {}
    for line in selected(body)[1 + slices.count("\n") :]:
        value, _, name = line.rpartition(" as ")
        found[name] = _measured(value)
    return slices, found


def _measured(value: str) -> Measured:
    """A narrow column, from its expression."""
    form = MEASURED.fullmatch(WINDOW.sub("W", value))
    if not form:
        raise UnfitError
    if form["type"] == "integer" and (form["days"] or form["first"]):
        # A quotient would be rounded twice: to hundredths, and to whole numbers.
        raise UnfitError
    days = (form["days"],) if form["days"] else (form["first"], form["last"]) if form["first"] else ()
    return Measured(tuple(map(_window, WINDOW.finditer(value))), form["type"] or "", days)


def _window(found: re.Match[str]) -> Window:
    value = re.sub(r"\w+\.", "", found["value"])
    if found["first"]:
        return Window(found["how"], value, found["first"], found["last"])
    return Window(found["how"], value, found["at"] if found["op"] == "=" else "", found["at"])
