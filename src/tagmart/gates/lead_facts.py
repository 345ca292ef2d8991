"""Facts about leads: how many everybody who works them is given, beside the budget and the nights before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tagmart.core.duck import literal
from tagmart.core.mart import EVENT_LEAD, qualified, table_columns, tag_tables
from tagmart.gates.facts import EVERYTHING, Fact, GateInput, night_database
from tagmart.gates.past import beside, past_sizes

if TYPE_CHECKING:
    import duckdb

NAMES = ("subject", "owner_kind", "lead_cnt", "chosen_cnt", "stranger_cnt", "twice_cnt", "budget")
# An owner is called by kind and number: a pool and a manager may have the same.
OWNER = "owner_kind || ' ' || coalesce(owner_id, '-')"
CHOSEN = f"select {OWNER} as owner_id, sum(is_chosen::integer) as is_chosen from {qualified(EVENT_LEAD)} group by all"


def lead_facts(given: GateInput) -> list[Fact]:
    """One fact per owner of leads; a mart without leads has the row that says so, and none besides."""
    with night_database(given) as connection:
        if not table_columns(connection, EVENT_LEAD):
            return [{"subject": EVERYTHING, "message": f"not applicable: there is no table mart.{EVENT_LEAD}"}]
        spines = " union all ".join(f"select customer_id from warehouse.dws.{entity}_spine" for entity in tag_tables(connection))
        rows = connection.execute(
            _OWNERS.format(owner=OWNER, leads=qualified(EVENT_LEAD), spines=spines, budgets=_budgets(connection, given))
        ).fetchall()
    before = past_sizes(given, EVENT_LEAD, "owner_id", "is_chosen", CHOSEN)
    facts = [dict(zip(NAMES, row, strict=True)) for row in rows]
    for fact in facts:
        fact |= {"usual_cnt" if name == "usual" else name: value
                 for name, value in beside(fact["chosen_cnt"], before.get(str(fact["subject"]), ())).items()}
        fact["over_budget"] = None if fact["budget"] is None else max(0, fact["chosen_cnt"] - fact["budget"])
        fact["message"] = f"{fact['chosen_cnt']} of {fact['lead_cnt']} leads chosen" + (
            "" if fact["budget"] is None else f", {fact['budget']} allowed") + (
            "" if fact["usual_cnt"] is None else f", {fact['usual_cnt']:g} on the nights before")
    return [{"subject": EVERYTHING, "message": f"{len(facts)} owners of leads"}, *facts]


def _budgets(connection: duckdb.DuckDBPyConnection, given: GateInput) -> str:
    """SQL of owner kind and leads a day that somebody of the kind can work, from the dated seed; none without it."""
    found = connection.execute(
        "select 1 from duckdb_tables() where database_name = 'warehouse' and schema_name = 'ref' and table_name = 'lead_budget'"
    ).fetchone()
    if found is None:
        return "select null::varchar as owner_kind, null::integer as leads where false"
    day = f"date {literal(given.biz_date.isoformat())}"
    return (
        "select owner_kind, leads::integer as leads from warehouse.ref.lead_budget"
        f" where bank in ('all', {literal(given.settings.bank)})"
        f" and {day} between valid_from::date and coalesce(valid_to::date, {day})"
        f" qualify row_number() over (partition by owner_kind order by bank = {literal(given.settings.bank)} desc) = 1"
    )


_OWNERS = """
with leads as (select *, {owner} as who, count(*) over (partition by lead_id) as times from {leads}),
spine as (select distinct customer_id from ({spines}))
select
    leads.who, leads.owner_kind, count(*), coalesce(sum(leads.is_chosen::integer), 0),
    sum((spine.customer_id is null)::integer), sum((leads.times > 1)::integer), any_value(budgets.leads)
from leads
left join spine on leads.customer_id = spine.customer_id
left join ({budgets}) as budgets on leads.owner_kind = budgets.owner_kind
group by leads.who, leads.owner_kind
"""
