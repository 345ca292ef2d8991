"""The feeds of identity, as files see them, and what is true of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tagmart.synth.identity import facts, sources
from tagmart.synth.identity.crm import crm_feeds
from tagmart.synth.identity.doubles import HOWS
from tagmart.synth.identity.written import ecif_source
from tagmart.synth.write import JOURNAL, Feed, day_dates, day_times, numbered, pick, text

if TYPE_CHECKING:
    from tagmart.synth.world import World


def identity_feeds(world: World) -> Iterator[Feed]:
    """Cross-reference, identity checks and CRM, one feed at a time."""
    yield _xref(world)
    yield ecif_source(world)
    yield _idcheck(world)
    yield from crm_feeds(world)


def _xref(world: World) -> Feed:
    """Source ids given, merged and split, in the order of time."""
    known, horizon, ecif = world.sources, world.horizon, list(world.people.ecif_no)
    columns = {
        "src_sys": pick(sources.SYSTEMS, known.system[known.source]),
        "src_id": pick(known.number, known.source),
        "ecif_no": pick(ecif, known.to),
        "event_code": pick(sources.EVENTS, known.event),
        "old_ecif_no": pick(ecif, known.old),
        "event_date": day_dates(horizon, known.day),
        "event_time": day_times(horizon, known.day, known.second),
    }
    return Feed("ecif_xref", JOURNAL, columns, known.day)


def _idcheck(world: World) -> Feed:
    """Identity checks with the police's answer."""
    checks, horizon = world.checks, world.horizon
    serial = np.arange(len(checks.day)) - np.searchsorted(checks.day, checks.day, side="left") + 1
    columns = {
        "check_no": numbered("L", horizon, checks.day, serial + world.place.base(5), 7),
        "ecif_no": pick(list(world.people.ecif_no), checks.owner),
        "check_date": day_dates(horizon, checks.day),
        "check_time": day_times(horizon, checks.day, checks.second),
        "result_code": pick(facts.CHECK_RESULTS, checks.result),
        "by_code": pick(facts.CHECK_BY, checks.by),
    }
    return Feed("ext_idcheck", JOURNAL, columns, checks.day)


def links(world: World, last: int) -> pa.Table:
    """One row per source id, and per customer number under the system `ecif`: whose it is in truth.

    person_id is the first customer number of a person; person_id of two numbers of one person is the same.
    """
    known, people = world.sources, world.people
    person = np.arange(people.size)
    person[people.doubles.copied] = people.doubles.kept
    how = np.full(people.size, -1)
    how[people.doubles.copied] = people.doubles.how
    ecif = list(people.ecif_no)
    # The customer number that the cross-reference says as of `last`: that of the last event of the id.
    said = np.full(len(known.owner), -1)
    lived = known.day <= last
    said[known.source[lived]] = known.to[lived]
    there = np.flatnonzero(said >= 0)
    numbers = np.flatnonzero(people.open_day <= last)
    owner = np.r_[known.owner[there], numbers]
    return pa.table(
        {
            "entity": pick(("retail",), np.zeros(len(owner), int)),
            "src_sys": pick((*sources.SYSTEMS, "ecif"), np.r_[known.system[there], np.full(len(numbers), 6)]),
            "src_id": pa.concat_arrays([pick(known.number, there), pick(ecif, numbers)]),
            "ecif_no": pick(ecif, np.r_[said[there], numbers]),
            "person_id": pick(ecif, person[owner]),
            "how_code": pick(HOWS, how[owner]),
        }
    )


def merges(world: World, last: int) -> pa.Table:
    """One row per customer number that was merged into another by `last`."""
    known, ecif = world.sources, list(world.people.ecif_no)
    at = np.flatnonzero(known.merge_day <= last)
    return pa.table(
        {
            "ecif_no": pick(ecif, known.merged[at]),
            "into_ecif_no": pick(ecif, known.survivor[at]),
            "merge_date": day_dates(world.horizon, known.merge_day[at]),
        }
    )


def households(world: World, last: int) -> pa.Table:
    """One row per declared tie between two customers, known by `last`."""
    ties, ecif = world.households, list(world.people.ecif_no)
    at = np.flatnonzero(ties.start <= last)
    return pa.table(
        {
            "ecif_no": pick(ecif, ties.first[at]),
            "other_ecif_no": pick(ecif, ties.second[at]),
            "kind_code": pick(facts.HOUSEHOLD_KINDS, ties.kind[at]),
            "from_date": day_dates(world.horizon, ties.start[at]),
            "source_code": text(["declared"] * len(at)),
        }
    )
