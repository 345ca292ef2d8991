"""The bridge of assets under management: from one day's total to another's, part by part, for every customer.

aum(D) = aum(before) + ext_net + interest_div + market + fx + scope + unexplained. The totals are worked out from balances, lots
and orders; the parts from ledger legs, dividends, prices and statuses: unexplained is what they do not say together, and is 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tagmart.synth import fx, ledger, relations
from tagmart.synth.markets import orders as order_kinds
from tagmart.synth.markets.holdings import holdings

if TYPE_CHECKING:
    from tagmart.synth.world import World

PARTS = ("ext_net", "interest_div", "market", "fx", "scope")


@dataclass(frozen=True)
class Bridge:
    """Cents per customer: the totals at both ends, and the parts in the order of PARTS."""

    before: np.ndarray
    after: np.ndarray
    parts: np.ndarray

    @property
    def unexplained(self) -> np.ndarray:
        """What the parts do not explain."""
        return self.after - self.before - self.parts.sum(axis=0)


def summed(world: World, owner: np.ndarray, cents: np.ndarray) -> np.ndarray:
    """Cents summed by customer, exactly."""
    sums = np.zeros(world.people.size, dtype=np.int64)
    np.add.at(sums, owner, np.asarray(cents, dtype=np.int64))
    return sums


def status_at(world: World, day: int) -> np.ndarray:
    """Whether each customer is in the spine at the end of a day: there, and neither merged nor erased."""
    spans = world.statuses
    gone = np.zeros(world.people.size, dtype=bool)
    left = np.isin(spans.kind, [relations.STATUSES.index(name) for name in ("merged", "erased")])
    gone[spans.owner[(spans.start <= day) & left]] = True
    return ~gone


def deposits_at(world: World, day: int) -> np.ndarray:
    """Deposits of each customer at the end of a day, those in foreign currency at its middle rate."""
    book = world.accounts
    alive = np.flatnonzero(world.exists & (world.opened <= day) & (book.closing > day))
    return summed(world, book.owner[alive], world.balance[day][alive]) + foreign_at(world, day)


def foreign_at(world: World, day: int) -> np.ndarray:
    """Deposits in foreign currency of each customer at the end of a day, in cents of yuan."""
    return fx.summed_by_owner(world.fx, world.people.size, world.fx.base_balance(day, day)[0])


def fx_effect(world: World, before: int, after: int) -> np.ndarray:
    """What rates did to each customer's foreign deposits between the ends of two days.

    Rounding is in it, and so is what an exchange cost against the middle rate (nothing but cents here).
    """
    book, size = world.fx, world.people.size
    effect = fx.summed_by_owner(book, size, book.base_balance(after, after)[0] - book.base_balance(before, before)[0])
    # Whatever did not come or go by postings at the rate of their day; what was exchanged counts by its leg in yuan.
    moved = np.flatnonzero((book.legs.day > before) & (book.legs.day <= after) & ~book.legs.is_own)
    effect -= fx.summed_by_owner(book, size, (book.legs.base * book.legs.sign)[moved], moved)
    legs = world.legs
    inside = slice(*np.searchsorted(legs.day, (before + 1, after + 1)))
    at = np.flatnonzero(legs.cp_kind[inside] == ledger.OWN_FX)
    cents = (legs.amt[inside] * legs.sign[inside].astype(np.int64))[at]
    return effect + summed(world, world.accounts.owner[legs.acct[inside][at]], cents)


def transit_days(world: World, first: int, last: int) -> np.ndarray:
    """Money on its way, summed over the days from `first` to `last`: cents times days per customer."""
    orders = world.markets.orders
    is_red = orders.kind == order_kinds.RED
    goes = np.isin(orders.kind, (order_kinds.SUB, order_kinds.SIP)) & ~orders.failed
    begin = np.where(is_red, orders.confirmed, orders.ordered)
    end = np.where(is_red, orders.settled, orders.confirmed)
    days = np.clip(np.minimum(end, last + 1) - np.maximum(begin, first), 0, None)
    return summed(world, orders.owner, np.where(is_red | goes, orders.amt * days, 0))


def held_days(world: World, first: int, last: int) -> np.ndarray:
    """Holdings summed over days: cents times days per customer."""
    held = holdings(world.markets.lots, world.markets.shelf, first, last)
    return summed(world, held.owner, held.market)


def aum_at(world: World, day: int) -> np.ndarray:
    """Assets under management of each customer at the end of a day, whoever is in the spine."""
    return deposits_at(world, day) + held_days(world, day, day) + transit_days(world, day, day)


def make_bridge(world: World, before: int, after: int) -> Bridge:
    """The bridge from the end of day `before` to the end of day `after`.

    Own transfers and switches between deposits and investments are no part of it. What customers move among each other is in
    ext_net of both and cancels in the bank's total. Movements in foreign currency count at the rate of their day, and fx is
    what the rates did to the balances. `scope` takes out those who leave the spine in between, and gives the survivors of
    merges what had been under the other number.
    """
    legs, owner, lots = world.legs, world.holder(after)[world.accounts.owner], world.markets.lots
    inside = slice(*np.searchsorted(legs.day, (before + 1, after + 1)))
    acct, cp_acct = legs.acct[inside], legs.cp_acct[inside]
    who = owner[acct]
    signed = legs.amt[inside] * legs.sign[inside].astype(np.int64)
    is_own = (cp_acct >= 0) & (owner[np.maximum(cp_acct, 0)] == who)
    is_own |= legs.cp_kind[inside] == ledger.OWN_FX
    purpose = legs.purpose[inside]
    is_interest = purpose == ledger.PURPOSE["interest"]
    is_outside = ~is_own & ~is_interest & (purpose != ledger.PURPOSE["invest"])
    ext_net = summed(world, who[is_outside], signed[is_outside])
    abroad = world.fx.legs
    came_in = np.flatnonzero((abroad.day > before) & (abroad.day <= after) & ~abroad.is_own)
    ext_net += fx.summed_by_owner(world.fx, world.people.size, (abroad.base * abroad.sign)[came_in], came_in)
    income = world.markets.income
    paid = (income.day > before) & (income.day <= after)
    interest = summed(world, who[is_interest], signed[is_interest])
    interest += world.kept_by(after, summed(world, income.owner[paid], income.amt[paid]))
    came, went = (lots.held > before) & (lots.held <= after), (lots.leaves > before) & (lots.leaves <= after)
    market = held_days(world, after, after) - held_days(world, before, before)
    market += summed(world, lots.owner[went], lots.payout[went]) - summed(world, lots.owner[came], lots.cost[came])
    parts = [world.kept_by(after, part) for part in (market, fx_effect(world, before, after))]
    own_before, total_after = aum_at(world, before), world.kept_by(after, aum_at(world, after))
    total_before, moved_before = world.kept_by(before, own_before), world.kept_by(after, own_before)
    there_before, there_after = status_at(world, before), status_at(world, after)
    scope = np.where(there_before & ~there_after, -total_after, 0) + moved_before - total_before
    parts = np.vstack([ext_net, interest, *parts, scope])
    parts[:, ~there_before] = 0
    return Bridge(np.where(there_before, total_before, 0), np.where(there_after, total_after, 0), parts)


def month_averages(world: World, first: int, last: int) -> np.ndarray:
    """Day average of each customer's assets over calendar days, in cents, rounded half up."""
    book = world.accounts
    days = last - first + 1
    block = world.balance[first : last + 1]
    day = np.arange(first, last + 1)[:, None]
    alive = world.exists[None, :] & (world.opened[None, :] <= day) & (book.closing[None, :] > day)
    total = summed(world, book.owner, (block * alive).sum(axis=0))
    total += held_days(world, first, last) + transit_days(world, first, last)
    total += fx.summed_by_owner(world.fx, world.people.size, world.fx.base_balance(first, last).sum(axis=0))
    return (2 * world.kept_by(last, total) + days) // (2 * days)
