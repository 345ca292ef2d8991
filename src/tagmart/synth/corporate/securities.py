"""What stands behind companies' loans: collateral, and guarantees of companies and persons, circles among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tagmart.synth.world import World

SECURITY_KINDS = ("guarantee", "house", "machinery", "receivable", "person")
GUARANTEE, HOUSE, MACHINERY, RECEIVABLE, PERSON = range(5)
STREAM = 53
YEARS_OF_A_CIRCLE = 5


@dataclass(frozen=True)
class Securities:
    """Collateral and guarantees, one array element each.

    Attributes:
        loan: index of the loan whose contract is secured.
        firm: the company that provides it, -1 for a person; person: the retail customer, -1 for a company.
    """

    loan: np.ndarray
    kind: np.ndarray
    firm: np.ndarray
    person: np.ndarray
    value: np.ndarray
    amt: np.ndarray
    start: np.ndarray
    end: np.ndarray


def circle_edges(world: World) -> list[tuple[int, int]]:
    """Who guarantees for whom inside the planted circles: all the way round, and one shortcut."""
    found = []
    for circle in range(world.companies.circles):
        members = [int(who) for who in np.flatnonzero(world.companies.circle == circle)]
        found.extend(zip(members, members[1:] + members[:1], strict=True))
        if len(members) > 3:
            found.append((members[0], members[2]))
    return found


def make_securities(world: World) -> Securities:
    """One security for most loans, and the guarantees of the circles."""
    firms, loans = world.companies, world.corporate_ledger.loans
    rng = world.place.dice(STREAM)
    count = len(loans.owner)
    kind = rng.choice(5, count, p=(0.1, 0.45, 0.15, 0.1, 0.2))
    none = rng.random(count) < 0.1
    rows = []
    for loan in np.flatnonzero(~none):
        who, what = int(loans.owner[loan]), int(kind[loan])
        amt = int(loans.principal[loan])
        person = int(firms.legal_rep[who])
        if what == PERSON and person < 0:
            what = HOUSE
        # Outside circles, only a group's head stands in for its members: no circle arises by chance.
        head = int(np.flatnonzero(firms.group == firms.group[who])[0]) if firms.group[who] >= 0 else who
        if what == GUARANTEE and head == who:
            what = HOUSE
        firm = -1 if what == PERSON else head if what == GUARANTEE else who
        value = amt * int(rng.integers(12, 20)) // 10
        rows.append((loan, what, firm, person if what == PERSON else -1, value, amt, loans.start[loan], loans.due[loan]))
    for guarantor, debtor in circle_edges(world):
        loan = int(np.flatnonzero(loans.owner == debtor)[0])
        amt, start = int(loans.principal[loan]), int(loans.start[loan])
        rows.append((loan, GUARANTEE, guarantor, -1, amt, amt, start, start + 365 * YEARS_OF_A_CIRCLE))
    return Securities(*(np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)))
