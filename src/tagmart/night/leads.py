"""What a night knows for its leads: tags of the last good run of the day before, which runs were published, and what is late."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tagmart.core.duck import connect, identifier, literal
from tagmart.core.mart import MART_FILE, TAG_CATALOG, TAGS_PREFIX, qualified, table_columns
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.leads import Lead, feeds_of, load_contract, load_leads
from tagmart.publish import latest_good
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


def mark_leads(settings: Settings, state: State, run_id: str, biz_date: date) -> int:
    """Tell dbt which leads stand on something of an earlier day: ops.late_lead anew, with what it is and its date.

    Args:
        settings: the home; the candidate's catalogue says of which day every tag is.
        state: which feeds are held, or carry an earlier state.
        run_id: the run.
        biz_date: its date.

    Returns:
        How many leads that are.
    """
    rows = state.rows("select feed, as_of from feed_fact where run_id = ? and status in ('carried', 'held')", run_id)
    feeds = {row["feed"]: date.fromisoformat(row["as_of"]) if row["as_of"] else None for row in rows}
    yesterday = biz_date - timedelta(days=1)
    before = latest_good(state, yesterday)
    found = late_leads(
        load_leads(settings.leads_dir), settings.dbt_project / "models", feeds, _late_tags(settings.run_dir(run_id) / MART_FILE, biz_date),
        _late_tags(before / MART_FILE, yesterday) if before else {},
    )
    with connect(settings.warehouse) as warehouse:
        warehouse.execute("create or replace table ops.late_lead (lead_code varchar, as_of date, because varchar)")
        for code, (day, because) in found.items():
            shown = f"{literal(day.isoformat())}::date" if day else "null"
            warehouse.execute(f"insert into ops.late_lead values ({literal(code)}, {shown}, {literal(because)})")
    return len(found)


def late_leads(
    leads: Iterable[Lead], models: Path, feeds: Mapping[str, date | None], tags: Mapping[tuple[str, str], date | None],
    before: Mapping[tuple[str, str], date | None],
) -> dict[str, tuple[date | None, str]]:
    """The leads of whose declared inputs something is of an earlier day: code → the oldest date, and what it is.

    Args:
        leads: the leads.
        models: dbt_project/models, which say what events are made of.
        feeds: late feeds, each with the date up to which it tells; None where it never told anything.
        tags: entity and name of tags of the night itself that are of an earlier day, with that day; None where there is no value.
        before: the same of the tags that the night before published.
    """
    found = {}
    for lead in leads:
        late = {f"feed {feed}": feeds[feed] for feed in sorted(feeds_of(lead, models) & feeds.keys())}
        for word, names, known in (("tag", lead.tags, tags), ("tag of the night before", lead.tags_before, before)):
            late |= {f"{word} {name}": known[entity, name] for entity in lead.entities for name in names if (entity, name) in known}
        if late:
            oldest = min(day or date.min for day in late.values())
            found[lead.code] = (None if oldest == date.min else oldest, ", ".join(late))
    return found


def _late_tags(file: Path, day: date) -> dict[tuple[str, str], date | None]:
    """Entity and name of the tags of a mart that are older than its date; a file of before there was such a thing has none."""
    with connect(file, read_only=True) as mart:
        if "as_of" not in table_columns(mart, TAG_CATALOG):
            return {}
        rows = mart.execute(
            f"select entity, tag_name, as_of from {qualified(TAG_CATALOG)} where as_of < {literal(day.isoformat())}::date or as_of is null"
        ).fetchall()
    return {(entity, tag): as_of for entity, tag, as_of in rows}
