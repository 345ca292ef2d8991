"""What the warehouse remembers of the tables that are built day by day; dbt_project/materializations reads and writes it.

It stands in the warehouse and not in the state file, so that it changes in the transaction that changes the rows.
"""

from __future__ import annotations

import duckdb

# build: one row per build that changed something, with the definition it was made by and the content of inputs without days.
# day: of every day, in which build it was made, and from what. key: of every key of a slowly changing input that rows use,
# the state they were made with. touched: owners whose rows a build changed on other days than those it built. seen: up to
# which build of an input a model has followed. order: how many rows a table had when it was last laid out.
TABLES = {
    "daily_build": "model varchar, version bigint, run_id varchar, biz_date date, definition varchar, content varchar,"
                   " days bigint, parts bigint",
    "daily_day": "model varchar, day date, version bigint, signature varchar",
    "daily_key": "model varchar, input integer, key varchar, state hugeint, first_day date",
    "daily_touched": "model varchar, version bigint, part varchar",
    "daily_seen": "model varchar, input varchar, version bigint",
    "daily_order": "model varchar, row_cnt bigint",
}
# The tables themselves; what readers see under the model's name is a view that ends at the business date.
STORE = "store"


def make_bookkeeping(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Have the tables that dbt finds: made here, because two of its threads making one table would get in each other's way.

    Args:
        warehouse: open for writing.
    """
    warehouse.execute("create schema if not exists ops")
    warehouse.execute(f"create schema if not exists {STORE}")
    for name, columns in TABLES.items():
        warehouse.execute(f"create table if not exists ops.{name} ({columns})")
