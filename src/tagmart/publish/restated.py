"""The receipt of a restatement: what a run says otherwise than the last good run of the same date, and by how much.

It is written into every run, and is empty unless another run of its date was published before: so it cannot be forgotten,
and two runs over the same files are still the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tagmart.core.duck import connect, identifier, literal
from tagmart.core.mart import (
    EVENT_LEAD,
    MART_FILE,
    RESTATEMENT,
    SEGMENT_MEMBER,
    TAG_KEYS,
    qualified,
    table_columns,
    tag_tables,
    write_table,
)

if TYPE_CHECKING:
    import duckdb

# Columns compared in one statement.
CHUNK = 100
NUMBERS = ("DECIMAL", "INTEGER", "BIGINT", "SMALLINT", "TINYINT", "HUGEINT")
# What tells two leads of a kind and a date apart: one with another amount is the same lead, and has changed.
LEAD_KEYS = ("customer_id", "dedupe_part")


def write_restatement(candidate: Path, earlier: Path | None) -> int:
    """Write mart.restatement into a candidate.

    Args:
        candidate: folder of the run's files.
        earlier: folder of the last good run of the same date, or None: then nothing is restated.

    Returns:
        How many rows it has.
    """
    with connect() as connection:
        connection.execute(f"attach {literal(str(candidate / MART_FILE))} as newer; use newer")
        rows: list[dict] = []
        if earlier is not None:
            connection.execute(f"attach {literal(str(earlier / MART_FILE))} as older (read_only)")
            for entity, table in tag_tables(connection).items():
                rows += _of_table(connection, entity, table)
            rows += _of_sets(connection, "segment", SEGMENT_MEMBER, "segment_id", ("customer_id",))
            rows += _of_sets(connection, "lead", EVENT_LEAD, "lead_code", LEAD_KEYS, amount="amt")
            for row in rows:
                row |= {"old_run_id": earlier.name}
        connection.execute("begin")
        write_table(connection, RESTATEMENT, rows)
        connection.execute("commit")
        connection.execute("checkpoint")
    return len(rows)


def _of_table(connection: duckdb.DuckDBPyConnection, entity: str, table: str) -> Iterator[dict]:
    """The tags of an entity that changed, then its customers that did, came or went."""
    now, then = (table_columns(connection, table, database=side) for side in ("newer", "older"))
    tags = [tag for tag in now if tag in then and tag not in TAG_KEYS]
    both = f"newer.{qualified(table)} as fresh inner join older.{qualified(table)} as past using (customer_id)"
    changed = []
    for start in range(0, len(tags), CHUNK):
        chunk = tags[start : start + CHUNK]
        found = connection.execute(f"select {', '.join(part for tag in chunk for part in _figures(tag, now[tag], then[tag]))} from {both}").fetchone()
        for place, tag in enumerate(chunk):
            count, filled, emptied, before, after, rows_before, rows_after = found[place * 7 : place * 7 + 7]
            if count:
                changed.append(tag)
                yield {
                    "entity": entity, "kind": "tag", "name": tag, "rows_before": rows_before, "rows_after": rows_after,
                    "changed_cnt": count, "filled_cnt": filled, "emptied_cnt": emptied, "value_before": before, "value_after": after,
                    "difference": None if before is None and after is None else (after or 0) - (before or 0),
                }  # fmt: skip
    yield from _of_customers(connection, entity, table, changed)


def _figures(tag: str, now: str, then: str) -> Sequence[str]:
    """Customers for whom a tag is another, for whom it is new or gone, sums before and after (of numbers), and values of either."""
    fresh, past = f"fresh.{identifier(tag)}", f"past.{identifier(tag)}"
    is_number = now.split("(")[0] in NUMBERS and then.split("(")[0] in NUMBERS
    sums = (f"sum({past})", f"sum({fresh})") if is_number else ("null", "null")
    return (
        f"coalesce(sum(({_differs(fresh, past, now, then)})::integer), 0)",
        f"coalesce(sum(({past} is null and {fresh} is not null)::integer), 0)",
        f"coalesce(sum(({past} is not null and {fresh} is null)::integer), 0)", *sums, f"count({past})", f"count({fresh})",
    )  # fmt: skip


def _differs(fresh: str, past: str, now: str, then: str) -> str:
    """Whether two values differ; of a column that has another type now, as text."""
    return f"{fresh} is distinct from {past}" if now == then else f"{fresh}::varchar is distinct from {past}::varchar"


def _of_customers(connection: duckdb.DuckDBPyConnection, entity: str, table: str, changed: Sequence[str]) -> Iterator[dict]:
    """Customers with the number of their tags that changed; those of one run only have been added or removed."""
    types = {side: table_columns(connection, table, database=side) for side in ("newer", "older")}
    connection.execute("create or replace temp table touched (customer_id varchar, changed_cnt integer)")
    for start in range(0, len(changed), CHUNK):
        counted = " + ".join(
            f"({_differs(f'fresh.{identifier(tag)}', f'past.{identifier(tag)}', types['newer'][tag], types['older'][tag])})::integer"
            for tag in changed[start : start + CHUNK]
        )
        connection.execute(
            f"insert into touched select customer_id, {counted} from newer.{qualified(table)} as fresh"
            f" inner join older.{qualified(table)} as past using (customer_id)"
        )
    found = connection.execute(
        f"with known as (select customer_id, (fresh.customer_id is not null)::integer as is_now,"
        f" (past.customer_id is not null)::integer as was_then from newer.{qualified(table)} as fresh"
        f" full outer join older.{qualified(table)} as past using (customer_id)),"
        " counted as (select customer_id, sum(changed_cnt) as changed_cnt from touched group by customer_id)"
        " select customer_id, was_then, is_now, coalesce(changed_cnt, 0) from known left join counted using (customer_id)"
        " where was_then <> is_now or changed_cnt > 0 order by customer_id"
    ).fetchall()
    for customer, before, after, count in found:
        yield {
            "entity": entity, "kind": "customer", "name": customer, "rows_before": before, "rows_after": after, "changed_cnt": count,
            "filled_cnt": int(after > before), "emptied_cnt": int(before > after),
        }  # fmt: skip


def _of_sets(
    connection: duckdb.DuckDBPyConnection, kind: str, table: str, name: str, keys: Sequence[str], amount: str | None = None
) -> Iterator[dict]:
    """Sets of rows, by what they are of: sizes before and after, what came in, what fell out, and of which the amount is another."""
    now, then = (table_columns(connection, table, database=side) for side in ("newer", "older"))
    if name not in now or name not in then:
        return
    key = f"row({', '.join(key for key in keys if key in now and key in then)})"
    entity = "entity" if "entity" in now and "entity" in then else "null"
    is_summed = amount is not None and amount in now and amount in then
    parts = [
        f"select {name} as name, {key} as key, any_value({entity}) as entity, '{side}' as side,"
        f" {f'sum({identifier(amount)})' if is_summed else 'null::decimal(18,2)'} as amount"
        f" from {side}.{qualified(table)} group by {name}, {key}"
        for side in ("newer", "older")
    ]
    found = connection.execute(
        f"with rows as ({' union all '.join(parts)}), keyed as (select name, key, max(entity) as entity,"
        " max((side = 'older')::integer) as was_then, max((side = 'newer')::integer) as is_now,"
        " sum(amount) filter (where side = 'older') as before, sum(amount) filter (where side = 'newer') as after"
        " from rows group by name, key), judged as (select *, is_now = was_then and before is distinct from after as is_other from keyed)"
        " select max(entity), name, sum(was_then), sum(is_now), sum((is_now > was_then)::integer), sum((was_then > is_now)::integer),"
        " sum(is_other::integer), sum(before), sum(after)"
        " from judged group by name having sum((is_now <> was_then or is_other)::integer) > 0 order by name"
    ).fetchall()
    for owner, what, rows_before, rows_after, came, went, others, before, after in found:
        yield {
            "entity": owner, "kind": kind, "name": what, "rows_before": rows_before, "rows_after": rows_after, "changed_cnt": came + went + others,
            "filled_cnt": came, "emptied_cnt": went, "value_before": before, "value_after": after,
            "difference": None if before is None and after is None else (after or 0) - (before or 0),
        }  # fmt: skip
