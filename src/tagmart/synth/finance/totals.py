"""What systems report as totals of the whole bank: classes, management profit, the registry's units, what networks cleared
and what the regulator is told. No customer, no number.

Every total is added up on the side of the system that reports it, from what that system knows and not from the rows that
it delivers: the registry counts what was confirmed, and not the holdings of the day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tagmart.synth.calendar import Horizon
from tagmart.synth.finance.book import BASE_CCY, Book, gl_org_ids, gl_org_of_outlet
from tagmart.synth.finance.clearing import cleared, pay_clear, settle_days
from tagmart.synth.finance.contributions import closed_months, contributions
from tagmart.synth.finance.details import note_facts
from tagmart.synth.finance.regulatory import fin_reg, heads, inclusive_loans
from tagmart.synth.write import DATED, FULL, Feed, constant, day_dates, decimals, integers, money, pick

if TYPE_CHECKING:
    from tagmart.synth.note_facts import NoteFacts
    from tagmart.synth.world import World

CLASSES = 5


@dataclass(frozen=True)
class Totals:
    """What one block, or all of them, adds up to.

    Attributes:
        class_days: month ends whose classes are reported, as days.
        months: first day, day behind, day of delivery of every month that finance has closed.
        products: numbers of the products that have units.
        units_from: the first day of `units`.
        settle_days: days on which networks settle; the first one is only the beginning of the second.
        notes: number of notes by month end, organisation and class.
        principal: their principal in cents.
        profit: income, fees, cost and provision in cents by month and organisation.
        units: ten-thousandths by product and day.
        cleared: number and cents by settle day, network and direction.
        inclusive: principal of inclusive loans in cents by month end and organisation.
        heads: customers by month end: persons with an account or a card, persons without, companies.
    """

    class_days: np.ndarray
    months: list[tuple[int, int, int]]
    products: list[str]
    units_from: int
    settle_days: np.ndarray
    notes: np.ndarray
    principal: np.ndarray
    profit: np.ndarray
    units: np.ndarray
    cleared: np.ndarray
    inclusive: np.ndarray
    heads: np.ndarray


def make_totals(world: World, first: int, daily_from: int, last: int) -> Totals:
    """The totals of one block: classes, profit, reports and clearing from day `daily_from` on, units from day `first` on."""
    facts = note_facts(world)
    ends = facts[0].class_days
    places = np.flatnonzero((ends >= daily_from) & (ends <= last))
    notes, principal = (sum(parts) for parts in zip(*(_classes(one, places) for one in facts), strict=True))
    months, settled = closed_months(world.horizon, daily_from, last), settle_days(world.horizon, daily_from, last)
    return Totals(
        class_days=ends[places],
        months=months,
        products=[item.prod_id for item in world.markets.shelf.items],
        units_from=first,
        settle_days=settled,
        notes=notes,
        principal=principal,
        profit=_profit(world, facts, months),
        units=_units(world, first, last),
        cleared=cleared(world, settled),
        inclusive=sum(inclusive_loans(one, ends[places]) for one in facts),
        heads=heads(world, ends[places]),
    )


def _classes(facts: NoteFacts, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Notes and principal by month end (of `places` among the days of classes), organisation and class."""
    org = gl_org_of_outlet()[facts.outlet]
    days = facts.class_days[places]
    row, at = np.nonzero(facts.on_book[:, days])
    where = (at, org[row], facts.classed[row, places[at]] - 1)
    count = np.zeros((len(places), len(gl_org_ids()), CLASSES), dtype=np.int64)
    cents = np.zeros_like(count)
    np.add.at(count, where, 1)
    np.add.at(cents, where, facts.principal[row, days[at]])
    return count, cents


def _profit(world: World, facts: Sequence[NoteFacts], months: list[tuple[int, int, int]]) -> np.ndarray:
    """Income, fees, cost and provision by month and the organisation that keeps the account or the note."""
    outlets, firms = gl_org_of_outlet(), world.corporate_ledger.accounts
    orgs = [
        outlets[world.people.outlet[world.accounts.owner]],
        outlets[world.companies.outlet[firms.owner]],
        *(outlets[one.outlet] for one in facts),
    ]
    found = np.zeros((len(months), len(gl_org_ids()), 4), dtype=np.int64)
    for number, (start, end, _) in enumerate(months):
        for org, (at, figures) in zip(orgs, contributions(world, tuple(facts), start, end), strict=True):
            np.add.at(found[number], org[at], np.stack(figures, axis=1))
    return found


def _units(world: World, first: int, last: int) -> np.ndarray:
    """Units by product at the end of every day from `first` to `last`: what was confirmed in, less what was confirmed out."""
    lots, size = world.markets.lots, last + 1
    moved = np.zeros((len(world.markets.shelf.items), size), dtype=np.int64)
    for day, sign in ((np.maximum(lots.held, 0), 1), (lots.leaves, -1)):
        # What is gone before it came was never there.
        at = np.flatnonzero((day < size) & (lots.leaves > lots.held))
        np.add.at(moved, (lots.product[at], np.maximum(day[at], 0)), sign * lots.units[at])
    return np.cumsum(moved, axis=1)[:, first:]


def added_totals(blocks: Sequence[Totals]) -> Totals:
    """The totals of all blocks in one."""
    added = ("notes", "principal", "profit", "units", "cleared", "inclusive", "heads")
    return replace(blocks[0], **{name: sum(getattr(block, name) for block in blocks) for name in added})


def total_feeds(totals: Totals, books: Mapping[str, Book], horizon: Horizon) -> Iterator[Feed]:
    """The feeds of totals, each of the whole bank; `books` is its general ledger by currency."""
    yield crd_class_rpt(totals, horizon)
    yield fin_pnl(totals, horizon)
    yield inv_ta(totals, horizon)
    yield pay_clear(totals.settle_days, totals.cleared, horizon)
    yield fin_reg(totals.class_days, totals.inclusive, totals.heads, books, horizon)


def crd_class_rpt(totals: Totals, horizon: Horizon) -> Feed:
    """One row per month end, organisation and class; issued with the night of the month end, and again in every later issue."""
    at, org, code = np.nonzero(totals.notes)
    columns = {
        "class_date": day_dates(horizon, totals.class_days[at]),
        "gl_org": pick(gl_org_ids(), org),
        "ccy": constant(BASE_CCY, len(at)),
        "class_code": integers(code + 1),
        "note_cnt": integers(totals.notes[at, org, code]),
        "principal_amt": money(totals.principal[at, org, code]),
    }
    return Feed("crd_class_rpt", FULL, columns, totals.class_days[at])


def fin_pnl(totals: Totals, horizon: Horizon) -> Feed:
    """One row per closed month and organisation that had anything; every delivery has the months before it too."""
    number, org = np.nonzero(totals.profit.any(axis=2))
    ends, delivered = (np.array([month[at] for month in totals.months], dtype=np.int64) for at in (1, 2))
    ftp, fee, cost, provision = totals.profit[number, org].T
    columns = {
        "month": day_dates(horizon, ends[number] - 1),
        "gl_org": pick(gl_org_ids(), org),
        "ccy": constant(BASE_CCY, len(org)),
        "ftp_income": money(ftp),
        "fee_income": money(fee),
        "cost": money(cost),
        "provision": money(provision),
        "net": money(ftp + fee - cost - provision),
    }
    return Feed("fin_pnl", FULL, columns, delivered[number])


def inv_ta(totals: Totals, horizon: Horizon) -> Feed:
    """One row per product that has units and calendar day."""
    at, product = np.nonzero(totals.units.T)
    day = totals.units_from + at
    columns = {
        "reg_date": day_dates(horizon, day),
        "prod_id": pick(totals.products, product),
        "units": decimals(totals.units[product, at], 4),
    }
    return Feed("inv_ta", DATED, columns, day)
