"""A wide table filled block by block of customers, its folds and families computed on the way, several beside each other.

The materialization `blocks` of dbt hands over the statements; benchmarks call the same function. Two threads on one statement of
a thousand columns cost DuckDB up to twice the processor time of one (decision 0016), so each statement has few threads, and
as many statements run at once as there are processors.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tagmart.core.duck import literal, threads
from tagmart.core.errors import TagmartError

if TYPE_CHECKING:
    import duckdb

# More at once would hold more in memory than the processors are worth: then each gets more threads.
AT_ONCE = 4


@dataclass(frozen=True)
class Wide:
    """A wide table and what it is made of.

    Attributes:
        table: the relation that is made.
        spine: the relation of its customers.
        block_size: customers in a block.
        scratch: the name under which an empty database in memory is attached meanwhile; steps lie in its schema `main`.
        folds, families: queries by name, cut by the variables `block_from` and `block_to`. Families read folds, none its like.
        sql: the query of the table; reads the steps where they lie, and is cut as they are.
    """

    table: str
    spine: str
    block_size: int
    scratch: str
    folds: Mapping[str, str]
    families: Mapping[str, str]
    sql: str


def _at_once() -> int:
    """How many statements run beside each other: as many as TAGMART_THREADS says, up to four."""
    return min(AT_ONCE, threads())


def _threads_each() -> int:
    """What is left of TAGMART_THREADS for DuckDB itself, beside the threads that wait for their statements and work on them."""
    return max(1, threads() - _at_once() + 1)


def fill(connection: duckdb.DuckDBPyConnection, wide: Wide) -> Counter[str]:
    """Make the table anew, block by block in the order of customers. Nobody may read it before the last block is in.

    A table that is there already is filled if it is empty and has the columns of the query, and replaced otherwise. DuckDB keeps
    the few threads that it is given here: another table may be filled at the same time.

    Args:
        connection: any connection of the instance; the work is done by cursors of their own, each statement its own transaction.

    Returns:
        Processor seconds by fold and family, and of the table itself, of the threads that ran the statements.

    Raises:
        TagmartError: a statement failed; names the fold, the family or the table.
    """
    took: Counter[str] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(f"set threads = {_threads_each()}")
        cursor.execute(f"attach ':memory:' as {wide.scratch}")
        try:
            with ThreadPoolExecutor(_at_once()) as pool:
                for number, block in enumerate(_blocks(cursor, wide)):
                    for steps, order in ((wide.folds, ""), (wide.families, " order by customer_id")):
                        made = {name: f"create or replace table {wide.scratch}.main.{name} as from ({sql}){order}" for name, sql in steps.items()}
                        running = {name: pool.submit(_run, connection, block, name, statement) for name, statement in made.items()}
                        took.update({name: one.result() for name, one in running.items()})
                    there = number or _is_laid_out(cursor, wide)
                    head = f"insert into {wide.table}" if there else f"create or replace table {wide.table} as"
                    took[wide.table] += _run(connection, block, wide.table, f"{head} {wide.sql}")
        finally:
            cursor.execute(f"detach {wide.scratch}")
    return took


def _blocks(cursor: duckdb.DuckDBPyConnection, wide: Wide) -> list[tuple[str, str]]:
    """First and last customer of each block; nothing is before the first and after the last one.

    Open ends spare a comparison with every row. A bank without the entity still gets its table, empty: one block.
    """
    found = cursor.execute(f"""
        select min(customer_id), max(customer_id)
        from (select customer_id, (row_number() over (order by customer_id) - 1) // {wide.block_size} as block_no from {wide.spine})
        group by block_no
        order by 1""").fetchall()
    firsts = ["", *(first for first, _ in found[1:])]
    lasts = [*(last for _, last in found[:-1]), "\uffff"]
    return list(zip(firsts, lasts, strict=True))


def _is_laid_out(cursor: duckdb.DuckDBPyConnection, wide: Wide) -> bool:
    """Is the table there, empty, with just the columns and types that its query gives?"""
    import duckdb

    # A table that is not there must not be looked for among the names of this module.
    cursor.execute("set python_enable_replacements = false")
    try:
        return cursor.execute(f"""
            select not exists (from {wide.table})
                and (select list((column_name, column_type)) from (describe {wide.table}))
                    = (select list((column_name, column_type)) from (describe {wide.sql}))""").fetchone()[0]
    except duckdb.CatalogException:
        return False


def _run(connection: duckdb.DuckDBPyConnection, block: tuple[str, str], name: str, statement: str) -> float:
    """Run a statement for the customers of a block; the processor seconds of this thread."""
    import duckdb

    started = time.thread_time()
    with connection.cursor() as cursor:
        for bound, customer in zip(("block_from", "block_to"), block, strict=True):
            cursor.execute(f"set variable {bound} = {literal(customer)}")
        try:
            cursor.execute(statement)
        except duckdb.Error as error:
            raise TagmartError("a wide table cannot be filled", where=name, seen=str(error).splitlines()[0],
                               do=f"customers {block[0]} to {block[1]}; `tagmart tags try` builds one family") from error
    return time.thread_time() - started
