"""Contribution of accounts and notes by month: funds transfer pricing, fees, costs, provisions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tagmart.synth import accounts as retail
from tagmart.synth import ledger
from tagmart.synth.calendar import Horizon
from tagmart.synth.corporate import accounts as corporate
from tagmart.synth.finance.details import note_facts
from tagmart.synth.note_facts import NoteFacts
from tagmart.synth.write import JOURNAL, Feed, day_dates, money, pick

if TYPE_CHECKING:
    from tagmart.synth.world import World

# The month is closed and delivered on the 18th of the next one: in every month the eighth to fifteenth workday by then.
DELIVERY_DAY = 18
# Hundredths of a per cent a year: what the treasury pays above the rate of demand, term and certificates or margin, and
# what it takes for money that is lent.
DEPOSIT_SPREAD_BP = np.array((165, 60, 45))
FUNDING_BP = 210
COST_PER_MONTH, COST_PER_LEG = 50, 3
PROVISION_BP, LATE_PROVISION_BP = 8, 250


def fin_contrib(world: World, daily_from: int, last: int) -> Iterator[Feed]:
    """One feed per month that is closed by `last`, from the month before that of `daily_from` on."""
    facts = note_facts(world)
    for start, end, delivered in closed_months(world.horizon, daily_from, last):
        yield _month(world, facts, start, end, delivered)


def closed_months(horizon: Horizon, daily_from: int, last: int) -> list[tuple[int, int, int]]:
    """Months that finance has closed by `last`, from the one before that of `daily_from` on.

    Returns:
        Of each its first day, the day behind it, and the day on which finance delivers it.
    """
    earliest = int(horizon.month_of(np.array([daily_from]))[0]) - 1
    first = [int(day) for day in horizon.month_first]
    months = [(first[at], first[at + 1], first[at + 1] + DELIVERY_DAY - 1) for at in range(max(0, earliest), horizon.months)]
    return [month for month in months if month[2] <= last]


def contributions(
    world: World, facts: tuple[NoteFacts, ...], start: int, end: int
) -> list[tuple[np.ndarray, tuple[np.ndarray, ...]]]:
    """What contributed in the month from day `start` to before `end`: persons' accounts, companies', then the notes of either.

    Returns:
        Of each part the places of its accounts or notes, and their income, fees, cost and provision in cents.
    """
    firms = world.corporate_ledger
    book, theirs = world.accounts, firms.accounts
    return [
        _accounts(world.balance, world.legs, book.kind == retail.DEMAND, book.kind, start, end, world.exists),
        _accounts(
            firms.balance, firms.legs, theirs.kind == corporate.DEMAND, theirs.kind, start, end, theirs.opened < end
        ),
        *(_notes(one, start, end) for one in facts),
    ]


def _month(world: World, facts: tuple[NoteFacts, ...], start: int, end: int, delivered: int) -> Feed:
    """Contributions of the month from day `start` to before `end`, accounts first."""
    book, theirs = world.accounts, world.corporate_ledger.accounts
    parts = contributions(world, facts, start, end)
    people, companies = list(world.people.ecif_no), list(world.companies.ecif_no)
    owners = (
        pick(people, world.number_of(book.owner[parts[0][0]], end - 1)),
        pick(companies, theirs.owner[parts[1][0]]),
        *(pick(one.ecif_no, part[0]) for one, part in zip(facts, parts[2:], strict=True)),
    )
    numbers = (
        pick(list(book.numbers), parts[0][0]),
        pick(list(theirs.numbers), parts[1][0]),
        *(pick(one.note_no, part[0]) for one, part in zip(facts, parts[2:], strict=True)),
    )
    ftp, fee, cost, provision = (np.concatenate([part[1][at] for part in parts]) for at in range(4))
    columns = {
        "month": day_dates(world.horizon, np.full(len(ftp), end - 1)),
        "ecif_no": pa.concat_arrays(owners),
        "acct_or_note": pa.concat_arrays(numbers),
        "ftp_income": money(ftp),
        "fee_income": money(fee),
        "cost": money(cost),
        "provision": money(provision),
        "net": money(ftp + fee - cost - provision),
    }
    return Feed("fin_contrib", JOURNAL, columns, np.full(len(ftp), delivered), span=(delivered, delivered))


def _accounts(
    balance: np.ndarray,
    legs: ledger.Legs,
    is_demand: np.ndarray,
    kind: np.ndarray,
    start: int,
    end: int,
    exists: np.ndarray,
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Deposit accounts that had a balance or a movement in the month, and their four figures in cents."""
    low, high = np.searchsorted(legs.day, (start, end))
    acct = legs.acct[low:high]
    sums = balance[start:end].sum(axis=0)
    count = np.bincount(acct, minlength=len(kind))
    fees = np.zeros(len(kind), dtype=np.int64)
    fee = np.flatnonzero((legs.purpose[low:high] == ledger.PURPOSE["fee"]) & (legs.sign[low:high] < 0))
    np.add.at(fees, acct[fee], legs.amt[low:high][fee])
    at = np.flatnonzero(exists & ((sums > 0) | (count > 0)))
    spread = DEPOSIT_SPREAD_BP[np.where(is_demand, 0, np.maximum(kind, 1))]
    ftp = sums[at] * spread[at] // (10_000 * 365)
    cost = COST_PER_MONTH + COST_PER_LEG * count[at]
    return at, (ftp, fees[at], cost, np.zeros(len(at), dtype=np.int64))


def _notes(facts: NoteFacts, start: int, end: int) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Notes that were there in the month, and their four figures in cents."""
    there = facts.on_book[:, start:end]
    at = np.flatnonzero(there.any(axis=1))
    sums = np.where(there[at], facts.principal[at, start:end], 0).sum(axis=1)
    left = np.where(there[at, -1], facts.principal[at, end - 1], 0)
    ftp = sums * (facts.rate_bp[at] - FUNDING_BP) // (10_000 * 365)
    provision = left * np.where(facts.dpd[at, end - 1] > 0, LATE_PROVISION_BP, PROVISION_BP) // 10_000 // 12
    none = np.zeros(len(at), dtype=np.int64)
    return at, (ftp, none, none + COST_PER_MONTH * 10, provision)
