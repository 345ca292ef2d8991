"""The feeds of reference data, customer information, CRM, channels and the court, as files see them."""

from __future__ import annotations

import numpy as np

from tagmart.synth import channels, names, reference, relations
from tagmart.synth.calendar import reference_calendar
from tagmart.synth.feeds_core import span_versions
from tagmart.synth.population import NEVER
from tagmart.synth.world import World
from tagmart.synth.write import (
    DELTA,
    FULL,
    JOURNAL,
    Feed,
    day_dates,
    day_times,
    decimals,
    flags,
    integers,
    money,
    numbered,
    pick,
    text,
)


def ref_feeds() -> list[Feed]:
    """Organisations, products and the calendar, whole in every delivery."""
    orgs, items, days = reference.organisations(), reference.products(), reference_calendar()
    epoch = np.empty(0, np.int64)
    null = np.array([item.risk_level is None for item in items])
    names_of = ("org_id", "org_name", "parent_id", "level_code", "region_code", "gl_org_id", "open_date")
    org_columns = {name: text([getattr(org, name) for org in orgs]) for name in names_of} | {
        "close_date": text(["" for _ in orgs])
    }
    product_columns = {
        name: text([getattr(item, name) for item in items])
        for name in ("prod_id", "prod_name", "line_code", "kind_code", "business_line")
    }
    product_columns |= {
        "risk_level": integers(np.array([item.risk_level or 0 for item in items]), null),
        "is_on_balance": flags([item.is_on_balance for item in items]),
        "gl_subject": text([item.gl_subject for item in items]),
        "min_amt": money(np.array([item.min_cents for item in items])),
        "hold_days": integers(np.array([item.hold_days for item in items])),
    }
    calendar_columns = {
        "cal_date": text(days.dates),
        "is_workday": flags(days.is_workday),
        "is_trading_day": flags(days.is_trading_day),
        "is_settle_day": flags(days.is_workday),
        "holiday_code": text(days.holiday_code),
        "festival_offset": integers(days.festival_offset),
    }
    return [
        Feed("ref_org", FULL, org_columns, epoch),
        Feed("ref_product", FULL, product_columns, epoch),
        Feed("ref_calendar", FULL, calendar_columns, epoch),
    ]


def ecif_retail(world: World) -> Feed:
    """Customers when they join and when a fact about them changes."""
    people, horizon, spans = world.people, world.horizon, world.statuses
    rng = np.random.default_rng([world.seed, people.size, 301])
    everyone = np.arange(people.size)
    renews = np.flatnonzero(rng.random(people.size) < 0.06)
    renewed = np.full(people.size, NEVER)
    renewed[renews] = np.maximum(rng.integers(0, horizon.size, len(renews)), people.open_day[renews] + 1)
    row = np.r_[everyone, renews, spans.owner]
    day = np.r_[people.open_day, renewed[renews], spans.start]
    changed, code = np.full(people.size, NEVER), np.zeros(people.size, np.int64)
    changed[spans.owner], code[spans.owner] = spans.start, spans.kind
    usual = np.where(people.has_account | np.isin(everyone, world.cards.owner), 1, 0)
    status = np.where(day >= changed[row], code[row], usual[row])
    expiry = np.where(day >= renewed[row], renewed[row] + 7300, rng.integers(-400, 6000, people.size)[row])
    # Some facts were never asked for: the share of blanks differs by column.
    blank = rng.random((8, people.size))
    nation = rng.choice(8, people.size, p=(0.92, 0.02, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01))
    education, marital = rng.integers(0, 5, people.size), rng.choice(4, people.size, p=(0.3, 0.6, 0.07, 0.03))
    no_expiry = (blank[6] < 0.03) | np.array([number == "" for number in people.id_no])
    employer = np.where((people.employer >= 0) & (blank[3] > 0.1), people.employer, -1)
    income = np.searchsorted(np.array([300_000, 600_000, 1_000_000, 2_000_000, 5_000_000]), people.income)
    orgs = reference.outlet_ids()
    columns = {
        "ecif_no": pick(list(people.ecif_no), row),
        "cust_name": pick(people.name, row),
        "id_type": pick(people.id_type, row),
        "id_no": pick(people.id_no, row),
        "id_expiry_date": day_dates(horizon, expiry, no_expiry[row]),
        "birth_date": day_dates(
            horizon, (people.birth - horizon.origin).astype(np.int64)[row], (blank[0] < 0.005)[row]
        ),
        "gender_code": pick(("F", "M"), np.where(blank[1] < 0.01, -1, people.is_male)[row]),
        "nation_code": pick(
            [f"{at:02d}" for at in (1, 2, 3, 4, 5, 11, 7, 13)], np.where(blank[2] < 0.1, -1, nation)[row]
        ),
        "edu_code": pick(("10", "20", "30", "40", "60"), np.where(blank[4] < 0.25, -1, education)[row]),
        "occup_code": pick(people.occupation, row),
        "marital_code": pick(("single", "married", "divorced", "widowed"), np.where(blank[5] < 0.2, -1, marital)[row]),
        "employer_name": pick([names.employer_name(at) for at in range(people.employers)], employer[row]),
        "income_band": pick([f"i{at}" for at in range(6)], np.where(blank[7] < 0.3, -1, income)[row]),
        "status_code": pick(relations.STATUSES, status),
        "open_date": day_dates(horizon, people.open_day[row]),
        "open_org": pick(orgs, people.outlet[row]),
        # The managing branch differs from the opening one for some, and is unknown for the empty.
        "mng_org": pick(
            orgs,
            np.where(people.band > 0, np.where(blank[2] > 0.9, (people.outlet + 3) % len(orgs), people.outlet), -1)[
                row
            ],
        ),
        "is_staff": flags((blank[6] > 0.994)[row]),
        "death_date": day_dates(
            horizon, np.maximum(changed[row] - 4, 0), relations.STATUSES.index("deceased") != status
        ),
    }
    return Feed("ecif_retail", DELTA, columns, day, row)


def ecif_contact(world: World) -> Feed:
    """Mobiles, addresses and e-mails; some mobiles change."""
    people, horizon = world.people, world.horizon
    rng = np.random.default_rng([world.seed, people.size, 302])
    draw = rng.random((4, people.size))
    parts = []
    for kind, share in ((0, 0.97), (1, 0.9), (2, 0.25)):
        who = np.flatnonzero(draw[kind] < share)
        parts.append((who, np.full(len(who), kind), people.open_day[who]))
    moves = parts[0][0][rng.random(len(parts[0][0])) < 0.08]
    parts.append(
        (
            moves,
            np.zeros(len(moves), int),
            np.maximum(rng.integers(0, horizon.size, len(moves)), people.open_day[moves] + 1),
        )
    )
    who, kind, day = (np.concatenate(column) for column in zip(*parts, strict=True))
    count = len(who)
    mobiles = names.phone_numbers(rng, count)
    mail = [f"u{at}@example.com" for at in people.ecif_no]
    address = [names.address_of(at) for at in rng.integers(0, 5000, count)]
    columns = {
        "ecif_no": pick(list(people.ecif_no), who),
        "contact_kind": pick(("mobile", "address", "email"), kind),
        "seq": integers(np.ones(count)),
        "mobile": text([mobiles[at] if kind[at] == 0 else "" for at in range(count)]),
        "address": text([("", address[at], mail[who[at]])[kind[at]] for at in range(count)]),
        "region_code": pick(names.REGIONS, np.where(kind == 1, who % len(names.REGIONS), -1)),
        "is_verified": flags(rng.random(count) < 0.9),
        "update_date": day_dates(horizon, day),
    }
    return Feed("ecif_contact", DELTA, columns, day, who * 3 + kind)


def crm_feeds(world: World) -> list[Feed]:
    """Managers, consents, risk tests and complaints."""
    horizon, ecif = world.horizon, list(world.people.ecif_no)
    spans = world.managers
    row, ended, day = span_versions(spans)
    orgs = reference.outlet_ids()
    managers = [f"M{at + 1:04d}" for at in range(len(orgs) * relations.MANAGERS_PER_OUTLET)]
    assign = {
        "ecif_no": pick(ecif, spans.owner[row]),
        "manager_id": pick(managers, spans.kind[row]),
        "role_code": pick(("main",), np.zeros(len(row))),
        "share_ratio": decimals(np.full(len(row), 10_000), 4),
        "org_id": pick(orgs, spans.kind[row] // relations.MANAGERS_PER_OUTLET),
        "from_date": day_dates(horizon, spans.start[row]),
        "to_date": day_dates(horizon, spans.end[row], ~ended),
    }
    given = world.consents
    consent = {
        "ecif_no": pick(ecif, given.owner),
        "channel_code": pick(relations.CONSENT_CHANNELS, given.channel),
        "purpose_code": pick(relations.CONSENT_PURPOSES, given.purpose),
        "event_time": day_times(horizon, given.day, given.second),
        "action_code": pick(("withdraw", "grant"), given.grants.astype(int)),
    }
    tests = world.risk_tests
    test = {
        "ecif_no": pick(ecif, tests.owner),
        "test_date": day_dates(horizon, tests.start),
        "result_level": integers(tests.kind),
        "is_revoked": flags(tests.extra),
    }
    cases = world.complaints
    case_row, case_ended, case_day = span_versions(cases)
    complaint = {
        "case_no": pick([f"TS{at + 1:06d}" for at in range(len(cases.owner))], case_row),
        "ecif_no": pick(ecif, cases.owner[case_row]),
        "topic_code": pick(relations.TOPICS, cases.kind[case_row]),
        "open_date": day_dates(horizon, cases.start[case_row]),
        "close_date": day_dates(horizon, cases.end[case_row], ~case_ended),
        "level_code": pick(("0", "1", "2", "3"), cases.extra[case_row]),
    }
    return [
        Feed("crm_assign", DELTA, assign, day, row),
        Feed("crm_consent", JOURNAL, consent, given.day),
        Feed("crm_risk_test", JOURNAL, test, tests.start),
        Feed("crm_complaint", DELTA, complaint, case_day, case_row),
    ]


def chn_event(world: World, first: int) -> Feed:
    """Mobile bank events from day `first` on."""
    events, horizon = world.events, world.horizon
    low = int(np.searchsorted(events.day, first))
    day = events.day[low:]
    serial = np.arange(low, len(events.day)) - np.searchsorted(events.day, day, side="left") + 1
    columns = {
        "event_id": numbered("E", horizon, day, serial, 7),
        "ecif_no": pick(list(world.people.ecif_no), events.owner[low:]),
        "event_date": day_dates(horizon, day),
        "event_time": day_times(horizon, day, events.second[low:]),
        "event_kind": pick(channels.EVENTS, events.kind[low:]),
        "page_code": pick(channels.PAGES, events.page[low:]),
        "stay_sec": integers(events.stay[low:], events.kind[low:] != channels.VIEW),
    }
    return Feed("chn_event", JOURNAL, columns, day)


def ext_court(world: World) -> Feed:
    """Court cases when filed and when closed."""
    spans = world.court_cases
    row, ended, day = span_versions(spans)
    columns = {
        "case_no": pick([f"(2025)示例民初{at + 1}号" for at in range(len(spans.owner))], row),
        "id_no": pick(world.people.id_no, spans.owner[row]),
        "role_code": pick(("defendant", "plaintiff"), spans.kind[row] % 2),
        "kind_code": pick(relations.COURT_KINDS, spans.kind[row] // 2),
        "amt": money(spans.extra[row]),
        "filed_date": day_dates(world.horizon, spans.start[row]),
        "closed_date": day_dates(world.horizon, spans.end[row], ~ended),
    }
    return Feed("ext_court", DELTA, columns, day, row)
