"""What a measure, a window and a partial can mean together; what they cannot is refused before SQL is made of it."""

from __future__ import annotations

from collections.abc import Mapping

from tagmart.core.errors import TagmartError
from tagmart.tagspec.model import Measure, Table, Window

# Of a history there is no sum of what happened: it says what was so on each day.
AGGREGATES_BY_FORM = {
    "flow": None,
    "due": ("sum", "max", "min", "count_days", "count_months", "first_day", "last_day", "share"),
    "history": ("at", "mean_days", "max", "min", "count_days", "first_day", "last_day", "share"),
}
# These divide by the days of the window, or count its months one by one.
NEEDS_LENGTH = ("mean_days", "per_day", "std_days", "count_months")


def check_meaning(
    table: Table, measures: Mapping[str, Measure], windows: Mapping[str, tuple[Window, ...]],
    combos: tuple[tuple[str, ...], ...], what: str, where: str,
) -> None:  # fmt: skip
    """Hold the measures of a block against its partial, windows and combinations.

    Args:
        windows: of each flow, by its name.
        what: the family, for errors.
        where: the file, for errors.

    Raises:
        TagmartError: for the first measure that has no meaning there.
    """
    for measure in measures.values():
        allowed = AGGREGATES_BY_FORM[table.form]
        if allowed and measure.agg not in allowed:
            raise TagmartError(
                f"{what}: measure '{measure.name}' has agg {measure.agg}", where=where,
                seen=f"{table.name} has form {table.form}", do=f"use one of {', '.join(allowed)}",
            )  # fmt: skip
        if measure.agg == "share":
            _check_share(measure, combos, what, where)
        for window in windows.get(measure.name, ()):
            _check_window(table, measure, window, what, where)


def _check_share(measure: Measure, combos: tuple[tuple[str, ...], ...], what: str, where: str) -> None:
    for combo in combos:
        if set(combo) <= set(measure.within):
            raise TagmartError(
                f"{what}: share '{measure.name}' of a combination is always 1", where=where,
                seen=f"[{', '.join(combo)}]", do="combine a slice that the share is taken over",
            )  # fmt: skip


def _check_window(table: Table, measure: Measure, window: Window, what: str, where: str) -> None:
    problem = f"{what}: measure '{measure.name}' over window '{window.code}'"
    if window.next and table.form != "due":
        raise TagmartError(
            problem, where=where, seen=f"{table.name} has form {table.form}",
            do="look forward only in a partial of form due, whose days may lie after the business date",
        )  # fmt: skip
    if measure.agg == "yoy" and not window.complete:
        raise TagmartError(problem, where=where, do="compare complete periods only: lm, lq, ly, l3m, l6m, l12m")
    if measure.agg in NEEDS_LENGTH and not (window.days or window.running or window.complete or window.next):
        raise TagmartError(problem, where=where, do="use a window that has a first day")
