"""Who is tied to whom: representatives, owners, operators, groups and guarantors of companies, and declared households."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tagmart.synth import names
from tagmart.synth.corporate.companies import ENTERPRISE
from tagmart.synth.corporate.securities import GUARANTEE, PERSON, make_securities
from tagmart.synth.population import NEVER

if TYPE_CHECKING:
    from tagmart.synth.world import World

RELATIONS = (
    "legal_rep", "controller", "ubo", "shareholder", "operator", "spouse", "child", "supplementary", "guarantor", "group",
)
SOURCES = ("ecif", "registry", "credit", "declared")
STREAM = 55
UBO_BP, WHOLE_BP = 2_500, 10_000
LAG = 25
"""Days after which the bank has seen a change of the register."""


@dataclass(frozen=True)
class Ties:
    """Ties between parties, one element each; persons known by name only have numbers that are no customer's.

    Attributes:
        share_bp: hundredths of a per cent, 0 where the tie has no share.
    """

    from_party: list[str]
    from_name: list[str]
    to_party: list[str]
    kind: np.ndarray
    share_bp: np.ndarray
    start: np.ndarray
    end: np.ndarray
    source: np.ndarray


def make_ties(world: World) -> Ties:
    """All ties of a block."""
    rows = [*_company_ties(world), *_guarantors(world), *_households(world)]
    parties, party_names, targets, kinds, shares, starts, ends, sources = zip(*rows, strict=True)
    kind = np.array([RELATIONS.index(name) for name in kinds])
    source = np.array([SOURCES.index(name) for name in sources])
    numbers = (np.array(column, dtype=np.int64) for column in (shares, starts, ends))
    return Ties(list(parties), list(party_names), list(targets), kind, *numbers, source)


def _company_ties(world: World) -> list[tuple]:
    """Representative, owners, controller, beneficiary, operator and group of every company."""
    firms, people, known = world.companies, world.people, world.registers
    rng = world.place.dice(STREAM)
    others = names.person_names(rng, rng.random(firms.size) < 0.6)
    first_share = rng.choice((4_000, 5_100, 6_000, 8_000, WHOLE_BP), firms.size, p=(0.1, 0.2, 0.2, 0.2, 0.3))
    stranger = [f"8{world.block:02d}{at:07d}" for at in range(3 * firms.size)]
    rows = []
    for at in range(firms.size):
        to, since = str(firms.ecif_no[at]), int(firms.open_day[at])
        who = int(firms.legal_rep[at])
        rep = (str(people.ecif_no[who]), "") if who >= 0 else (stranger[3 * at], firms.rep_name[at])
        changed = int(known.new_rep_day[at])
        seen = changed + LAG if changed < NEVER else NEVER
        rows.append((*rep, to, "legal_rep", 0, since, seen, "registry"))
        if seen < world.horizon.size:
            rows.append((stranger[3 * at + 1], known.new_rep[at], to, "legal_rep", 0, seen, NEVER, "registry"))
        if firms.operator[at] >= 0:
            rows.append((*rep, to, "operator", WHOLE_BP, since, NEVER, "ecif"))
        if firms.kind[at] != ENTERPRISE:
            continue
        head = int(np.flatnonzero(firms.group == firms.group[at])[0]) if firms.group[at] >= 0 else at
        share = int(first_share[at])
        owner = rep
        if head != at:
            rows.append((str(firms.ecif_no[head]), "", to, "group", 0, since, NEVER, "credit"))
            owner = (str(firms.ecif_no[head]), "")
        rows.append((*owner, to, "shareholder", share, since, NEVER, "registry"))
        if share < WHOLE_BP:
            rest = (stranger[3 * at + 2], others[at])
            rows.append((*rest, to, "shareholder", WHOLE_BP - share, since, NEVER, "registry"))
            if WHOLE_BP - share >= UBO_BP:
                rows.append((*rest, to, "ubo", WHOLE_BP - share, since, NEVER, "ecif"))
        if head == at:
            rows.append((*rep, to, "controller", share, since, NEVER, "ecif"))
            rows.append((*rep, to, "ubo", share, since, NEVER, "ecif"))
    return rows


def _guarantors(world: World) -> list[tuple]:
    """Who guarantees for whom, once a pair, from the first guarantee to the end of the last."""
    firms, people, secured = world.companies, world.people, make_securities(world)
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for at in np.flatnonzero(np.isin(secured.kind, (GUARANTEE, PERSON))):
        debtor = str(firms.ecif_no[world.corporate_ledger.loans.owner[secured.loan[at]]])
        person = int(secured.person[at])
        giver = str(people.ecif_no[person]) if person >= 0 else str(firms.ecif_no[secured.firm[at]])
        start, end = found.get((giver, debtor), (NEVER, -NEVER))
        found[(giver, debtor)] = min(start, int(secured.start[at])), max(end, int(secured.end[at]))
    return [(giver, "", to, "guarantor", 0, start, end, "credit") for (giver, to), (start, end) in found.items()]


def _households(world: World) -> list[tuple]:
    """Declared ties between retail customers."""
    ties, ecif = world.households, world.people.ecif_no
    kinds = ("spouse", "child", "supplementary")
    return [
        (str(ecif[first]), "", str(ecif[second]), kinds[kind], 0, int(start), NEVER, "declared")
        for first, second, kind, start in zip(ties.first, ties.second, ties.kind, ties.start, strict=True)
    ]
