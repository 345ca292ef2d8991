"""How each system wrote its customers down: names and documents with typos, old numbers, changed phones, and gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tagmart.synth import feeds_party, names
from tagmart.synth.identity import sources
from tagmart.synth.identity.doubles import HOWS, written_as
from tagmart.synth.write import DELTA, Feed, day_dates, pick, text

if TYPE_CHECKING:
    from tagmart.synth.world import World

STREAM = 92
# As HOWS; the core's own tables are those that the customer file was made of.
HOW_SHARE = (0.72, 0.06, 0.05, 0.04, 0.05, 0.03, 0.05)
# What a system knows of phone and address: today's, another one from before, none.
CONTACTS = ("same", "old", "none")
PHONE_SHARE, ADDRESS_SHARE = (0.78, 0.13, 0.09), (0.5, 0.22, 0.28)
NO_BIRTH_SHARE, NO_GENDER_SHARE = 0.3, 0.2


@dataclass(frozen=True)
class Written:
    """Records, one array element an id of a system, in the order of `Sources`; indexes of HOWS and CONTACTS say what is wrong."""

    name: list[str]
    id_type: list[str]
    id_no: list[str]
    mobile: list[str]
    address: list[str]
    how: np.ndarray
    phone: np.ndarray
    place: np.ndarray
    has_birth: np.ndarray
    has_gender: np.ndarray


def make_written(world: World) -> Written:
    """Write down every id's customer, as the system that gave the id did it."""
    people, known = world.people, world.sources
    rng, count = world.place.dice(STREAM), len(known.owner)
    how = rng.choice(len(HOWS), count, p=HOW_SHARE)
    phone, place = rng.choice(3, count, p=PHONE_SHARE), rng.choice(3, count, p=ADDRESS_SHARE)
    is_core = known.system == sources.SYSTEMS.index("core")
    how, phone, place = (np.where(is_core, 0, column) for column in (how, phone, place))
    has_birth, has_gender = rng.random(count) >= NO_BIRTH_SHARE, rng.random(count) >= NO_GENDER_SHARE
    records = []
    for at, who in enumerate(known.owner.tolist()):
        *record, kind = written_as(
            HOWS[how[at]], people.name[who], people.id_type[who], people.id_no[who], people.birth[who], at
        )
        how[at] = HOWS.index(kind)
        records.append(record)
    mobile, address = _contacts(world)
    others, elsewhere = names.phone_numbers(rng, count), rng.integers(0, 5000, count)
    owner = known.owner.tolist()
    phone = np.where((phone == 0) & np.array([mobile[who] == "" for who in owner]), 2, phone)
    place = np.where((place == 0) & np.array([address[who] == "" for who in owner]), 2, place)
    return Written(
        *(list(column) for column in zip(*records, strict=True)),
        [(mobile[who], others[at], "")[phone[at]] for at, who in enumerate(owner)],
        [(address[who], names.address_of(int(elsewhere[at])), "")[place[at]] for at, who in enumerate(owner)],
        how, phone, place, has_birth | is_core, has_gender | is_core,
    )  # fmt: skip


def _contacts(world: World) -> tuple[list[str], list[str]]:
    """Each customer's mobile and address as the customer file has them in the end; empty where it has none."""
    found = feeds_party.make_contacts(world)
    mobile, address = [""] * world.people.size, [""] * world.people.size
    for at in np.argsort(found.day, kind="stable").tolist():
        if found.seq[at] == 1 and found.kind[at] == 0:
            mobile[found.who[at]] = found.mobiles[at]
        elif found.seq[at] == 1 and found.kind[at] == 1:
            address[found.who[at]] = names.address_of(int(found.place[at]))
    return mobile, address


def ecif_source(world: World) -> Feed:
    """The systems' own customer tables, a row an id, written when the id is given."""
    known, people, horizon, written = world.sources, world.people, world.horizon, make_written(world)
    given = np.zeros(len(known.owner), dtype=np.int64)
    first = np.flatnonzero(known.event == sources.CREATE)
    given[known.source[first]] = known.day[first]
    born = (people.birth[known.owner] - horizon.origin).astype(np.int64)
    columns = {
        "src_sys": pick(sources.SYSTEMS, known.system),
        "src_id": text(known.number),
        "cust_name": text(written.name),
        "id_type": text(written.id_type),
        "id_no": text(written.id_no),
        "birth_date": day_dates(horizon, born, ~written.has_birth),
        "gender_code": pick(("F", "M"), np.where(written.has_gender, people.is_male[known.owner].astype(int), -1)),
        "mobile": text(written.mobile),
        "address": text(written.address),
        "update_date": day_dates(horizon, given),
    }
    return Feed("ecif_source", DELTA, columns, given, np.arange(len(given)))


def written_truths(world: World, last: int) -> pa.Table:
    """One row per id of a system known by `last`: whose it is in truth, and what its record has different."""
    known, people, written = world.sources, world.people, make_written(world)
    person = np.arange(people.size)
    person[people.doubles.copied] = people.doubles.kept
    lived = (known.day <= last) & (known.event == sources.CREATE)
    at = np.sort(known.source[lived])
    ecif = list(people.ecif_no)
    return pa.table(
        {
            "src_sys": pick(sources.SYSTEMS, known.system[at]),
            "src_id": pick(known.number, at),
            "ecif_no": pick(ecif, known.owner[at]),
            "person_id": pick(ecif, person[known.owner[at]]),
            "how_code": pick(HOWS, written.how[at]),
            "phone_code": pick(CONTACTS, written.phone[at]),
            "address_code": pick(CONTACTS, written.place[at]),
        }
    )
