"""Why a customer has a lead, or has none: the road from event to lead, part by part, and the first part that was not met.

What is told is what the published file tells: reasons that may not be shown are not read, and of a lead whose trigger reads
what may not be told (models/leads/contract.yml, `withheld`) no step of the trigger is shown either.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tagmart.core.duck import connect, literal
from tagmart.core.errors import TagmartError, nearest
from tagmart.core.mart import (
    CONTACT_LIST,
    CONTACT_SUPPRESSED,
    EVENT_LEAD,
    LEAD_CATALOG,
    MART_FILE,
    TAGS_PREFIX,
    qualified,
)
from tagmart.core.settings import Settings
from tagmart.explain.lead_steps import Step, steps_of
from tagmart.explain.rows import personal_columns
from tagmart.explain.trial import workbench
from tagmart.leads import load_contract

if TYPE_CHECKING:
    import duckdb

# The name under which the night's views know the file that it was writing.
CANDIDATE = "tagmart"
CHAIN = ("manager", "shared_manager", "branch_pool", "remote", "digital")
# DOMAIN.md F: what may be said of each rule of reach; what lies behind `internal_rule` is nobody's to know.
REASONS = {
    "status": "the customer's status", "internal_rule": "a rule of the bank's own; no more is told", "minor": "a minor",
    "consent": "no consent for it on record", "complaint": "a complaint is open, or was lately about marketing",
    "suitability": "the product does not suit the customer", "recent": "bought or refused it lately", "cap": "enough contacts already",
    "quiet": "a time of quiet", "household": "somebody of the household has it", "bad_contact": "no good way to reach the customer",
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One part of the road from event to lead.

    Attributes:
        name: evaluated, trigger, cool-down, owner, reach or budget.
        holds: true, false, or None where it was not asked or cannot be told.
        says: what is known of it.
    """

    name: str
    holds: bool | None
    says: str


@dataclass(frozen=True)
class Raised:
    """One lead that the customer has that day: its row of mart.event_lead, and the parts."""

    lead: Mapping[str, object]
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class LeadAnswer:
    """Why a customer has a lead or not.

    Attributes:
        catalogue: the rows of the lead in that night's catalogue, one per variant, the main one first.
        customer, biz_date: whose, of which night.
        raised: the leads that there are; none, one, or one per key.
        parts: for one who has none, what was met and what was not.
        steps: how far the customer came in the trigger's own steps; only for one who has none, and where it may be told.
        notes: what a reader must know.
    """

    catalogue: tuple[Mapping[str, object], ...]
    customer: str
    biz_date: date
    raised: tuple[Raised, ...]
    parts: tuple[Part, ...] = ()
    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Warehouse:
    """What the warehouse knows of a lead and a customer; all of it is empty where it cannot be asked.

    Attributes:
        asked: did it stand at the date.
        events: the keys that the trigger finds at the date.
        steps: how far the customer came in the trigger.
        past: earlier published leads of this code and customer: date, lead_id, key; the newest first.
        notes: why something is not known.
    """

    asked: bool = False
    events: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    past: tuple[tuple[date, str, str], ...] = ()
    notes: tuple[str, ...] = ()


def why_lead(settings: Settings, folder: Path, runs: Mapping[date, str], customer: str, name: str) -> LeadAnswer:
    """Explain a lead of a customer, or that there is none.

    Args:
        settings: whose seeds, contract of leads and warehouse are read.
        folder: published/<biz_date>/<run_id>.
        runs: the last good run of every earlier date: what others raised nobody saw, and it cools nothing down.
        customer: the customer's number.
        name: the lead's code or number.

    Raises:
        TagmartError: if there is no such lead in that night, or the customer is none of those whom it may be about.
    """
    biz_date = date.fromisoformat(folder.parent.name)
    with connect(folder / MART_FILE, read_only=True) as mart:
        catalogue = _catalogue(mart, name, biz_date)
        code = str(catalogue[0]["lead_code"])
        entity = _entity(mart, catalogue[0], customer, biz_date)
        leads = _rows(mart, EVENT_LEAD, lead_code=code, customer_id=customer)
        warehouse = _ask_warehouse(settings, folder, runs, catalogue, customer, is_traced=not leads)
        budgets = read_budgets(settings, biz_date)
        raised = tuple(Raised(lead, tuple(_parts_of(mart, lead, catalogue, warehouse.past, budgets))) for lead in leads)
    parts = () if raised else tuple(_parts_without(catalogue, warehouse, biz_date, entity))
    return LeadAnswer(catalogue, customer, biz_date, raised, parts, warehouse.steps, warehouse.notes)


def _rows(mart: duckdb.DuckDBPyConnection, table: str, **wanted: str) -> list[dict[str, object]]:
    tests = " and ".join(f"{column} = {literal(value)}" for column, value in wanted.items())
    found = mart.execute(f"select * from {qualified(table)} where {tests or 'true'} order by all")
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _catalogue(mart: duckdb.DuckDBPyConnection, name: str, biz_date: date) -> tuple[Mapping[str, object], ...]:
    rows = _rows(mart, LEAD_CATALOG)
    found = [row for row in rows if name in (row["lead_code"], row["lead_id"])]
    if not found:
        raise TagmartError("there is no such lead in this night", where=f"{biz_date}", seen=repr(name),
                           do=nearest(name, {str(row["lead_code"]) for row in rows}) or "see mart.lead_catalog")
    return tuple(sorted(found, key=lambda row: row["variant_code"] != "main"))


def _entity(mart: duckdb.DuckDBPyConnection, row: Mapping[str, object], customer: str, biz_date: date) -> str:
    entities = str(row["entities"]).split("|")
    for entity in entities:
        if mart.execute(f"select 1 from {qualified(TAGS_PREFIX + entity)} where customer_id = {literal(customer)}").fetchone():
            return entity
    raise TagmartError(f"this customer is not among the {' and '.join(entities)} customers of the night", where=f"{biz_date}",
                       do="check the number, and whom the lead may be about")


def read_budgets(settings: Settings, biz_date: date) -> dict[str, Mapping[str, str]]:
    """Who can own a lead, in the order of the chain: owner_kind → the row of the seed `lead_budget` that is in force."""
    with (settings.dbt_project / "seeds" / "lead_budget.csv").open(encoding="utf-8", newline="") as lines:
        rows = [
            row for row in csv.DictReader(lines)
            if row["bank"] in ("all", settings.bank) and row["valid_from"] <= f"{biz_date}" <= (row["valid_to"] or "9999")
        ]  # fmt: skip
    return {row["owner_kind"]: row for row in sorted(rows, key=lambda row: int(row["sort"]))}


def _ask_warehouse(
    settings: Settings, folder: Path, runs: Mapping[date, str], catalogue: Sequence[Mapping[str, object]], customer: str, *, is_traced: bool
) -> Warehouse:  # fmt: skip
    """Earlier leads of the customer, and for one who has none what the trigger itself says."""
    biz_date, code = date.fromisoformat(folder.parent.name), str(catalogue[0]["lead_code"])
    try:
        with workbench(settings) as (connection, stands_at):
            past = earlier_leads(connection, runs, code, customer)
            if not is_traced:
                return Warehouse(past=past)
            if stands_at != biz_date:
                return Warehouse(past=past, notes=(
                    f"The warehouse stands at {stands_at}: whether there was an event on {biz_date} cannot be asked any more.",
                ))  # fmt: skip
            connection.execute(f"attach {literal(str(folder / MART_FILE))} as {CANDIDATE} (read_only)")
            # What the night itself compiled: a view's text as DuckDB prints it does not always run again.
            compiled = settings.home / "dbt" / "compiled" / "tagmart" / "models" / "ads" / "leads" / f"lead_{code}.sql"
            if not compiled.is_file():
                return Warehouse(past=past, notes=("The home does not hold the trigger that the night ran.",))
            body = compiled.read_text(encoding="utf-8").rstrip().rstrip(";")
            events_read = {event for row in catalogue for event in str(row["events"]).split("|")}
            withheld = set(load_contract(settings.leads_dir).withheld) & events_read
            events = tuple(key for (key,) in connection.execute(
                f"select dedupe_part from ({body}) where customer_id = {literal(customer)} order by 1"
            ).fetchall())  # fmt: skip
            # What a withheld row made of a customer would be told by the step at which the customer is lost.
            steps = () if withheld or events else steps_of(connection, body, customer, personal_columns(settings))
            notes = ("Of this lead no steps are shown: its trigger reads what may not be told.",) if withheld else ()
            return Warehouse(True, events, steps, past, notes)
    except TagmartError as error:
        return Warehouse(notes=(f"Trigger and cool-down cannot be told: {error}",))


def earlier_leads(
    connection: duckdb.DuckDBPyConnection, runs: Mapping[date, str], code: str, customer: str
) -> tuple[tuple[date, str, str], ...]:
    """Leads of one code and customer that readers saw before, the newest first: date, lead_id, key.

    Args:
        connection: the warehouse, where every night writes down what it raised (ops.lead_history).
        runs: the last good run of every earlier date: what others raised, nobody saw.
    """
    if not runs:
        return ()
    listed = ", ".join(f"({literal(day)}, {literal(run)})" for day, run in runs.items())
    found = connection.execute(
        "select history.lead_date, history.lead_id, history.dedupe_part from ops.lead_history as history"
        f" join (values {listed}) as runs (day, run_id) on history.run_id = runs.run_id and history.lead_date = runs.day::date"
        f" where history.lead_code = {literal(code)} and history.customer_id = {literal(customer)} order by 1 desc, 2"
    ).fetchall()
    return tuple(found)


def cooled_until(row: Mapping[str, object], last: date) -> date | None:
    """The first day on which a lead of the same key can come again; None: never."""
    return None if row["cool_days"] is None else last + timedelta(days=int(str(row["cool_days"])))


def _parts_without(catalogue: Sequence[Mapping[str, object]], warehouse: Warehouse, biz_date: date, entity: str) -> Iterator[Part]:
    """What was met and what was not, for one who has no lead that day."""
    states = {"no_feed": "the bank does not deliver the feeds of its events or tags",
              "no_yesterday": "there is no published night of the day before, whose tags it reads"}  # fmt: skip
    row = catalogue[0]
    without = {str(one["variant_code"]): states[str(one["state_code"])] for one in catalogue if one["state_code"] in states}
    missed = "; ".join(f"{variant}: {why}" for variant, why in without.items())
    yield Part("evaluated", len(without) < len(catalogue), missed or f"the night asked this of every {entity} customer")
    if not warehouse.asked:
        yield Part("trigger", None, "not known")
    elif warehouse.events:
        yield Part("trigger", True, f"{len(warehouse.events)} event(s) on the day")
    else:
        yield Part("trigger", False, "no event on the day that fulfils all of the trigger")
    keys = set(warehouse.events)
    cooling = [
        (day, lead_id) for day, lead_id, key in warehouse.past
        if (key in keys or not keys) and ((end := cooled_until(row, day)) is None or end > biz_date)
    ]  # fmt: skip
    if cooling:
        day, lead_id = cooling[0]
        end = cooled_until(row, day)
        said = f"lead {lead_id} of {day} " + ("was the only one of its key for ever" if end is None else f"cools its key down until {end}")
        yield Part("cool-down", False if keys else None, said)
    elif keys:
        yield Part("cool-down", True, "no lead of the key within the cool-down")
        yield Part("night", False, "the warehouse says otherwise than the night did: it was built again since, or what a night knew has changed")


def _parts_of(
    mart: duckdb.DuckDBPyConnection, lead: Mapping[str, object], catalogue: Sequence[Mapping[str, object]],
    past: Sequence[tuple[date, str, str]], budgets: Mapping[str, Mapping[str, str]],
) -> Iterator[Part]:  # fmt: skip
    """The parts of a lead that there is."""
    row = next((one for one in catalogue if one["variant_code"] == lead["variant_code"]), catalogue[0])
    yield Part("trigger", True, f"{row['zh']}｜{row['en']}: {lead['evidence_cnt']} of {row['evidence_en']}, {_days(lead)},"
                                f" digests {lead['evidence_keys']}")  # fmt: skip
    yield _cool_part(row, lead, past)
    yield Part("owner", True, f"{lead['owner_id']}: {_chain(str(lead['owner_kind']), budgets)}")
    if lead["lead_kind"] == "warning":
        yield Part("reach", None, "a warning is no contact: the rules of reach do not ask of it")
        yield Part("budget", None, "a warning is never left out")
        return
    reason = str(lead["reason_code"] or "")
    refused = reason not in ("", "budget")
    yield Part("reach", not refused, f"{reason}: {REASONS.get(reason, reason)}" if refused else "nothing forbids that its owner acts on it")
    yield from _message_parts(mart, lead, row)
    yield _budget_part(mart, lead, budgets, refused)


def _days(lead: Mapping[str, object]) -> str:
    first, last = lead["evidence_from"], lead["evidence_to"]
    return f"{last}" if first == last else f"{first} to {last}"


def _cool_part(row: Mapping[str, object], lead: Mapping[str, object], past: Sequence[tuple[date, str, str]]) -> Part:
    before = next(((day, lead_id) for day, lead_id, key in past if key == lead["dedupe_part"]), None)
    last = f"; the last of this key was {before[1]} of {before[0]}" if before else "; none of this key before"
    if row["cool_days"] is None:
        return Part("cool-down", True, f"a key comes once and never again{last}")
    if row["cool_days"] == 0:
        return Part("cool-down", True, f"none: the key comes by its own calendar{last}")
    end = cooled_until(row, date.fromisoformat(f"{lead['biz_date']}"))
    return Part("cool-down", True, f"{row['cool_days']} days{last}; the next one not before {end}")


def _chain(kind: str, budgets: Mapping[str, Mapping[str, str]]) -> str:
    """Why it is this owner: who comes before in the chain is not there, or is not for customers of this tier."""
    if kind not in CHAIN:
        return "warnings go there and nowhere else"
    passed = []
    for one in CHAIN[: CHAIN.index(kind)]:
        floor = budgets.get(one, {}).get("tier_no_from") or ""
        passed.append(f"{one} (serves from tier {floor} on)" if floor not in ("", "1") else one)
    return f"{kind}, the first of the chain" + (f"; not {', '.join(passed)}: none is there for this customer" if passed else "")


def _message_parts(mart: duckdb.DuckDBPyConnection, lead: Mapping[str, object], row: Mapping[str, object]) -> Iterator[Part]:
    """The messages of the lead's campaign: on the next day's list, or the reason that may be shown."""
    asked = {"campaign_kind": "lead", "campaign_code": str(lead["lead_code"]), "customer_id": str(lead["customer_id"])}
    listed = {one["channel"]: one for one in _rows(mart, CONTACT_LIST, **asked)}
    reasons = {one["channel"]: str(one["reason_code"]) for one in _rows(mart, CONTACT_SUPPRESSED, **asked)}
    for channel in str(row["channels"] or "").split("|") if row["channels"] else ():
        if channel in listed:
            yield Part(f"reach by {channel}", True, f"on the list of {listed[channel]['contact_date']}")
        elif channel in reasons:
            yield Part(f"reach by {channel}", False, f"{reasons[channel]}: {REASONS.get(reasons[channel], reasons[channel])}")
        else:
            yield Part(f"reach by {channel}", None, "another lead of this code has the customer's one contact")


def _budget_part(
    mart: duckdb.DuckDBPyConnection, lead: Mapping[str, object], budgets: Mapping[str, Mapping[str, str]], refused: bool
) -> Part:
    if refused:
        return Part("budget", None, "not asked: no place is spent on it")
    owner, code = literal(str(lead["owner_id"])), literal(str(lead["lead_code"]))
    every, chosen, of_kind = mart.execute(
        f"select count(rank_no), count(case when is_chosen then 1 end),"
        f" count(case when lead_code = {code} and rank_no <= {int(str(lead['rank_no']))} then 1 end)"
        f" from {qualified(EVENT_LEAD)} where owner_id = {owner}"
    ).fetchone()
    budget = budgets.get(str(lead["owner_kind"]), {})
    if not budget.get("leads"):
        return Part("budget", True, "this owner has no limit")
    limit = int(budget["leads"])
    kind_limit = max(1, int(limit * float(budget["kind_share"]))) if budget.get("kind_share") else limit
    place = f"rank {lead['rank_no']} of {every} (priority, amount, days to expiry), {of_kind}. of its kind"
    if lead["is_chosen"]:
        return Part("budget", True, f"{place}; {limit} a day, at most {kind_limit} of one kind; {chosen} chosen")
    why = f"at most {kind_limit} of one kind" if of_kind > kind_limit else f"{limit} a day, and {chosen} came before it"
    return Part("budget", False, f"left out: {place}; {why}")
