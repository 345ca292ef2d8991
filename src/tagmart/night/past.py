"""Values of past nights that rules compare with, taken from the published runs of exactly those dates."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tagmart.core.duck import identifier, literal
from tagmart.core.mart import ENTITY_ZH, MART_FILE, TAGS_PREFIX, qualified, table_columns
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.publish import latest_good

if TYPE_CHECKING:
    import duckdb


def write_past(warehouse: duckdb.DuckDBPyConnection, settings: Settings, state: State, biz_date: date) -> None:
    """Fill ops.past_tags_<entity> with what rules ask of past nights: `before(tag, 30d)` and `chg(tag, 30d)`.

    A night that was not published, or from which an operator went back, has no rows, and a tag that it did not publish is
    NULL: the rule language takes both for missing. Nothing is interpolated and no neighbouring day is taken.

    Args:
        warehouse: open for writing.
        settings, state: where runs are published.
        biz_date: the date from which the days are counted back.
    """
    asked = asked_of_past(settings)
    for entity in ENTITY_ZH:
        tags = {tag: kind for days in asked.get(entity, {}).values() for tag, kind in days.items()}
        columns = "".join(f", {identifier(tag)} {tags[tag]}" for tag in sorted(tags))
        table = f"ops.past_tags_{entity}"
        warehouse.execute(f"create or replace table {table} (customer_id varchar, days_back integer{columns})")
        for days, of_day in sorted(asked.get(entity, {}).items()):
            folder = latest_good(state, biz_date - timedelta(days=days))
            if folder is None:
                continue
            warehouse.execute(f"attach {literal(folder / MART_FILE)} as past (read_only)")
            there = table_columns(warehouse, f"{TAGS_PREFIX}{entity}", database="past")
            if listed := [identifier(tag) for tag in sorted(of_day) if tag in there]:
                names = ", ".join(listed)
                warehouse.execute(
                    f"insert into {table} (customer_id, days_back, {names})"
                    f" select customer_id, {days}, {names} from past.{qualified(TAGS_PREFIX + entity)}"
                )
            warehouse.execute("detach past")


def asked_of_past(settings: Settings) -> dict[str, dict[int, dict[str, str]]]:
    """What the generated rules read of past nights: entity → days back → tag → its data type."""
    generated = settings.dbt_project / "seeds" / "generated"
    asked: dict[str, dict[int, set[str]]] = {}
    for row in _rows(generated / "segment_catalog.csv"):
        for said in filter(None, (row.get("past") or "").split("|")):
            tag, _, days = said.partition("@")
            asked.setdefault(row["entity"], {}).setdefault(int(days), set()).add(tag)
    if not asked:
        return {}
    kinds = {(row["entity"], row["tag_name"]): row["data_type"] for row in _rows(generated / "tag_catalog.csv")}
    return {
        entity: {days: {tag: kinds[entity, tag] for tag in tags if (entity, tag) in kinds} for days, tags in of_entity.items()}
        for entity, of_entity in asked.items()
    }


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
