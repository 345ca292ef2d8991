"""The feeds of CRM, as files see them: managers, consents, tests, complaints, overrides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from tagmart.synth import reference, relations
from tagmart.synth.feeds_core import span_versions
from tagmart.synth.identity import facts
from tagmart.synth.write import (
    DELTA,
    JOURNAL,
    Feed,
    day_dates,
    day_times,
    decimals,
    flags,
    integers,
    pick,
)

if TYPE_CHECKING:
    from tagmart.synth.world import World

TEST_KINDS = ("risk", "qualified")
TEST_CHANNELS = ("mbank", "counter", "smart")
TEST_VALID_DAYS = 365
# How many companies have a manager, from the large ones down.
FIRMS_MANAGED = (1.0, 0.95, 0.6, 0.08)
COMPLAINT_PRODUCTS = ("dep", "wm", "fund", "cc", "loan", "mbank", "other")


def manager_ids() -> list[str]:
    """All managers, in the order that assignments count them."""
    return [f"M{at + 1:04d}" for at in range(reference.OUTLETS * relations.MANAGERS_PER_OUTLET)]


def crm_feeds(world: World) -> Iterator[Feed]:
    """All feeds of CRM, one at a time."""
    yield _assign(world)
    yield _consent(world)
    yield _risk_test(world)
    yield _complaint(world)
    yield _override(world)


def _assign(world: World) -> Feed:
    """Who looks after whom: main managers of persons and companies, and second ones with a share of their own."""
    spans = _with_firms(world)
    row, ended, day = span_versions(spans)
    columns = {
        "ecif_no": pick([*world.people.ecif_no, *world.companies.ecif_no], spans.owner[row]),
        "manager_id": pick(manager_ids(), spans.kind[row]),
        "role_code": pick(("main", "co"), (spans.extra[row] == facts.CO_SHARE).astype(int)),
        "share_ratio": decimals(spans.extra[row], 4),
        "org_id": pick(reference.outlet_ids(), spans.kind[row] // relations.MANAGERS_PER_OUTLET),
        "from_date": day_dates(world.horizon, spans.start[row]),
        "to_date": day_dates(world.horizon, spans.end[row], ~ended),
    }
    return Feed("crm_assign", DELTA, columns, day, row)


def _with_firms(world: World) -> relations.Spans:
    """All assignments; owners behind the persons are companies."""
    firms, rng = world.companies, world.place.dice(304)
    who = np.flatnonzero(rng.random(firms.size) < np.array(FIRMS_MANAGED)[firms.scale])
    start = np.maximum(firms.open_day[who] + 5, -rng.integers(10, 900, len(who)))
    manager = firms.outlet[who] * relations.MANAGERS_PER_OUTLET + rng.integers(0, relations.MANAGERS_PER_OUTLET, len(who))
    more = (world.people.size + who, manager, start, firms.closing_day[who], np.full(len(who), facts.WHOLE))
    return relations.Spans(*(np.r_[column, fresh] for column, fresh in zip(world.assignments.__dict__.values(), more, strict=True)))


def _consent(world: World) -> Feed:
    given = world.consents
    columns = {
        "ecif_no": pick(list(world.people.ecif_no), given.owner),
        "channel_code": pick(relations.CONSENT_CHANNELS, given.channel),
        "purpose_code": pick(relations.CONSENT_PURPOSES, given.purpose),
        "event_time": day_times(world.horizon, given.day, given.second),
        "action_code": pick(("withdraw", "grant"), given.grants.astype(int)),
        "text_version": pick(("v1", "v2", "v3"), np.clip(given.day // 300, 0, 2)),
        "source_code": pick(("mbank", "counter", "phone"), given.second % 3),
    }
    return Feed("crm_consent", JOURNAL, columns, given.day)


def _risk_test(world: World) -> Feed:
    """Risk tests, valid for a year, and statements that somebody is a qualified investor."""
    tests, people, horizon = world.risk_tests, world.people, world.horizon
    rng = world.place.dice(303)
    rich = np.flatnonzero((people.band >= 4) & (rng.random(people.size) < 0.3))
    stated = np.maximum(rng.integers(-300, horizon.size - 1, len(rich)), people.open_day[rich] + 1)
    owner, day = np.r_[tests.owner, rich], np.r_[tests.start, stated]
    kind = np.r_[np.zeros(len(tests.owner), int), np.ones(len(rich), int)]
    columns = {
        "ecif_no": pick(list(people.ecif_no), owner),
        "kind_code": pick(TEST_KINDS, kind),
        "test_date": day_dates(horizon, day),
        "result_level": integers(np.r_[tests.kind, np.zeros(len(rich), int)], kind == 1),
        "expiry_date": day_dates(horizon, day + TEST_VALID_DAYS * np.where(kind == 1, 3, 1)),
        "channel_code": pick(TEST_CHANNELS, rng.choice(3, len(owner), p=(0.7, 0.2, 0.1))),
        "is_revoked": flags(np.r_[tests.extra, np.zeros(len(rich), int)]),
    }
    return Feed("crm_risk_test", JOURNAL, columns, day)


def _complaint(world: World) -> Feed:
    cases = world.complaints
    row, ended, day = span_versions(cases)
    base = world.place.base(4) + 1
    product = np.choose(cases.kind, (0, 6, 1, 3, 5))
    columns = {
        "case_no": pick([f"TS{base + at:06d}" for at in range(len(cases.owner))], row),
        "ecif_no": pick(list(world.people.ecif_no), cases.owner[row]),
        "topic_code": pick(relations.TOPICS, cases.kind[row]),
        "product_code": pick(COMPLAINT_PRODUCTS, product[row]),
        "open_date": day_dates(world.horizon, cases.start[row]),
        "close_date": day_dates(world.horizon, cases.end[row], ~ended),
        "level_code": pick(("0", "1", "2", "3"), cases.extra[row]),
    }
    return Feed("crm_complaint", DELTA, columns, day, row)


def _override(world: World) -> Feed:
    """Tiers set by hand, exclusion lists and family tiers; each when approved, its end known from the beginning."""
    spans = world.overrides
    managers = manager_ids()
    columns = {
        "ecif_no": pick(list(world.people.ecif_no), spans.owner),
        "kind_code": pick(facts.OVERRIDE_KINDS, spans.kind // 16),
        "value_code": pick(facts.OVERRIDE_VALUES, spans.kind % 16),
        "reason_code": pick(facts.OVERRIDE_REASONS, spans.extra),
        "from_date": day_dates(world.horizon, spans.start),
        "to_date": day_dates(world.horizon, spans.end, spans.end > world.horizon.size + 2000),
        "approver_id": pick(managers, world.people.outlet[spans.owner] * relations.MANAGERS_PER_OUTLET),
    }
    return Feed("crm_override", DELTA, columns, spans.start, np.arange(len(spans.owner)))
