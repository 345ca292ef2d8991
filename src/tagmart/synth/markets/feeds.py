"""The feeds of prices, holdings, orders and policies, as files see them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from tagmart.synth import ledger
from tagmart.synth.markets import orders as order_kinds
from tagmart.synth.markets import policies as policy_kinds
from tagmart.synth.markets.holdings import holdings
from tagmart.synth.markets.prices import FX, GOLD, LATE_LINES
from tagmart.synth.population import NEVER
from tagmart.synth.relations import MANAGERS_PER_OUTLET
from tagmart.synth.sizes import in_slices
from tagmart.synth.write import (
    DATED,
    DELTA,
    JOURNAL,
    Feed,
    day_dates,
    day_times,
    decimals,
    money,
    numbered,
    pick,
)

if TYPE_CHECKING:
    from tagmart.synth.world import World

PRICE_KINDS = ("fx", "gold", "nav")
# Days before the daily rows whose prices are delivered too: what the first holdings are valued with.
PRICE_DAYS_BEFORE = 15


def market_feeds(world: World, first: int, daily_from: int, last: int) -> Iterator[Feed]:
    """All feeds of investments: daily rows from `daily_from` to `last`, the initial load on day `first`."""
    if world.block == 0:
        yield ref_price(world, daily_from)
    lots = world.markets.lots
    held = int((np.minimum(lots.leaves, last) - np.maximum(lots.held, daily_from)).clip(0).sum()) // (last - daily_from)
    yield from in_slices(partial(inv_hold, world), daily_from, first, last, held)
    yield inv_order(world)
    yield ins_policy(world)


def ref_price(world: World, first: int) -> Feed:
    """Prices of trading days: rates, gold and wealth products on their day, funds and trusts a day later."""
    horizon, shelf, fx = world.horizon, world.markets.shelf, world.markets.fx
    begin = max(1, first - PRICE_DAYS_BEFORE)
    days = np.flatnonzero(horizon.table.is_trading_day[: horizon.size])
    days = days[days >= begin]
    metal = shelf.of("pm")[:1]
    table = np.vstack([fx, shelf.price[metal], shelf.price])
    codes = [code for code, _, _ in FX] + [GOLD] + [item.prod_id for item in shelf.items]
    units = [f"CNY/{unit}" for _, _, unit in FX] + ["CNY/g"] + ["CNY"] * len(shelf.items)
    kinds = np.array([0] * len(FX) + [1] + [2] * len(shelf.items))
    late = np.array([False] * (len(FX) + 1) + [item.line_code in LATE_LINES for item in shelf.items])
    # Gold products are worth the price of gold and savings bonds their face: neither has a net value of its own.
    has_price = np.array([True] * (len(FX) + 1) + [item.line_code not in ("pm", "tb") for item in shelf.items])
    row, at = (grid.ravel() for grid in np.meshgrid(np.flatnonzero(has_price), np.arange(len(days)), indexing="ij"))
    day = days[at]
    delivered = day + late[row]
    order = np.lexsort((row, delivered))
    row, day, delivered = row[order], day[order], delivered[order]
    columns = {
        "price_date": day_dates(horizon, day),
        "kind_code": pick(PRICE_KINDS, kinds[row]),
        "price_code": pick(codes, row),
        "price": decimals(np.round(table[row, day] * 10_000), 4),
        "prev_price": decimals(np.round(table[row, np.maximum(day - 1, 0)] * 10_000), 4),
        "unit": pick(units, row),
    }
    return Feed("ref_price", JOURNAL, columns, delivered)


def inv_hold(world: World, first: int, last: int) -> Feed:
    """Holdings of every day from `first` to `last`."""
    shelf, horizon = world.markets.shelf, world.horizon
    held = holdings(world.markets.lots, shelf, first, last)
    base = world.place.base(7)
    columns = {
        "ecif_no": pick(list(world.people.ecif_no), world.number_of(held.owner, held.day)),
        "hold_acct": pick([f"88{base + at:09d}" for at in range(world.people.size)], held.owner),
        "prod_id": pick([item.prod_id for item in shelf.items], held.product),
        "line_code": pick(shelf.lines, held.product),
        "hold_date": day_dates(horizon, held.day),
        "units": decimals(held.units, 4),
        "frozen_units": decimals(held.frozen, 4),
        "price": decimals(np.round(shelf.price[held.product, held.shown] * 10_000), 4),
        "price_date": day_dates(horizon, held.shown),
        "market_amt": money(held.market),
        "cost_amt": money(held.cost),
        "start_date": day_dates(horizon, held.start),
        "due_date": day_dates(horizon, held.due, held.due >= NEVER),
        "redeem_from_date": day_dates(horizon, held.free, held.free >= NEVER),
        "dividend_mode": pick(
            ("cash", "units"), np.where(np.isin(held.product, shelf.of("fund")), held.reinvests.astype(int), -1)
        ),
    }
    return Feed("inv_hold", DATED, columns, held.day)


def managers_at(world: World, owner: np.ndarray, day: np.ndarray) -> np.ndarray:
    """The number of the main manager of a customer on a day, -1 where there is none."""
    spans = world.managers
    wide = 1 << 22
    order = np.lexsort((spans.start, spans.owner))
    keys = spans.owner[order].astype(np.int64) * wide + spans.start[order] + wide // 2
    at = np.searchsorted(keys, owner.astype(np.int64) * wide + day + wide // 2, side="right") - 1
    found = order[np.maximum(at, 0)] if len(order) else np.zeros(len(owner), dtype=np.int64)
    there = (at >= 0) & (spans.owner[found] == owner) & (spans.end[found] > day)
    return np.where(there, spans.kind[found], -1)


def inv_order(world: World) -> Feed:
    """Orders as they go through their states: money moves on the settle date, units on the confirm date."""
    shelf, horizon, orders = world.markets.shelf, world.horizon, world.markets.orders
    products = [item.prod_id for item in shelf.items]
    serial = np.arange(len(orders.owner)) - np.searchsorted(orders.ordered, orders.ordered, side="left") + 1
    everyone, good = np.arange(len(orders.owner)), np.flatnonzero(~orders.failed)
    reds = np.flatnonzero(orders.kind == order_kinds.RED)
    # Redemptions are confirmed first and paid a trading day later; everything else ends with its confirmation.
    row = np.r_[everyone, good, reds]
    status = np.r_[
        np.where(orders.failed, 3, 0),
        np.where(orders.kind[good] == order_kinds.RED, 1, 2),
        np.full(len(reds), 2),
    ]
    day = np.r_[orders.ordered, orders.confirmed[good], orders.settled[reds]]
    waits = (status == 0) | (status == 3)
    settled = orders.settled[row]
    at_counter = orders.channel == ledger.CHANNEL["counter"]
    manager = np.where(at_counter, managers_at(world, orders.owner, orders.ordered), -1)
    ids = [f"M{at + 1:04d}" for at in range(int(world.people.outlet.max(initial=0) + 1) * MANAGERS_PER_OUTLET)]
    columns = {
        "order_no": numbered("O", horizon, orders.ordered, serial + world.place.base(5), 7).take(row),
        "ecif_no": pick(list(world.people.ecif_no), world.number_of(orders.owner[row], day)),
        "prod_id": pick(products, orders.product[row]),
        "line_code": pick(shelf.lines, orders.product[row]),
        "order_type": pick(order_kinds.ORDER_TYPES, orders.kind[row]),
        "amt": money(orders.amt[row]),
        "units": decimals(orders.units[row], 4, waits),
        "order_date": day_dates(horizon, orders.ordered[row]),
        "order_time": day_times(horizon, orders.ordered[row], orders.second[row]),
        "confirm_date": day_dates(horizon, orders.confirmed[row], waits),
        "settle_date": day_dates(horizon, settled, (settled >= NEVER) | (settled > day)),
        "status_code": pick(("accepted", "confirmed", "settled", "failed"), status),
        "channel_code": pick(ledger.CHANNELS, orders.channel[row]),
        "manager_id": pick(ids, manager[row]),
        "to_prod_id": pick(products, orders.to_product[row]),
        "to_units": decimals(orders.to_units[row], 4, waits | (orders.to_product[row] < 0)),
    }
    return Feed("inv_order", DELTA, columns, day, row)


def ins_policy(world: World) -> Feed:
    """Policies when they begin and whenever a premium is paid, and when they lapse or end."""
    policies, states, horizon = world.markets.policies, world.markets.states, world.horizon
    row = states.policy
    choices = [name for names in policy_kinds.PRODUCTS for name in names]
    begins = np.cumsum([0, *(len(names) for names in policy_kinds.PRODUCTS)])[:-1]
    base = world.place.base(6) + 1
    lapsed = states.status == 1
    columns = {
        "policy_no": pick([f"BD{base + at:08d}" for at in range(len(policies.owner))], row),
        "ecif_no": pick(list(world.people.ecif_no), policies.owner[row]),
        "prod_id": pick(choices, begins[policies.kind[row]] + policies.product[row]),
        "kind_code": pick(policy_kinds.KINDS, policies.kind[row]),
        "pay_mode": pick(policy_kinds.PAY_MODES, policies.pay_mode[row]),
        "premium_amt": money(policies.premium[row]),
        "paid_amt": money(states.paid),
        "cash_value": money(policy_kinds.cash_value(policies, states)),
        "effect_date": day_dates(horizon, policies.start[row]),
        "next_pay_date": day_dates(horizon, states.next_pay, states.next_pay >= NEVER),
        "end_date": day_dates(horizon, policies.end[row]),
        "status_code": pick(("live", "lapsed", "ended"), states.status),
        "lapse_date": day_dates(horizon, states.day, ~lapsed),
    }
    return Feed("ins_policy", DELTA, columns, states.day, row)
