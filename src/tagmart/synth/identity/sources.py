"""By which ids the bank's systems know a customer, and how these ids move between customer numbers over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.calendar import Horizon
from tagmart.synth.population import NEVER, Population
from tagmart.synth.relations import AGREEMENTS, STATUSES, Spans
from tagmart.synth.sizes import Place

SYSTEMS = ("core", "card", "invest", "insurance", "mbank", "crm")
PREFIXES = ("10", "XK", "LC", "BX", "SJ", "YX")
CREATE, MERGE, SPLIT = range(3)
EVENTS = ("create", "merge", "split")
# Customers whom the core system knows by a second number, from a branch's former system.
SECOND_CORE_SHARE, SPLIT_SHARE = 0.035, 0.001


@dataclass(frozen=True)
class Sources:
    """Ids of the systems and what happened to them.

    Attributes:
        system: index of SYSTEMS of each id; number: the id; owner: the customer whose id it is in truth.
        event: what happened (index of EVENTS), one array element an event, in order of time; of which id (`source`),
            to which customer it belongs since (`to`) and before (`old`, -1 for none), on which day and second.
        merged, survivor, merge_day: customers that were merged, into whom, and when.
    """

    system: np.ndarray
    number: list[str]
    owner: np.ndarray
    source: np.ndarray
    event: np.ndarray
    to: np.ndarray
    old: np.ndarray
    day: np.ndarray
    second: np.ndarray
    merged: np.ndarray
    survivor: np.ndarray
    merge_day: np.ndarray


def make_sources(
    rng: np.random.Generator,
    place: Place,
    people: Population,
    cards: tuple[np.ndarray, np.ndarray],
    investors: tuple[np.ndarray, np.ndarray],
    agreements: Spans,
    statuses: Spans,
    horizon: Horizon,
) -> Sources:
    """Ids of everybody in every system that knows them, and the events of the cross-reference.

    Args:
        rng: dice.
        place: which block; ids contain it.
        people: the customers, with their doubles.
        cards: owners of credit cards and the days of opening.
        investors: owners of lots and the days of buying, negative for those from before the world.
        agreements: from which insurance is known.
        statuses: from which merges are known.
        horizon: the world's days.
    """
    system, owner, day, suffix = _ids(rng, people, cards, investors, agreements)
    number = [
        f"{PREFIXES[kind]}{(place.base(6) + int(who) * 7 + extra) * 7919 % 10**8:08d}"
        for kind, who, extra in zip(system, owner, suffix, strict=True)
    ]
    first_owner, split_day = _wrongly_given(rng, people, system, owner, day, horizon)
    merged, survivor, merge_day = _merges(people, statuses)
    into, gone = np.full(people.size, -1), np.full(people.size, NEVER)
    into[merged], gone[merged] = survivor, merge_day
    ids, splits = np.arange(len(owner)), np.flatnonzero(split_day < NEVER)
    moves = np.flatnonzero((into[owner] >= 0) & (day < gone[owner]))
    parts = (
        (ids, np.full(len(ids), CREATE), first_owner, np.full(len(ids), -1), day),
        (splits, np.full(len(splits), SPLIT), owner[splits], first_owner[splits], split_day[splits]),
        (moves, np.full(len(moves), MERGE), into[owner[moves]], owner[moves], gone[owner[moves]]),
    )
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.lexsort((columns[0], columns[1], columns[4]))
    second = rng.integers(7 * 3600, 22 * 3600, len(order))
    return Sources(
        system, number, owner, *(column[order] for column in columns), second[order], merged, survivor, merge_day
    )


def _ids(
    rng: np.random.Generator,
    people: Population,
    cards: tuple[np.ndarray, np.ndarray],
    investors: tuple[np.ndarray, np.ndarray],
    agreements: Spans,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """System, owner, first day and a running number within the owner of every id."""
    everyone = np.arange(people.size)
    insured = np.flatnonzero(agreements.kind == AGREEMENTS.index("ins"))
    users = np.flatnonzero(people.has_mbank)
    second = everyone[people.has_account & (rng.random(people.size) < SECOND_CORE_SHARE)]
    parts = [(0, everyone[people.has_account], people.open_day[people.has_account], 0)]
    for kind, (who, day) in ((1, cards), (2, investors), (3, (agreements.owner[insured], agreements.start[insured]))):
        order = np.lexsort((day, who))
        one, at = np.unique(who[order], return_index=True)
        parts.append((kind, one, day[order][at], kind))
    parts.append((4, users, people.open_day[users] + 1, 4))
    parts.append((0, second, people.open_day[second], 6))
    known = np.unique(np.concatenate([who for _, who, _, _ in parts]))
    bare = np.setdiff1d(everyone, known)
    parts.append((5, bare, people.open_day[bare], 5))
    system, owner, day, suffix = (
        np.concatenate([np.broadcast_to(part[at], (len(part[1]),)) for part in parts]) for at in range(4)
    )
    return system, owner, np.maximum(day, people.open_day[owner]), suffix


def _wrongly_given(
    rng: np.random.Generator,
    people: Population,
    system: np.ndarray,
    owner: np.ndarray,
    day: np.ndarray,
    horizon: Horizon,
) -> tuple[np.ndarray, np.ndarray]:
    """Some card ids were given to somebody else's customer number first, and split off later."""
    first, split = owner.copy(), np.full(len(owner), NEVER)
    fits = rng.permutation(np.flatnonzero((system == 1) & (day < horizon.size - 90)))
    chosen = fits[: max(1, round(people.size * SPLIT_SHARE))]
    old = np.flatnonzero(people.open_day < -100)
    for at in chosen:
        early = old[(people.open_day[old] < day[at]) & (old != owner[at])]
        if len(early):
            first[at] = rng.choice(early)
            split[at] = rng.integers(max(int(day[at]), 0) + 20, horizon.size - 5)
    return first, split


def _merges(people: Population, statuses: Spans) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who was merged into whom, and when: a status says when, the doubles say into whom."""
    into = dict(zip(people.doubles.copied.tolist(), people.doubles.kept.tolist(), strict=True))
    at = [where for where in np.flatnonzero(statuses.kind == STATUSES.index("merged")) if statuses.owner[where] in into]
    merged = statuses.owner[at]
    return merged, np.array([into[who] for who in merged.tolist()], dtype=np.int64), statuses.start[at]
