"""What a night remembers for its leads: tags of the last good run of the day before, and which runs were published."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tagmart.core.duck import identifier, literal
from tagmart.core.mart import TAGS_PREFIX, qualified, table_columns
from tagmart.core.state import State
from tagmart.leads import load_contract
from tagmart.publish.store import good_runs_before

if TYPE_CHECKING:
    import duckdb


def remember_for_leads(
    warehouse: duckdb.DuckDBPyConnection, leads_dir: Path, state: State, biz_date: date, has_yesterday: bool
) -> None:
    """Make ops.prior_tag_<entity> and ops.published_run anew.

    Args:
        warehouse: open for writing, with the published file of the day before attached as `yesterday` if there is one.
        leads_dir: where the contract of the leads stands: it names the tags.
        state: which runs were published, and from which an operator went back.
        biz_date: of the night; runs of this date and later ones are none of its past.
        has_yesterday: is there a last good run of the day before.

    A tag that the file of the day before does not have yet is NULL: leads that need it are not raised that night.
    """
    for entity, tags in load_contract(leads_dir).tags_before.items():
        table, wide = f"ops.prior_tag_{entity}", f"{TAGS_PREFIX}{entity}"
        columns = ", ".join(["customer_id varchar", *(f"{identifier(tag)} {kind}" for tag, kind in tags.items())])
        warehouse.execute(f"create or replace table {table} ({columns})")
        there = table_columns(warehouse, wide, database="yesterday") if has_yesterday else {}
        if there:
            listed = [identifier(tag) if tag in there else f"cast(null as {kind})" for tag, kind in tags.items()]
            warehouse.execute(f"insert into {table} select customer_id, {', '.join(listed)} from yesterday.{qualified(wide)}")
    newest = good_runs_before(state, biz_date)
    warehouse.execute("create or replace table ops.published_run (biz_date date, run_id varchar)")
    if newest:
        listed = ", ".join(f"({literal(day)}, {literal(run_id)})" for day, run_id in newest.items())
        warehouse.execute(f"insert into ops.published_run values {listed}")

