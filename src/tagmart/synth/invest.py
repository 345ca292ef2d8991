"""Wealth products and funds: lots, the orders that make and end them, and the money on its way between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.accounts import Accounts, Plan
from tagmart.synth.calendar import Horizon
from tagmart.synth.ledger import BANK, CHANNEL, INIT, PURPOSE, Intents
from tagmart.synth.population import ACTIVE, NEVER, Population
from tagmart.synth.reference import Shelf

SUB, RED, SIP, DIV = range(4)
ORDER_TYPES = ("sub", "red", "sip", "div")
SIP_SHARE, FAILED_ORDERS, AGAIN_SHARE = 0.05, 0.01, 0.8


@dataclass(frozen=True)
class Lots:
    """What was bought at once, one array element a lot. Held from `held` to before `leaves`, paid back on `back`.

    Attributes:
        units: in ten-thousandths; cost: cents; ordered_out: the day of the redemption order, NEVER without.
        bought, sold: numbers of the intents of payment and payback, -1 without.
        due: maturity of closed products, free: end of the minimum holding, NEVER without.
    """

    owner: np.ndarray
    product: np.ndarray
    cost: np.ndarray
    units: np.ndarray
    paid: np.ndarray
    held: np.ndarray
    ordered_out: np.ndarray
    leaves: np.ndarray
    back: np.ndarray
    payout: np.ndarray
    bought: np.ndarray
    sold: np.ndarray
    is_sip: np.ndarray
    due: np.ndarray
    free: np.ndarray


@dataclass(frozen=True)
class Orders:
    """Orders, one array element an order; days NEVER where it did not come to it; `failed` ones moved no money."""

    owner: np.ndarray
    product: np.ndarray
    kind: np.ndarray
    amt: np.ndarray
    ordered: np.ndarray
    confirmed: np.ndarray
    settled: np.ndarray
    failed: np.ndarray


@dataclass(frozen=True)
class _Draft:
    """A purchase before its intents exist: who, what, cents, order day (negative: held from the start), parent."""

    owner: np.ndarray
    product: np.ndarray
    cents: np.ndarray
    day: np.ndarray
    parent: np.ndarray
    is_sip: np.ndarray


def _first_draft(rng: np.random.Generator, people: Population, plan: Plan, shelf: Shelf, horizon: Horizon) -> _Draft:
    """What customers hold when the world begins, or buy in the weeks after they join."""
    owners, products, cents = [], [], []
    for line, total in (("wm", plan.wm), ("fund", plan.fund)):
        rich = np.flatnonzero(total > 0)
        pieces = np.minimum(1 + rng.poisson(np.log10(total[rich] / 500_000 + 1) * 0.6), 5)
        owner = np.repeat(rich, pieces)
        weight = rng.uniform(0.3, 1, len(owner))
        part = total[owner] * weight / np.bincount(owner, weight, minlength=people.size)[owner]
        owners.append(owner)
        products.append(rng.choice(shelf.of(line), len(owner)))
        cents.append(part.astype(np.int64) // 10_000 * 10_000 + 10_000)
    owner, product, amount = np.concatenate(owners), np.concatenate(products), np.concatenate(cents)
    joined = people.open_day[owner]
    day = np.where(
        joined >= 0, horizon.trading_from(np.clip(joined, 0, horizon.size - 1) + rng.integers(2, 25, len(owner))), -1
    )
    return _Draft(owner, product, amount, day, np.full(len(owner), -1), np.zeros(len(owner), bool))


def _sip_draft(
    rng: np.random.Generator, people: Population, accounts: Accounts, shelf: Shelf, horizon: Horizon
) -> _Draft:
    """Monthly savings plans into funds, for the second half of the world."""
    fits = np.flatnonzero(people.has_mbank & (people.activity == ACTIVE) & (people.band > 0))
    savers = rng.permutation(fits)[: max(2, round(people.size * SIP_SHARE))]
    months = np.arange(horizon.months // 3, horizon.months)
    owner = np.repeat(savers, len(months))
    product = np.repeat(rng.choice(shelf.of("fund"), len(savers)), len(months))
    into = np.repeat(rng.integers(0, 31, len(savers)), len(months))
    month = np.tile(months, len(savers))
    usual = horizon.month_first[month] + into
    day = horizon.trading_from(np.minimum(usual, horizon.month_first[month + 1] - 1))
    cents = np.repeat(rng.choice((10_000, 20_000, 50_000, 100_000), len(savers)), len(months))
    return _Draft(owner, product, cents, day, np.full(len(owner), -1), np.ones(len(owner), bool))


def _lots(
    rng: np.random.Generator, intents: Intents, accounts: Accounts, draft: _Draft, shelf: Shelf, horizon: Horizon
) -> Lots:
    """Turn purchases into lots with their whole life, and add the intents that pay for them and pay them back."""
    size = len(draft.owner)
    old = draft.day < 0
    paid = np.maximum(draft.day, 0)
    held = np.where(old, -rng.integers(1, 30, size), horizon.trading_after(paid))
    priced = np.maximum(held, 0)
    price = shelf.price[draft.product, priced]
    units = np.round(draft.cents * 100 / price).astype(np.int64)
    cost = np.where(old, np.round(draft.cents * rng.uniform(0.88, 1.06, size)).astype(np.int64), draft.cents)
    kind = np.array([item.kind_code for item in shelf.items])[draft.product]
    hold = np.array([item.hold_days for item in shelf.items])[draft.product]
    due = np.where(kind == "closed", np.maximum(held + hold, 1), NEVER)
    free = np.where(kind == "min_hold", held + hold, NEVER)
    wish = (
        priced
        + rng.exponential(np.where(draft.is_sip, 1500, np.where(kind == "open", 160, 330)), size).astype(np.int64)
        + 3
    )
    wish = np.where(kind == "min_hold", np.maximum(wish, free), wish)
    wish = np.where(kind == "closed", due, wish)
    lives = wish < horizon.size
    out = horizon.trading_from(np.minimum(wish, horizon.size - 1))
    lives &= out < horizon.size
    leaves = horizon.trading_after(out)
    back = horizon.trading_after(leaves)
    payout = np.maximum(np.round(units * shelf.price[draft.product, out] / 100).astype(np.int64), 1)
    bought = np.full(size, -1)
    new = np.flatnonzero(~old)
    bought[new] = intents.add(
        day=paid[new],
        acct=accounts.first[draft.owner[new]],
        amt=cost[new],
        sign=-1,
        purpose=PURPOSE["invest"],
        cp_kind=BANK,
        channel=np.where(draft.is_sip[new], CHANNEL["batch"], CHANNEL["mbank"]),
        init=INIT["C"],
        parent=draft.parent[new],
    )
    sold = np.full(size, -1)
    ends = np.flatnonzero(lives)
    sold[ends] = intents.add(
        day=back[ends],
        acct=accounts.first[draft.owner[ends]],
        amt=payout[ends],
        sign=1,
        channel=CHANNEL["batch"],
        purpose=PURPOSE["invest"],
        init=INIT["B"],
        cp_kind=BANK,
        parent=bought[ends],
    )
    never = np.full(size, NEVER)
    return Lots(
        draft.owner,
        draft.product,
        cost,
        units,
        np.where(old, -1, paid),
        held,
        np.where(lives, out, never),
        np.where(lives, leaves, never),
        np.where(lives, back, never),
        np.where(lives, payout, 0),
        bought,
        sold,
        draft.is_sip,
        due,
        free,
    )


def _again(rng: np.random.Generator, people: Population, lots: Lots, shelf: Shelf, horizon: Horizon) -> _Draft:
    """Money that came back is mostly invested again within weeks."""
    ended = np.flatnonzero(lots.back < horizon.size)
    ended = ended[rng.random(len(ended)) < AGAIN_SHARE]
    day = horizon.trading_from(lots.back[ended] + 1 + rng.integers(0, 25, len(ended)))
    line_wm = np.isin(lots.product[ended], shelf.of("wm"))
    product = np.where(line_wm, rng.choice(shelf.of("wm"), len(ended)), rng.choice(shelf.of("fund"), len(ended)))
    keep = (day < horizon.size) & (people.quiet_day[lots.owner[ended]] > day)
    cents = np.maximum(lots.payout[ended] // 10_000 * 10_000, 10_000)
    return _Draft(
        lots.owner[ended][keep],
        product[keep],
        cents[keep],
        day[keep],
        lots.sold[ended][keep],
        np.zeros(keep.sum(), bool),
    )


def invest_intents(
    rng: np.random.Generator,
    intents: Intents,
    people: Population,
    accounts: Accounts,
    plan: Plan,
    shelf: Shelf,
    horizon: Horizon,
) -> Lots:
    """Add the intents of all purchases and redemptions, generation by generation; returns every lot that may exist."""
    first, saving = _first_draft(rng, people, plan, shelf, horizon), _sip_draft(rng, people, accounts, shelf, horizon)
    draft = _Draft(**{name: np.concatenate([getattr(first, name), getattr(saving, name)]) for name in first.__dict__})
    known = draft.day < horizon.size
    draft = _Draft(**{name: column[known] for name, column in draft.__dict__.items()})
    found = []
    while len(draft.owner):
        found.append(_lots(rng, intents, accounts, draft, shelf, horizon))
        draft = _again(rng, people, found[-1], shelf, horizon)
    return Lots(**{name: np.concatenate([getattr(part, name) for part in found]) for name in found[0].__dict__})


def real_lots(lots: Lots, accepted: np.ndarray) -> Lots:
    """The lots that were paid for."""
    there = np.flatnonzero((lots.bought < 0) | (accepted[np.maximum(lots.bought, 0)] > 0))
    return Lots(**{name: column[there] for name, column in lots.__dict__.items()})


def make_orders(rng: np.random.Generator, lots: Lots, horizon: Horizon) -> Orders:
    """The orders behind the lots, and some that failed at once and moved no money."""
    buys = np.flatnonzero(lots.paid >= 0)
    sells = np.flatnonzero(lots.ordered_out < NEVER)
    fails = buys[rng.random(len(buys)) < FAILED_ORDERS]
    pick = np.r_[buys, sells, fails]
    kind = np.r_[np.where(lots.is_sip[buys], SIP, SUB), np.full(len(sells), RED), np.full(len(fails), SUB)]
    confirmed = np.r_[lots.held[buys], lots.leaves[sells], lots.paid[fails]]
    orders = Orders(
        lots.owner[pick],
        lots.product[pick],
        kind,
        np.r_[lots.cost[buys], lots.payout[sells], lots.cost[fails] * 3],
        np.r_[lots.paid[buys], lots.ordered_out[sells], lots.paid[fails]],
        confirmed,
        np.r_[lots.held[buys], lots.back[sells], np.full(len(fails), NEVER)],
        np.r_[np.zeros(len(buys) + len(sells), bool), np.ones(len(fails), bool)],
    )
    order = np.lexsort((orders.amt, orders.product, orders.owner, orders.kind, orders.ordered))
    return Orders(**{name: column[order] for name, column in orders.__dict__.items()})


@dataclass(frozen=True)
class Holdings:
    """One array element a customer, product and day: units in ten-thousandths, market value and cost in cents."""

    owner: np.ndarray
    product: np.ndarray
    day: np.ndarray
    units: np.ndarray
    market: np.ndarray
    cost: np.ndarray
    start: np.ndarray
    due: np.ndarray
    free: np.ndarray


def holdings(lots: Lots, shelf: Shelf, first: int, last: int) -> Holdings:
    """Holdings of every day from `first` to `last`: lots of one customer and product are one holding."""
    begin, end = np.maximum(lots.held, first), np.minimum(lots.leaves - 1, last)
    length = np.maximum(end - begin + 1, 0)
    row = np.repeat(np.arange(len(length)), length)
    day = np.repeat(begin, length) + np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    order = np.lexsort((lots.product[row], lots.owner[row], day))
    row, day = row[order], day[order]
    owner, product = lots.owner[row], lots.product[row]
    new = np.ones(len(row), dtype=bool)
    new[1:] = (owner[1:] != owner[:-1]) | (product[1:] != product[:-1]) | (day[1:] != day[:-1])
    at = np.flatnonzero(new)
    if not len(at):
        return Holdings(*(np.empty(0, dtype=np.int64) for _ in range(9)))
    units = np.add.reduceat(lots.units[row], at)
    owner, product, day = owner[at], product[at], day[at]
    return Holdings(
        owner,
        product,
        day,
        units,
        np.round(units * shelf.price[product, day] / 100).astype(np.int64),
        np.add.reduceat(lots.cost[row], at),
        np.minimum.reduceat(lots.held[row], at),
        np.minimum.reduceat(lots.due[row], at),
        np.minimum.reduceat(lots.free[row], at),
    )
