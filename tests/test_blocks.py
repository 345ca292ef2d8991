"""Wide tables are filled block by block: the same table whatever the size of a block, and a step that fails is named.

The steps here have forms of their own, so the database computes them; test_folding.py has those that arrays know.
"""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagmart.core.errors import TagmartError
from tagmart.night.blocks import Wide, fill

CUT = "customer_id between getvariable('block_from') and getvariable('block_to')"
FOLD = f"select customer_id, sum(amt) as amt from moves where {CUT} group by 1"
# Not in the order of customers by itself: a family is put into it.
FAMILY = f"select customer_id, cast(coalesce(amt, 0) as integer) as amt from (from spine where {CUT}) left join steps.main.folded using (customer_id) order by hash(customer_id)"
TABLE = f"select spine.customer_id, kin.amt from (from spine where {CUT} order by 1) as spine positional join temp.main.kin where spine.customer_id = kin.customer_id"


def of(block_size: int, family: str = FAMILY) -> Wide:
    return Wide("wide", "spine", block_size, "steps", {"steps.main.folded": FOLD}, {"kin": family}, TABLE)


@pytest.fixture
def bank():
    with duckdb.connect() as connection:
        connection.execute("create table spine (customer_id varchar); create table moves (customer_id varchar, amt integer)")
        yield connection


@settings(max_examples=40, deadline=None)
@given(customers=st.sets(st.sampled_from("ABCDEFGHIJ客户é0~"), max_size=12), moves=st.lists(st.tuples(st.sampled_from("ABCDEFGHIJ客"), st.integers(-9, 9)), max_size=30),
       size=st.integers(1, 14))  # fmt: skip
def test_every_customer_once_whatever_the_block(customers, moves, size):
    """Every customer of the spine has its own row and value, in order; what belongs to nobody is left out."""
    with duckdb.connect() as connection:
        connection.execute("create table spine (customer_id varchar); create table moves (customer_id varchar, amt integer)")
        for table, rows in (("spine", [(one,) for one in sorted(customers, reverse=True)]), ("moves", moves)):
            if rows:
                connection.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)
        fill(connection, of(size))
        found = connection.execute("from wide").fetchall()
        assert found == [(one, sum(amt for who, amt in moves if who == one)) for one in sorted(customers)]
        assert "steps" not in {name for (name,) in connection.execute("select database_name from duckdb_databases()").fetchall()}


def test_a_step_that_fails_is_named(bank):
    """The night ends with the family's name and what DuckDB said; a second try begins with nothing left of the first."""
    bank.execute("insert into spine values ('A'), ('B')")
    with pytest.raises(TagmartError, match=r"kin: a wide table cannot be filled\. Seen: Conversion Error.*customers"):
        fill(bank, of(1, f"select customer_id, cast(customer_id as integer) as amt from spine where {CUT}"))
    fill(bank, of(1))
    assert bank.execute("from wide").fetchall() == [("A", 0), ("B", 0)]


@pytest.mark.parametrize(
    ("then", "comment"),
    [
        ("truncate wide", "金额｜Amount"),
        ("truncate wide; alter table wide alter amt type bigint", None),
        ("truncate wide; alter table wide rename amt to sum", None),
        ("truncate wide; alter table wide add column sum integer", None),
        ("select 1", None),
    ],
    ids=["the same", "another type", "another name", "another column", "not empty"],
)
def test_only_an_empty_table_with_just_the_columns_that_are_made_is_filled(bank, then, comment):
    """What was laid out beforehand keeps its comments; anything else is replaced."""
    bank.execute("insert into spine values ('A'), ('B'); insert into moves values ('B', 7)")
    bank.execute("create table wide (customer_id varchar, amt integer); insert into wide values ('Z', 1); comment on column wide.amt is '金额｜Amount'")
    bank.execute(then)
    fill(bank, of(1))
    assert bank.execute("from wide").fetchall() == [("A", 0), ("B", 7)]
    columns = bank.execute("select column_name, data_type, comment from duckdb_columns() where table_name = 'wide' order by column_index").fetchall()
    assert columns == [("customer_id", "VARCHAR", None), ("amt", "INTEGER", comment)]
