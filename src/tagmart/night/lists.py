"""Imported lists on their way into a night: whom the declared ones name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tagmart.core.duck import literal
from tagmart.core.settings import Settings
from tagmart.rules.lists import declared, members_of

if TYPE_CHECKING:
    import duckdb


def write_lists(warehouse: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Fill ops.list_member and ops.list_state from the home; a list whose declared file is not here has no state, and fails alone."""
    warehouse.execute("create or replace table ops.list_member (entity varchar, list_key varchar, customer_id varchar)")
    warehouse.execute("create or replace table ops.list_state (list_key varchar, row_cnt integer)")
    for _, said in declared(settings):
        if (members := members_of(settings, said)) is None:
            continue
        values = ", ".join(literal(one) for one in members)
        key, entity = literal(said["key"]), literal(said["entity"])
        warehouse.execute(f"insert into ops.list_member select {entity}, {key}, unnest([{values}])")
        warehouse.execute(f"insert into ops.list_state values ({key}, {len(members)})")
