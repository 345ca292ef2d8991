"""Facts about leads by key and about contacts by campaign: what must not happen to a customer, counted anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tagmart.core.mart import (
    CONTACT_LIST,
    CONTACT_SUPPRESSED,
    EVENT_LEAD,
    LEAD_CATALOG,
    qualified,
    table_columns,
    tag_tables,
)
from tagmart.gates.facts import Fact, GateInput, night_database

if TYPE_CHECKING:
    import duckdb

LEAD_NAMES = ("subject", "message", "lead_cnt", "early_cnt", "repeat_cnt", "over_kind_cnt", "is_degraded")
CONTACT_NAMES = ("subject", "contact_cnt", "forbidden_cnt", "twice_cnt", "stranger_cnt", "warning_cnt")


def lead_key_facts(given: GateInput) -> list[Fact]:
    """One fact per lead of the catalogue: its leads of the day beside their evidence and the leads of earlier runs."""
    with night_database(given) as connection:
        if not _are_there(connection, EVENT_LEAD, LEAD_CATALOG):
            return []
        rows = connection.execute(_LEADS.format(leads=qualified(EVENT_LEAD), catalog=qualified(LEAD_CATALOG))).fetchall()
    return [dict(zip(LEAD_NAMES, row, strict=True)) for row in rows]


def contact_facts(given: GateInput) -> list[Fact]:
    """One fact per campaign that has contacts the next day."""
    with night_database(given) as connection:
        if not _are_there(connection, CONTACT_LIST, CONTACT_SUPPRESSED, EVENT_LEAD):
            return []
        spines = " union all ".join(f"select customer_id from warehouse.dws.{entity}_spine" for entity in tag_tables(connection))
        rows = connection.execute(_CONTACTS.format(
            contacts=qualified(CONTACT_LIST), suppressed=qualified(CONTACT_SUPPRESSED), leads=qualified(EVENT_LEAD), spines=spines,
        )).fetchall()  # fmt: skip
    return [dict(zip(CONTACT_NAMES, row, strict=True)) for row in rows]


def _are_there(connection: duckdb.DuckDBPyConnection, *tables: str) -> bool:
    return all(table_columns(connection, table) for table in tables)


# The leads of earlier runs are counted here anew, from what the night was given.
_LEADS = """
with published as (
    select history.* from warehouse.ops.lead_history as history
    join warehouse.ops.published_run as runs on runs.run_id = history.run_id
),
catalog as (
    select
        lead_code, min(cool_days) as cool_days, bool_or(cool_days is null) as is_once, bool_or(is_degraded)::integer as is_degraded,
        -- What is late is named, so that it joins the alarm of a late feed.
        min(zh) || coalesce('; as of ' || coalesce(min(as_of)::varchar, 'never') || ': ' || min(late_because), '') as said
    from {catalog} group by lead_code
),
repeats as (
    select distinct leads.lead_id
    from {leads} as leads
    join catalog on catalog.lead_code = leads.lead_code
    join published on published.lead_code = leads.lead_code and published.customer_id = leads.customer_id
        and published.dedupe_part = leads.dedupe_part and published.lead_date < leads.biz_date
        and (catalog.is_once or leads.biz_date - published.lead_date < catalog.cool_days)
    union
    select lead_id from {leads}
    qualify count(*) over (partition by lead_code, customer_id, dedupe_part) > 1
),
of_owner as (
    select leads.owner_kind, leads.owner_id, leads.lead_code, sum(leads.is_chosen::integer) as chosen_cnt
    from {leads} as leads group by all
),
over_kind as (
    select of_owner.lead_code, sum((of_owner.chosen_cnt > greatest(1, floor(budget.kind_share * budget.leads)))::integer) as cnt
    from of_owner
    join warehouse.ref.lead_budget as budget on budget.owner_kind = of_owner.owner_kind
    cross join warehouse.ops.run_context as context
    where budget.bank in ('all', context.bank) and context.biz_date between budget.valid_from and coalesce(budget.valid_to, context.biz_date)
    group by of_owner.lead_code
)
select
    catalog.lead_code, catalog.said, count(leads.lead_id),
    coalesce(sum((leads.evidence_to > leads.biz_date or leads.evidence_from > leads.evidence_to)::integer), 0),
    coalesce(sum((repeats.lead_id is not null)::integer), 0), coalesce(any_value(over_kind.cnt), 0), catalog.is_degraded
from catalog
left join {leads} as leads on leads.lead_code = catalog.lead_code
left join repeats on repeats.lead_id = leads.lead_id
left join over_kind on over_kind.lead_code = catalog.lead_code
group by catalog.lead_code, catalog.said, catalog.is_degraded
"""

_CONTACTS = """
with spine as (select distinct customer_id from ({spines})),
contacts as (
    select *, count(*) over (partition by campaign_kind, campaign_code, channel, customer_id) as times from {contacts}
),
forbidden as (select distinct campaign_kind, campaign_code, channel, customer_id from {suppressed}),
warnings as (select lead_id from {leads} where lead_kind = 'warning')
select
    contacts.campaign_kind || ' ' || contacts.campaign_code, count(*), sum((forbidden.customer_id is not null)::integer),
    sum((contacts.times > 1)::integer), sum((spine.customer_id is null)::integer), sum((warnings.lead_id is not null)::integer)
from contacts
left join spine on spine.customer_id = contacts.customer_id
left join forbidden on forbidden.campaign_kind = contacts.campaign_kind and forbidden.campaign_code = contacts.campaign_code
    and forbidden.channel = contacts.channel and forbidden.customer_id = contacts.customer_id
left join warnings on warnings.lead_id = contacts.lead_id
group by contacts.campaign_kind, contacts.campaign_code
"""
