"""Which customers break an expectation over tags: one targeted query per tag that is red, and none while all is well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from tagmart.core.duck import identifier, literal
from tagmart.core.mart import CODE_VALUE, TAG_CATALOG, qualified, table_columns, tag_tables
from tagmart.gates.expect import Checked
from tagmart.gates.facts import GateInput, night_database
from tagmart.gates.failing import FailingRow
from tagmart.gates.structure import Sum, made_tags, named_sum, sums

if TYPE_CHECKING:
    import duckdb

FRAMES = ("tag", "additive", "monotone")
# Customers remembered per tag, and tags looked up per expectation: who has more red has one cause.
MOST_ROWS = 10
MOST_TAGS = 50
# An expectation that lets all but nobody be empty is about the tag and not about customers: everybody would be named.
NEARLY_ALL = 0.99


def failing_tags(given: GateInput, red: Sequence[Checked]) -> list[FailingRow]:
    """The customers that break the expectations that are red, at most ten per tag, by customer_id.

    Args:
        given: the night.
        red: what failed; only expectations over tags are looked up.
    """
    wanted = [result for result in red if result.expectation.facts in FRAMES and result.broken]
    if not wanted:
        return []
    with night_database(given) as connection:
        return [row for entity, table in tag_tables(connection).items() for row in _of_table(connection, given, wanted, entity, table)]


def _of_table(
    connection: duckdb.DuckDBPyConnection, given: GateInput, red: Iterable[Checked], entity: str, table: str
) -> Iterator[FailingRow]:
    """The failing rows of one wide table."""
    columns = table_columns(connection, table)
    totals: dict[str, Sum] = {}
    if any(result.expectation.facts == "additive" for result in red):
        named = (named_sum(total, parts) for total, parts in given.sums.items() if total in columns)
        found = [*sums(made_tags(given.settings.specs_dir, entity, columns)), *named]
        totals = {f"{one.total} by {one.slice}": one for one in found}
    for result in red:
        for subject in list(dict(result.broken))[:MOST_TAGS]:
            told = _condition(result, subject.removeprefix(f"{entity}."), columns, totals, entity)
            if told is None:
                continue
            condition, reason = told
            rows = connection.execute(
                f"select customer_id from {qualified(table)} as wide where {condition} order by customer_id limit {MOST_ROWS}"
            ).fetchall()
            for place, (customer,) in enumerate(rows, start=1):
                yield FailingRow(result.expectation.id, subject, place, "customer", customer, customer, reason)


def _condition(
    result: Checked, subject: str, columns: Mapping[str, str], totals: Mapping[str, Sum], entity: str
) -> tuple[str, str] | None:
    """SQL that is true of a failing customer, and the reason in words; None if the subject is not of this table."""
    frame = result.expectation.facts
    if frame == "monotone":
        shorter, _, longer = subject.partition(" ≤ ")
        if shorter not in columns or longer not in columns:
            return None
        return f"{identifier(shorter)} > {identifier(longer)}", "more in the shorter window"
    if frame == "additive":
        total = totals.get(subject)
        if total is None:
            return None
        parts = " + ".join(f"coalesce({identifier(part)}, 0)" for part in total.parts)
        return f"abs({identifier(total.total)} - ({parts})) > {total.tolerance}", "parts are not the total"
    return _tag_condition(result, subject, entity) if subject in columns else None


def _tag_condition(result: Checked, tag: str, entity: str) -> tuple[str, str] | None:
    """The same for an expectation over the profile of one tag."""
    kwargs, name = result.expectation.kwargs, identifier(tag)
    least, most = kwargs.get("min_value"), kwargs.get("max_value")
    column = kwargs.get("column")
    if column == "null_share" and least is not None and least > 0:
        return f"{name} is not null", "has a value"
    if column == "null_share" and most is not None and most < NEARLY_ALL:
        return f"{name} is null", "is empty"
    if column == "unknown_code_cnt":
        codes = (
            f"select code from {qualified(CODE_VALUE)} where list = (select any_value(value_list) from {qualified(TAG_CATALOG)}"
            f" where entity = {literal(entity)} and tag_name = {literal(tag)})"
        )
        return f"{name}::varchar not in ({codes})", "a code that its list does not have"
    if column in ("min_number", "max_number"):
        bounds = [f"{name} < {least}"] * (least is not None) + [f"{name} > {most}"] * (most is not None)
        return " or ".join(bounds), "out of range"
    return None
