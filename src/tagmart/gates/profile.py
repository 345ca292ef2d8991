"""How every tag is filled: one scan per wide table, one row per tag, written into the candidate as mart.tag_profile.

Gates read this instead of the wide table: a thousand columns looked at one by one take minutes, their profile seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from tagmart.core.duck import connect, identifier
from tagmart.core.errors import TagmartError
from tagmart.core.mart import MART_FILE, SCHEMA, TAG_KEYS, TAG_PROFILE, table_columns, tag_tables, write_table
from tagmart.gates.bins import bins_of

if TYPE_CHECKING:
    import duckdb

# Columns per statement: exact distinct counts keep one hash table per column in memory, so not all at once.
CHUNK = 100
# Up to so many rows different values are counted in a list: the hash tables of count(distinct) cost a millisecond a column before
# the first row, which for a small bank is most of the stage. A list of many rows would cost memory.
LISTED = 20_000
NUMBERS = (
    "DECIMAL",
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
)
FLOATS = ("DOUBLE", "FLOAT")
MEASURES = ("value_cnt", "distinct_cnt", "min_value", "max_value", "zero_cnt", "true_cnt", "total")


def profile_candidate(candidate: Path) -> int:
    """Profile every tag of the candidate and write mart.tag_profile into it.

    Args:
        candidate: tagmart.duckdb of a run, or the folder that holds it.

    Returns:
        How many tags were profiled.

    Raises:
        TagmartError: if the candidate has no wide table.
    """
    path = candidate / MART_FILE if candidate.is_dir() else candidate
    with connect(path) as connection:
        tables = tag_tables(connection)
        if not tables:
            raise TagmartError(
                "the candidate has no wide table",
                where=str(path),
                seen="no table mart.tags_<entity>",
                do="run the stage `wide` first",
            )
        rows = []
        for entity, table in tables.items():
            bins = bins_of(connection, entity, table)
            rows += [{**row, "bins": bins.get(str(row["tag_name"]))} for row in profile_table(connection, entity, table)]
        connection.execute("begin")
        write_table(connection, TAG_PROFILE, rows)
        connection.execute("commit")
        connection.execute("checkpoint")
    return len(rows)


def profile_table(connection: duckdb.DuckDBPyConnection, entity: str, table: str) -> Iterator[dict[str, object]]:
    """The profile of one wide table: one dictionary per tag, in the order of its columns."""
    columns = table_columns(connection, table)
    tags = [(name, data_type) for name, data_type in columns.items() if name not in TAG_KEYS]
    biz_date = "max(biz_date)" if "biz_date" in columns else "null"
    listed = connection.execute(f"select count(*) from {SCHEMA}.{identifier(table)}").fetchone()[0] <= LISTED
    for start in range(0, len(tags), CHUNK):
        chunk = tags[start : start + CHUNK]
        aggregates = ", ".join(expression for name, data_type in chunk for expression in _aggregates(name, data_type, listed))
        found = connection.execute(
            f"select count(*), {biz_date}, {aggregates} from {SCHEMA}.{identifier(table)}"
        ).fetchone()
        row_cnt, date_seen, values = found[0], found[1], found[2:]
        for position, (name, data_type) in enumerate(chunk):
            measured = dict(zip(MEASURES, values[position * len(MEASURES) :], strict=False))
            yield _row(entity, name, data_type, date_seen, row_cnt, measured)


def _aggregates(name: str, data_type: str, listed: bool) -> list[str]:
    """The aggregates of one column, in the order of MEASURES. Floats are summed as decimals: the order must not matter.

    Args:
        name: the column.
        data_type: its type in the database.
        listed: whether its values are few enough to be counted in a list.
    """
    column = identifier(name)
    kind = data_type.split("(")[0]
    zero = total = true = "null"
    distinct = f"coalesce(list_unique(list({column})), 0)" if listed else f"count(distinct {column})"
    if kind in NUMBERS or kind in FLOATS:
        zero = f"sum(({column} = 0)::integer)"
        total = f"sum({column})" if kind in NUMBERS else f"sum(try_cast({column} as decimal(38,6)))"
    elif kind == "BOOLEAN":
        true = total = f"sum({column}::integer)"
        distinct = f"coalesce(max({column}::integer) - min({column}::integer) + 1, 0)"
    return [
        f"count({column})",
        distinct,
        f"min({column})::varchar",
        f"max({column})::varchar",
        zero,
        true,
        total,
    ]


def _row(
    entity: str, name: str, data_type: str, biz_date: object, row_cnt: int, measured: dict[str, object]
) -> dict[str, object]:
    """One row of tag_profile from the aggregates of one column."""
    value_cnt = int(measured["value_cnt"])
    counted = measured["total"] is not None or value_cnt == 0
    is_number = data_type.split("(")[0] in (*NUMBERS, *FLOATS)
    zero_cnt = int(measured["zero_cnt"] or 0) if is_number else None
    return {
        "entity": entity,
        "tag_name": name,
        "biz_date": biz_date,
        "data_type": data_type,
        "row_cnt": row_cnt,
        "null_cnt": row_cnt - value_cnt,
        "null_share": _share(row_cnt - value_cnt, row_cnt),
        "zero_cnt": zero_cnt,
        "zero_share": _share(zero_cnt, row_cnt),
        "true_cnt": int(measured["true_cnt"] or 0) if data_type == "BOOLEAN" else None,
        "distinct_cnt": measured["distinct_cnt"],
        "min_value": measured["min_value"],
        "max_value": measured["max_value"],
        "mean_value": _divide(measured["total"], value_cnt, "0.0001") if counted else None,
    }


def _share(part: int | None, whole: int) -> Decimal | None:
    """A share with six digits; NULL of nothing."""
    return None if part is None else _divide(part, whole, "0.000001")


def _divide(total: object, count: int, unit: str) -> Decimal | None:
    """An exact quotient, rounded half to even."""
    if total is None or not count:
        return None
    return (Decimal(str(total)) / count).quantize(Decimal(unit), ROUND_HALF_EVEN)
