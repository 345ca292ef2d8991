"""The feeds of reference data, customer information, CRM, channels and the court, as files see them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth import channels, names, reference, relations
from tagmart.synth.calendar import reference_calendar
from tagmart.synth.feeds_core import span_versions
from tagmart.synth.identity import Doubles
from tagmart.synth.population import NEVER
from tagmart.synth.world import World
from tagmart.synth.write import (
    DELTA,
    FULL,
    JOURNAL,
    Feed,
    day_dates,
    day_times,
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
        "l1_code": text([item.l1_code for item in items]),
        "l2_code": text([item.line_code for item in items]),
        "l3_code": text([item.kind_code for item in items]),
        "open_type": text([item.open_type for item in items]),
        "shelf_from_date": text([item.shelf_from for item in items]),
        "shelf_to_date": text(["" for _ in items]),
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
    rng = world.place.dice(301)
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
        "employer_name": pick([names.employer_name(at, world.block) for at in range(people.employers)], employer[row]),
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


@dataclass(frozen=True)
class Contacts:
    """Mobiles (kind 0), addresses (1, at `place`) and e-mails (2), one array element a version; number 1 is the one in use."""

    who: np.ndarray
    kind: np.ndarray
    day: np.ndarray
    seq: np.ndarray
    mobiles: list[str]
    place: np.ndarray
    is_verified: np.ndarray


def make_contacts(world: World) -> Contacts:
    """Contacts; some change, some have a second, older one, and second records share the first's."""
    people, horizon = world.people, world.horizon
    rng = world.place.dice(302)
    draw = rng.random((4, people.size))
    parts = []
    for kind, share in ((0, 0.97), (1, 0.9), (2, 0.25)):
        who = np.flatnonzero(draw[kind] < share)
        parts.append((who, np.full(len(who), kind), people.open_day[who], np.ones(len(who), int)))
    for kind, share in ((0, 0.08), (1, 0.05)):
        moves = parts[kind][0][rng.random(len(parts[kind][0])) < share]
        day = np.maximum(rng.integers(0, horizon.size, len(moves)), people.open_day[moves] + 1)
        parts.append((moves, np.full(len(moves), kind), day, np.ones(len(moves), int)))
    for kind, share in ((0, 0.06), (1, 0.04)):
        old = parts[kind][0][rng.random(len(parts[kind][0])) < share]
        parts.append((old, np.full(len(old), kind), people.open_day[old], np.full(len(old), 2)))
    who, kind, day, seq = (np.concatenate(column) for column in zip(*parts, strict=True))
    count = len(who)
    mobiles, place = names.phone_numbers(rng, count), rng.integers(0, 5000, count)
    _same_contacts(rng, people.doubles, who, kind, mobiles, place)
    return Contacts(who, kind, day, seq, mobiles, place, (rng.random(count) < 0.9) & (seq == 1))


def ecif_contact(world: World) -> Feed:
    """Contacts whenever they are told."""
    people, horizon, found = world.people, world.horizon, make_contacts(world)
    who, kind, day, seq = found.who, found.kind, found.day, found.seq
    mobiles, place, count = found.mobiles, found.place, len(found.who)
    mail = [f"u{at}@example.com" for at in people.ecif_no]
    columns = {
        "ecif_no": pick(list(people.ecif_no), who),
        "contact_kind": pick(("mobile", "address", "email"), kind),
        "seq": integers(seq),
        "mobile": text([mobiles[at] if kind[at] == 0 else "" for at in range(count)]),
        "address": text([("", names.address_of(place[at]), mail[who[at]])[kind[at]] for at in range(count)]),
        "region_code": pick(names.REGIONS, np.where(kind == 1, who % len(names.REGIONS), -1)),
        "is_verified": flags(found.is_verified),
        "update_date": day_dates(horizon, day),
    }
    return Feed("ecif_contact", DELTA, columns, day, who * 6 + kind * 2 + seq - 1)


def _same_contacts(
    rng: np.random.Generator, doubles: Doubles, who: np.ndarray, kind: np.ndarray, mobiles: list[str], place: np.ndarray
) -> None:
    """Most persons with two customer numbers gave the same mobile and address both times; changes both in place."""
    first: dict[tuple[int, int], int] = {}
    for at, key in enumerate(zip(who.tolist(), kind.tolist(), strict=True)):
        first.setdefault(key, at)
    same = rng.random((2, len(doubles.kept))) < np.array((0.6, 0.5))[:, None]
    for number, (kept, copied) in enumerate(zip(doubles.kept.tolist(), doubles.copied.tolist(), strict=True)):
        for way in (0, 1):
            here, there = first.get((kept, way)), first.get((copied, way))
            if here is None or there is None or not same[way, number]:
                continue
            if way == 0:
                mobiles[there] = mobiles[here]
            else:
                place[there] = place[here]


def viewed_products(owner: np.ndarray, day: np.ndarray, page: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Products, and for each event the one whose page it is: of wealth and fund pages, -1 for the overview and others."""
    items = reference.products()
    found = np.full(len(page), -1)
    for line in ("wm", "fund"):
        pool = np.array([at for at, item in enumerate(items) if item.line_code == line])
        of_line = np.flatnonzero(page == channels.PAGES.index(line))
        # A customer looks at few products, one more often than the others; a third of the views is of the overview.
        choice = owner[of_line] * 5 + day[of_line] % 3 * (day[of_line] % 2)
        found[of_line] = np.where((owner[of_line] + day[of_line]) % 3 == 0, -1, pool[choice % len(pool)])
    return [item.prod_id for item in items], found


def chn_event(world: World, first: int) -> Feed:
    """Mobile bank events from day `first` on."""
    events, horizon = world.events, world.horizon
    low = int(np.searchsorted(events.day, first))
    day = events.day[low:]
    serial = np.arange(low, len(events.day)) - np.searchsorted(events.day, day, side="left") + 1
    columns = {
        "event_id": numbered("E", horizon, day, serial + world.place.base(7), 9),
        "ecif_no": pick(list(world.people.ecif_no), world.number_of(events.owner[low:], events.day[low:])),
        "event_date": day_dates(horizon, day),
        "event_time": day_times(horizon, day, events.second[low:]),
        "event_kind": pick(channels.EVENTS, events.kind[low:]),
        "page_code": pick(channels.PAGES, events.page[low:]),
        "stay_sec": integers(events.stay[low:], events.kind[low:] != channels.VIEW),
        "prod_id": pick(*viewed_products(events.owner[low:], day, events.page[low:])),
        "os_code": pick(channels.SYSTEMS, events.owner[low:] * 7 // 3 % 3),
        "device_token": pick(
            [f"DV{(world.place.base(6) + at) * 15485863 % 10**12:012d}" for at in range(world.people.size * 2)],
            # One in seven has changed the device during the world.
            events.owner[low:] * 2 + ((events.owner[low:] % 7 == 0) & (day > horizon.size - 200)),
        ),
        "login_code": pick(channels.LOGINS, events.login[low:]),
    }
    return Feed("chn_event", JOURNAL, columns, day)


def ext_court(world: World) -> Feed:
    """Court cases when filed and when closed."""
    spans = world.court_cases
    row, ended, day = span_versions(spans)
    columns = {
        "case_no": pick([f"(2025)示例民初{world.place.base(5) + at + 1}号" for at in range(len(spans.owner))], row),
        "id_no": pick(world.people.id_no, spans.owner[row]),
        "role_code": pick(("defendant", "plaintiff"), spans.kind[row] % 2),
        "kind_code": pick(relations.COURT_KINDS, spans.kind[row] // 2),
        "amt": money(spans.extra[row]),
        "filed_date": day_dates(world.horizon, spans.start[row]),
        "closed_date": day_dates(world.horizon, spans.end[row], ~ended),
    }
    return Feed("ext_court", DELTA, columns, day, row)
