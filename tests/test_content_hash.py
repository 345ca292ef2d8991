"""Fingerprints of tables: the same content gives the same one, other content another."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagmart.core.errors import TagmartError
from tagmart.publish import content_hash

SCRATCH = duckdb.connect()
ROWS = st.lists(
    st.tuples(
        st.text(max_size=4), st.integers(-5, 5) | st.none(), st.decimals(-9, 9, places=2, allow_nan=False) | st.none()
    ),
    max_size=12,
)


def hash_of(rows: list[tuple]) -> tuple[int, str]:
    SCRATCH.execute("create schema if not exists mart")
    SCRATCH.execute("create or replace table mart.t (word varchar, number integer, amount decimal(18,2))")
    if rows:
        SCRATCH.executemany("insert into mart.t values (?, ?, ?)", rows)
    return content_hash(SCRATCH, "mart.t")


@settings(max_examples=30, deadline=None)
@given(rows=ROWS, order=st.randoms(use_true_random=False))
def test_the_content_hash_does_not_depend_on_the_order_of_rows(rows, order):
    shuffled = list(rows)
    order.shuffle(shuffled)
    assert hash_of(rows) == hash_of(shuffled)


@settings(max_examples=30, deadline=None)
@given(rows=ROWS, other=ROWS)
def test_the_content_hash_tells_different_content_apart(rows, other):
    assert (hash_of(rows) == hash_of(other)) == (sorted(map(repr, rows)) == sorted(map(repr, other)))


def test_the_content_hash_counts_twins_and_leaves_out_run_and_clock():
    with duckdb.connect() as connection:
        connection.execute("create schema mart")
        connection.execute("create table mart.a as select 'r1' as run_id, timestamp '2026-01-01' as at, 1 as x")
        connection.execute("create table mart.b as select 'r2' as run_id, timestamp '2026-01-02' as at, 1 as x")
        connection.execute("create table mart.c as select 'r2' as run_id, 1 as x from range(2)")
        connection.execute("create table mart.d as select 'r2' as run_id, 1 as x from range(3)")
        assert content_hash(connection, "a") == content_hash(connection, "b")
        assert content_hash(connection, "c") != content_hash(connection, "d")
        with pytest.raises(TagmartError, match="no such table"):
            content_hash(connection, "mart.nothing")
