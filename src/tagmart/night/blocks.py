"""A wide table filled block by block of customers, its folds and families computed on the way, several beside each other.

The materialization `blocks` of dbt hands over the statements; benchmarks call the same function. Folds and families are computed in
arrays (tagmart.folding) and handed to the statement of the table as they lie there. Two threads on one statement of a thousand
columns cost DuckDB up to twice the processor time of one (decision 0016), so each has few threads, and as many of them run at
once as there are processors.
"""

from __future__ import annotations

import functools
import time
from collections import Counter
from collections.abc import Callable, Mapping, Set
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from tagmart.core.duck import literal, threads
from tagmart.core.errors import TagmartError
from tagmart.folding.block import Block
from tagmart.folding.customers import Customers
from tagmart.folding.partial import look_up, readings

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from tagmart.folding.partial import Partial

Made = TypeVar("Made")
# The first and the last customer there can be.
EVERYBODY = ("", "\uffff")
# More at once would hold more in memory than the processors are worth: then each gets more threads.
AT_ONCE = 4
# Customers in a part of a block: of fewer, asking for the windows of every family takes longer than folding.
PART = 20_000


@dataclass(frozen=True)
class Wide:
    """A wide table and what it is made of.

    Attributes:
        table: the relation that is made.
        spine: the relation of its customers.
        block_size: customers in a block.
        scratch: the name under which an empty database in memory is attached meanwhile.
        folds: queries by the relations that families read, in the schema `main` of that database.
        families: queries by the names under which `sql` finds them, in `temp.main`; they read folds, none its like.
        sql: the query of the table. All queries are cut by the variables `block_from` and `block_to`.
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
        Processor seconds of the threads that ran the statements: by folds (those that are read together in one), by family, of the table.

    Raises:
        TagmartError: a statement failed; names the fold, the family or the table.
    """
    took: list[tuple[str, float]] = []
    with connection.cursor() as cursor:
        cursor.execute(f"set threads = {_threads_each()}")
        # Decimals go to arrays and come back as they are stored, not widened to 128 bits.
        cursor.execute("set arrow_output_version = '1.5'")
        cursor.execute(f"attach ':memory:' as {wide.scratch}")
        try:
            with ThreadPoolExecutor(_at_once()) as pool:
                partials = _looked_up(pool, functools.partial(_timed, connection, EVERYBODY, took), wide)
                for number, bounds in enumerate(_blocks(cursor, wide)):
                    _fill_block(pool, functools.partial(_timed, connection, bounds, took), wide, partials, number)
        finally:
            cursor.execute(f"detach {wide.scratch}")
    spent: Counter[str] = Counter()
    for name, seconds in took:
        spent[name] += seconds
    return spent


def _blocks(cursor: duckdb.DuckDBPyConnection, wide: Wide) -> list[tuple[str, str]]:
    """First and last customer of each block; nothing is before the first and after the last one.

    Open ends spare a comparison with every row. A bank without the entity still gets its table, empty: one block.
    """
    found = cursor.execute(f"""
        select min(customer_id), max(customer_id)
        from (select customer_id, (row_number() over (order by customer_id) - 1) // {wide.block_size} as block_no from {wide.spine})
        group by block_no
        order by 1""").fetchall()
    firsts = [EVERYBODY[0], *(first for first, _ in found[1:])]
    lasts = [*(last for _, last in found[:-1]), EVERYBODY[1]]
    return list(zip(firsts, lasts, strict=True))


def _looked_up(pool: ThreadPoolExecutor, run: Callable[..., Any], wide: Wide) -> dict[str, Partial]:
    """What must be known of folds, the same for every block; without those that are left to the database."""
    found = pool.map(lambda relation: run(relation, functools.partial(look_up, sql=wide.folds[relation])), wide.folds)
    return {relation: one for relation, one in zip(wide.folds, found, strict=True) if one}


def _fill_block(pool: ThreadPoolExecutor, run: Callable[..., Any], wide: Wide, partials: Mapping[str, Partial], number: int) -> None:
    """Compute the customers of one block and write them; what was held for it is given back before the next one."""
    customers = run("customers", functools.partial(_customers, wide))
    parts = max(1, min(_at_once(), len(customers.ids) // PART))
    families = _families(pool, run, Block(customers.parts(parts), wide.folds, partials), wide)
    run(wide.table, functools.partial(_write, wide, families, number))


def _customers(wide: Wide, cursor: duckdb.DuckDBPyConnection) -> Customers:
    """The customers of a block, numbered in the order of their ids."""
    relation = f"{wide.scratch}.main.customers"
    cursor.execute(f"""
        create or replace table {relation} as
        select customer_id, cast(row_number() over (order by customer_id) - 1 as integer) as row_no from {wide.spine}
        where customer_id between getvariable('block_from') and getvariable('block_to') order by customer_id""")
    ids = cursor.execute(f"select customer_id from {relation} order by row_no").to_arrow_table().column(0).combine_chunks()
    return Customers(relation, ids)


def _families(pool: ThreadPoolExecutor, run: Callable[..., Any], block: Block, wide: Wide) -> dict[str, pa.Table]:
    """The columns of every family; each is begun as soon as the folds that it reads are made."""
    folding = {
        pool.submit(run, ", ".join(relations), functools.partial(block.fold, relations=relations, part=part)): {(relation, part) for relation in relations}
        for relations in readings(block.partials)
        for part in range(len(block.parts))
    }
    coming = set().union(*folding.values())
    waits_for = {name: {one for one in coming if one[0] in block.read_by(sql)} for name, sql in wide.families.items()}
    begun: dict[str, Future] = {}

    def begin(folded: Set[tuple[str, int]] = frozenset()) -> None:
        for name, needs in waits_for.items():
            needs -= folded
            if not needs and name not in begun:
                begun[name] = pool.submit(run, name, functools.partial(block.family, sql=wide.families[name]))

    begin()
    for done in as_completed(folding):
        done.result()
        begin(folding[done])
    return {name: one.result() for name, one in begun.items()}


def _write(wide: Wide, families: Mapping[str, pa.Table], number: int, cursor: duckdb.DuckDBPyConnection) -> None:
    """Put the rows of a block into the table, which is made by the first one."""
    for name, made in families.items():
        cursor.register(name, made)
    there = number or _is_laid_out(cursor, wide)
    cursor.execute(f"{f'insert into {wide.table}' if there else f'create or replace table {wide.table} as'} {wide.sql}")


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


def _timed(
    connection: duckdb.DuckDBPyConnection, bounds: tuple[str, str], took: list[tuple[str, float]], name: str,
    work: Callable[[duckdb.DuckDBPyConnection], Made],
) -> Made:  # fmt: skip
    """Do a step for these customers, and note the processor seconds of this thread."""
    import duckdb

    started = time.thread_time()
    with connection.cursor() as cursor:
        for bound, customer in zip(("block_from", "block_to"), bounds, strict=True):
            cursor.execute(f"set variable {bound} = {literal(customer)}")
        try:
            made = work(cursor)
        except duckdb.Error as error:
            whose = "all customers" if bounds == EVERYBODY else f"customers {bounds[0]} to {bounds[1]}"
            raise TagmartError("a wide table cannot be filled", where=name, seen=str(error).splitlines()[0],
                               do=f"{whose}; `tagmart tags try` builds one family") from error
    took.append((name, time.thread_time() - started))
    return made
