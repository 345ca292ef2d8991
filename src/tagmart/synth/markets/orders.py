"""The orders behind lots and dividends, and those that failed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.calendar import Horizon
from tagmart.synth.ledger import CHANNEL
from tagmart.synth.markets.income import Income
from tagmart.synth.markets.lots import BOUGHT, CHANNEL_SHARES, CHANNELS, CONVERTED, SAVED, Lots
from tagmart.synth.population import NEVER, Population

SUB, RED, SIP, DIV, CONV = range(5)
ORDER_TYPES = ("sub", "red", "sip", "div", "conv")
FAILED_SHARE = 0.01
OPENS, CLOSES = 9 * 3600, 15 * 3600


@dataclass(frozen=True)
class Orders:
    """Orders, one array element an order; days NEVER where it did not come to it; `failed` ones moved no money.

    Attributes:
        amt: cents; units: ten-thousandths, known when confirmed; settled: the day of the core leg (NEVER without one).
        to_product, to_units: what a conversion became, -1 and 0 else.
    """

    owner: np.ndarray
    product: np.ndarray
    kind: np.ndarray
    amt: np.ndarray
    units: np.ndarray
    ordered: np.ndarray
    second: np.ndarray
    confirmed: np.ndarray
    settled: np.ndarray
    failed: np.ndarray
    channel: np.ndarray
    to_product: np.ndarray
    to_units: np.ndarray


def make_orders(
    rng: np.random.Generator, lots: Lots, income: Income, wished: Lots, accepted: np.ndarray, people: Population,
    horizon: Horizon,
) -> Orders:  # fmt: skip
    """All orders.

    Args:
        rng: random numbers.
        lots, income: what really came to be.
        wished: all lots that were meant, those that could not be paid for too.
        accepted: cents per intent number.
        people, horizon: of the world.
    """
    buys = lots.taken(np.flatnonzero((lots.paid >= 0) & np.isin(lots.origin, (BOUGHT, SAVED))))
    sells = lots.taken(np.flatnonzero((lots.ordered_out < NEVER) & ~lots.converts))
    fails = buys.taken(np.flatnonzero((rng.random(len(buys.owner)) < FAILED_SHARE) & (buys.origin == BOUGHT)))
    parts = [
        _rows(buys, np.where(buys.origin == SAVED, SIP, SUB), buys.cost, buys.paid, buys.held, buys.paid),
        _rows(sells, np.full(len(sells.owner), RED), sells.payout, sells.ordered_out, sells.leaves, sells.back),
        _conversions(lots),
        _dividends(income),
        _failed(fails, np.full(len(fails.owner), SUB), fails.cost * 3),
        _refused_savings(wished, accepted, people),
    ]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    size = len(columns["owner"])
    columns["second"] = rng.integers(OPENS, CLOSES, size)
    outs = np.isin(columns["kind"], (RED, CONV))
    chosen = np.array([CHANNEL[name] for name in CHANNELS])[rng.choice(len(CHANNELS), size, p=CHANNEL_SHARES)]
    columns["channel"] = np.where(outs, chosen, columns["channel"])
    order = np.lexsort(tuple(columns[name] for name in ("amt", "product", "owner", "kind", "ordered")))
    return Orders(**{name: column[order] for name, column in columns.items()})


def _rows(
    lots: Lots, kind: np.ndarray, amt: np.ndarray, ordered: np.ndarray, confirmed: np.ndarray, settled: np.ndarray
) -> dict[str, np.ndarray]:
    size = len(lots.owner)
    return {
        "owner": lots.owner, "product": lots.product, "kind": kind, "amt": amt, "units": lots.units,
        "ordered": ordered, "confirmed": confirmed, "settled": settled, "failed": np.zeros(size, dtype=bool),
        "channel": lots.channel, "to_product": np.full(size, -1), "to_units": np.zeros(size, dtype=np.int64),
    }  # fmt: skip


def _failed(lots: Lots, kind: np.ndarray, amt: np.ndarray) -> dict[str, np.ndarray]:
    """Orders refused on their own day."""
    never = np.full(len(lots.owner), NEVER)
    return _rows(lots, kind, amt, lots.paid, lots.paid, never) | {"failed": np.ones(len(lots.owner), dtype=bool)}


def _refused_savings(wished: Lots, accepted: np.ndarray, people: Population) -> dict[str, np.ndarray]:
    """Instalments of savings plans for which the account had too little."""
    tried = (wished.origin == SAVED) & (wished.bought >= 0) & (wished.paid > people.open_day[wished.owner])
    tried &= (wished.paid < people.quiet_day[wished.owner]) & (wished.paid < people.closing_day[wished.owner])
    refused = wished.taken(np.flatnonzero(tried & (accepted[np.maximum(wished.bought, 0)] == 0)))
    return _failed(refused, np.full(len(refused.owner), SIP), refused.cost)


def _conversions(lots: Lots) -> dict[str, np.ndarray]:
    """One order of what is left, with what it became; nothing passes through an account."""
    before = lots.taken(np.flatnonzero(lots.converts))
    after = lots.taken(np.flatnonzero(lots.origin == CONVERTED))
    order = np.argsort(after.came_from)
    place = order[np.searchsorted(after.came_from[order], before.number)] if len(order) else order
    kind, never = np.full(len(before.owner), CONV), np.full(len(before.owner), NEVER)
    return _rows(before, kind, before.payout, before.ordered_out, before.leaves, never) | {
        "to_product": after.product[place], "to_units": after.units[place],
    }  # fmt: skip


def _dividends(income: Income) -> dict[str, np.ndarray]:
    size = len(income.owner)
    return {
        "owner": income.owner, "product": income.product, "kind": np.full(size, DIV), "amt": income.amt,
        "units": income.units, "ordered": income.ordered, "confirmed": income.day,
        "settled": np.where(income.intent >= 0, income.day, NEVER), "failed": np.zeros(size, dtype=bool),
        "channel": np.full(size, CHANNEL["batch"]), "to_product": np.full(size, -1),
        "to_units": np.zeros(size, dtype=np.int64),
    }  # fmt: skip


