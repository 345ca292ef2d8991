"""Facts about feeds and segments, and where the facts of every frame come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from tagmart.contracts import load_contracts
from tagmart.core.duck import connect, literal
from tagmart.core.errors import TagmartError
from tagmart.core.mart import (
    MART_FILE,
    SEGMENT_CATALOG,
    SEGMENT_DAILY,
    SEGMENT_MEMBER,
    qualified,
    table_columns,
    tag_tables,
)
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.gates.past import beside, past_sizes
from tagmart.gates.suite import OF_TAGS
from tagmart.gates.ties import Tie

if TYPE_CHECKING:
    import duckdb

Fact = dict[str, object]
# The subject of a row that is about its whole frame: its message is told of every expectation over the frame.
EVERYTHING = "(all)"
# Never written by the ingest: what gate 1 says of a feed of which the ingest of this run left no word.
NOT_INGESTED = "not_ingested"
# Days behind of a daily feed of which no delivery was ever taken in: expectations pass over what is empty.
NEVER = 99999


@dataclass(frozen=True)
class GateInput:
    """What facts are gathered from.

    Attributes:
        settings: the home.
        state: its state.
        run_id: the run.
        biz_date: the date that it describes.
        sums: sums that the suite names: total → parts.
        ties: ties that the suite declares.
    """

    settings: Settings
    state: State
    run_id: str
    biz_date: date
    sums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ties: tuple[Tie, ...] = ()


def gather(frame: str, given: GateInput) -> list[Fact]:
    """The facts of a frame, ordered by subject; in one scan of each table that they come from.

    A tag that two entities have is called `<entity>.<tag>`: what is known, shown or held by its subject is of one of them.
    """
    from tagmart.gates import (
        contact_facts,
        drift_facts,
        lead_facts,
        reference_facts,
        tag_facts,
        tie_facts,
        volume_facts,
    )

    sources: dict[str, Callable[[GateInput], list[Fact]]] = {
        "contact": contact_facts.contact_facts,
        "feed": feed_facts,
        "landing": landing_facts,
        "lead_key": contact_facts.lead_key_facts,
        "reference": reference_facts.reference_facts,
        "tag": tag_facts.tag_facts,
        "table": tag_facts.table_facts,
        "additive": tag_facts.additive_facts,
        "monotone": tag_facts.monotone_facts,
        "drift": drift_facts.drift_facts,
        "segment": segment_facts,
        "lead": lead_facts.lead_facts,
        "tie": tie_facts.tie_facts,
        "volume": volume_facts.volume_facts,
    }
    facts = sources[frame](given)
    return sorted(_told_apart(facts) if frame in OF_TAGS else facts, key=lambda fact: str(fact["subject"]))


def tag_of(fact: Fact) -> str:
    """Entity and name of the tag that a fact is about: the total that is cut, the shorter of two windows, else the tag itself."""
    tag = fact.get("total") or fact.get("shorter") or fact.get("tag") or fact.get("subject")
    return f"{fact.get('entity')}.{tag}"


def _told_apart(facts: Sequence[Fact]) -> list[Fact]:
    """Facts whose subject others have too, with the entity before it."""
    counts = Counter(str(fact["subject"]) for fact in facts)
    return [fact | {"subject": f"{fact['entity']}.{fact['subject']}"} if counts[str(fact["subject"])] > 1 else fact for fact in facts]


@contextmanager
def night_database(given: GateInput) -> Iterator[duckdb.DuckDBPyConnection]:
    """The candidate's mart as current database, and the warehouse beside it as `warehouse`: both to read only.

    Raises:
        TagmartError: if one of the files is not there.
    """
    candidate = given.settings.run_dir(given.run_id) / MART_FILE
    for path in (candidate, given.settings.warehouse):
        if not path.is_file():
            raise TagmartError("a file of the night is missing", where=str(path), do="run the earlier stages first")
    with connect() as connection:
        connection.execute(f"attach {literal(str(given.settings.warehouse))} as warehouse (read_only)")
        connection.execute(f"attach {literal(str(candidate))} as candidate (read_only)")
        connection.execute("use candidate")
        yield connection


def feed_facts(given: GateInput) -> list[Fact]:
    """One fact per feed: every feed of the bank's contracts, and whatever else the ingest of this run speaks of."""
    from tagmart.gates import delivery_facts

    contracts = load_contracts(given.settings.contracts_dir)
    rows = {row["feed"]: row for row in given.state.rows("select * from feed_fact where run_id = ?", given.run_id)}
    recounted = delivery_facts.recounted(given, contracts)
    facts = [
        {**_feed_fact(row, given.biz_date), "in_contract": row["feed"] in contracts, **recounted.get(row["feed"], {})} for row in rows.values()
    ]
    silent = (contract for feed, contract in contracts.items() if feed not in rows)
    return facts + [
        {
            "subject": contract.feed,
            "load": contract.load,
            "status": NOT_INGESTED,
            "owner": contract.owner,
            "message": "the ingest of this run said nothing about the feed",
            "in_contract": True,
        }
        for contract in silent
    ]


def landing_facts(given: GateInput) -> list[Fact]:
    """One fact per file that the ingest of this run could give to no feed."""
    rows = given.state.rows("select file, message from strange_file where run_id = ?", given.run_id)
    return [{"subject": row["file"], "message": row["message"], "belongs": 0} for row in rows]


def _feed_fact(row: Mapping[str, object], biz_date: date) -> Fact:
    """A row of feed_fact with what expectations compare."""
    loaded, quarantined = row["rows_loaded"], row["rows_quarantined"]
    share, limit = row["bad_share"], row["bad_share_limit"]
    as_of = date.fromisoformat(row["as_of"]) if row["as_of"] else None
    # A feed is behind by the deliveries that were due: a weekly one is up to date for a week.
    stale = row["stale_days"]
    return {
        **{name: row[name] for name in ("load", "status", "owner", "rows_declared", "rows_in")},
        "message": "; ".join(text for text in (row["message"], row["notes"]) if text),
        "noted": int(bool(row["notes"])),
        "subject": row["feed"],
        "as_of": row["as_of"],
        "rows_loaded": loaded,
        "rows_quarantined": quarantined,
        "rows_accounted": None if loaded is None or quarantined is None else loaded + quarantined,
        "bad_share": share,
        "bad_share_limit": limit,
        "bad_share_over": None if share is None else max(0.0, share - (limit or 0.0)),
        "as_of_lag_days": NEVER if as_of is None else (biz_date - as_of).days if stale is None else stale,
        "stale_days": stale,
        "stale_over": None if stale is None else max(0, stale - (row["carry_days"] or 0)),
    }


def segment_facts(given: GateInput) -> list[Fact]:
    """One fact per segment: its figures of the day, its members counted anew, and yesterday's members."""
    with night_database(given) as connection:
        for table in (SEGMENT_DAILY, SEGMENT_MEMBER, SEGMENT_CATALOG):
            if not table_columns(connection, table):
                raise TagmartError(
                    "a table of the segments is missing", where=f"mart.{table}", do="run the stage `segments` first"
                )
        entities = list(tag_tables(connection))
        spines = " union all ".join(
            f"select {literal(entity)} as entity, customer_id from warehouse.dws.{entity}_spine" for entity in entities
        )
        names = (
            "subject",
            "entity",
            "owner",
            "message",
            "is_base",
            "is_catalogued",
            "size",
            "member_cnt",
            "distinct_cnt",
            "stranger_cnt",
            "prior_size",
            "prior_seen",
            "entered",
            "left_cnt",
            "entered_seen",
            "left_seen",
            "spine_cnt",
            "failed",
        )
        found = connection.execute(
            _SEGMENTS.format(
                spines=spines,
                daily=qualified(SEGMENT_DAILY),
                member=qualified(SEGMENT_MEMBER),
                catalog=qualified(SEGMENT_CATALOG),
            )
        ).fetchall()
    facts = [dict(zip(names, row, strict=True)) for row in found]
    before = past_sizes(given, SEGMENT_DAILY, "segment_id", "size", f"select segment_id, size from {qualified(SEGMENT_DAILY)}")
    for fact in facts:
        fact |= {"usual_size" if name == "usual" else name: value for name, value in beside(fact["size"], before.get(fact["subject"], ())).items()}
        moved = (fact["prior_size"], fact["entered"], fact["left_cnt"])
        fact["size_by_flow"] = None if None in moved else moved[0] + moved[1] - moved[2]
        fact["spine_share"] = (fact["size"] or 0) / fact["spine_cnt"] if fact["spine_cnt"] else None
    return facts


# Yesterday's members are counted here anew, from what the night was given, not from what the segments' own SQL says.
_SEGMENTS = """
with spine as ({spines}),
spine_size as (select entity, count(*) as spine_cnt from spine group by entity),
prior as (select segment_id, customer_id from warehouse.ops.prior_segment_member),
has_prior as (select count(*) > 0 as is_known from prior),
member as (
    select member.*, spine.customer_id is null as is_stranger, prior.customer_id is null as is_new
    from {member} as member
    left join spine on spine.customer_id = member.customer_id and spine.entity = member.entity
    left join prior on prior.segment_id = member.segment_id and prior.customer_id = member.customer_id
),
counted as (
    select
        segment_id, count(*) as member_cnt, count(distinct customer_id) as distinct_cnt,
        sum(is_stranger::integer) as stranger_cnt, sum(is_new::integer) as entered_seen
    from member group by segment_id
),
gone as (
    select
        prior.segment_id, count(*) as prior_seen, sum((member.customer_id is null)::integer) as left_seen
    from prior
    left join {member} as member on member.segment_id = prior.segment_id and member.customer_id = prior.customer_id
    group by prior.segment_id
)
select
    coalesce(daily.segment_id, counted.segment_id) as segment_id, catalog.entity, catalog.owner, catalog.zh,
    (catalog.line = 'base')::integer, catalog.segment_id is not null, daily.size, case when not daily.is_failed then coalesce(counted.member_cnt, 0) else counted.member_cnt end,
    case when not daily.is_failed then coalesce(counted.distinct_cnt, 0) else counted.distinct_cnt end, coalesce(counted.stranger_cnt, 0), daily.prior_size,
    case when has_prior.is_known then coalesce(gone.prior_seen, 0) end, daily.entered, daily.left_cnt,
    case when has_prior.is_known then coalesce(counted.entered_seen, 0) end,
    case when has_prior.is_known then coalesce(gone.left_seen, 0) end, spine_size.spine_cnt,
    coalesce(daily.is_failed, false)::integer
from {daily} as daily
full outer join counted on counted.segment_id = daily.segment_id
left join gone on gone.segment_id = coalesce(daily.segment_id, counted.segment_id)
left join {catalog} as catalog on catalog.segment_id = coalesce(daily.segment_id, counted.segment_id)
left join spine_size on spine_size.entity = catalog.entity
cross join has_prior
"""
