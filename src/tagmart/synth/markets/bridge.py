"""The bridge of assets under management: from one day's total to another's, part by part, for every customer.

aum(D) = aum(before) + ext_net + interest_div + market + fx + scope + unexplained. The totals are worked out from balances, lots
and orders; the parts from ledger legs, dividends, prices and statuses: unexplained is what they do not say together, and is 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tagmart.synth import ledger, relations
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
    """Deposits of each customer at the end of a day."""
    book = world.accounts
    alive = np.flatnonzero(world.exists & (world.opened <= day) & (book.closing > day))
    return summed(world, book.owner[alive], world.balance[day][alive])


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
    ext_net of both and cancels in the bank's total. No account is in foreign currency, so fx is 0. `scope` takes out those
    who leave the spine in between.
    """
    legs, owner, lots = world.legs, world.accounts.owner, world.markets.lots
    inside = slice(*np.searchsorted(legs.day, (before + 1, after + 1)))
    acct, cp_acct = legs.acct[inside], legs.cp_acct[inside]
    who = owner[acct]
    signed = legs.amt[inside] * legs.sign[inside].astype(np.int64)
    is_own = (cp_acct >= 0) & (owner[np.maximum(cp_acct, 0)] == who)
    purpose = legs.purpose[inside]
    is_interest = purpose == ledger.PURPOSE["interest"]
    is_outside = ~is_own & ~is_interest & (purpose != ledger.PURPOSE["invest"])
    ext_net = summed(world, who[is_outside], signed[is_outside])
    income = world.markets.income
    paid = (income.day > before) & (income.day <= after)
    interest = summed(world, who[is_interest], signed[is_interest]) + summed(world, income.owner[paid], income.amt[paid])
    came, went = (lots.held > before) & (lots.held <= after), (lots.leaves > before) & (lots.leaves <= after)
    market = held_days(world, after, after) - held_days(world, before, before)
    market += summed(world, lots.owner[went], lots.payout[went]) - summed(world, lots.owner[came], lots.cost[came])
    total_before, total_after = aum_at(world, before), aum_at(world, after)
    there_before, there_after = status_at(world, before), status_at(world, after)
    scope = np.where(there_before & ~there_after, -total_after, 0)
    parts = np.vstack([ext_net, interest, market, np.zeros_like(market), scope])
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
    return (2 * total + days) // (2 * days)
