"""How far a customer came in the steps of a trigger: each named step of its SQL, and what it holds of the customer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tagmart.core.duck import identifier, literal
from tagmart.explain.rows import CODE_ENDS

if TYPE_CHECKING:
    import duckdb

LAST = "final"
# Values are shown of so many rows and columns; of more rows their number says enough.
MOST_ROWS, MOST_COLUMNS = 3, 12
PLAIN = ("DATE", "DECIMAL", "INTEGER", "BIGINT", "BOOLEAN", "HUGEINT")
# The same for every customer, or where a row came from.
SKIPPED = ("customer_id", "biz_date", "month_start", "src_line", "leg", "seq", "place")


@dataclass(frozen=True)
class Step:
    """One step of a trigger for one customer.

    Attributes:
        name: as the SQL calls it.
        rows: how many rows it holds of the customer.
        values: of a few rows what they say: one tuple of (column, value) per row; never a name or a number of somebody.
    """

    name: str
    rows: int
    values: tuple[tuple[tuple[str, str], ...], ...] = ()


def steps_of(connection: duckdb.DuckDBPyConnection, sql: str, customer: str, personal: frozenset[str]) -> tuple[Step, ...]:
    """Ask every step of a trigger for one customer.

    Args:
        connection: where the SQL runs.
        sql: the trigger: a WITH clause whose last step is `final`, as every detector has it.
        customer: the customer.
        personal: columns that are never shown.

    Returns:
        The steps that are about customers, in the order of the SQL; none where the SQL has another shape.
    """
    import sqlglot

    found = re.search(r"(?is)^(.*\))\s*select\s+\*\s+from\s+final\s*;?\s*$", sql)
    if found is None:
        return ()
    body, steps = found[1], []
    for name in (cte.alias for cte in sqlglot.parse_one(sql, dialect="duckdb").ctes):
        asked = f"{body} select * from {identifier(name)}"
        types = {column: str(kind) for column, kind, *_ in connection.execute(f"describe {asked}").fetchall()}
        if "customer_id" not in types:
            continue
        shown = [column for column, kind in types.items() if _is_shown(column, kind, personal)]
        listed = ", ".join(["1", *(f"cast({identifier(column)} as varchar)" for column in shown)])
        rows = connection.execute(
            f"{body} select {listed} from {identifier(name)} where customer_id = {literal(customer)} order by all"
        ).fetchall()
        values = [tuple((column, value) for column, value in zip(shown, row[1:], strict=True) if value is not None)[:MOST_COLUMNS] for row in rows]
        steps.append(Step(name, len(rows), tuple(values) if len(rows) <= MOST_ROWS else ()))
    return tuple(steps)


def _is_shown(column: str, kind: str, personal: frozenset[str]) -> bool:
    if column in SKIPPED or column in personal:
        return False
    return kind.startswith(PLAIN) or (kind == "VARCHAR" and column.endswith(CODE_ENDS))
