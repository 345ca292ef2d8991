"""Lots: what was bought at once, how it came and how it leaves, and the intents that pay for it and pay it back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.accounts import Accounts, Plan
from tagmart.synth.calendar import Horizon
from tagmart.synth.ledger import BANK, CHANNEL, INIT, PURPOSE, Intents
from tagmart.synth.marketing.asked import Asked
from tagmart.synth.markets.prices import LINES, Shelf
from tagmart.synth.population import ACTIVE, NEVER, Population

# How a lot began.
BOUGHT, SAVED, CONVERTED, REINVESTED = range(4)
SIP_SHARE, AGAIN_SHARE, CONVERT_SHARE = 0.05, 0.8, 0.12
# The first channel is the usual one; the counter has a manager at hand.
CHANNELS = ("mbank", "counter", "ebank", "smart")
CHANNEL_SHARES = (0.75, 0.15, 0.06, 0.04)
TRUST_LEAST = 30_000_000


@dataclass(frozen=True)
class Lots:
    """What was bought at once, one array element a lot. Held from `held` to before `leaves`, paid back on `back`.

    Attributes:
        number: of the lot; came_from: the lot that was converted into it or paid the dividend, -1 without.
        units: in ten-thousandths; cost: cents; ordered_out: the day of the order to leave, NEVER without.
        paid: the day on which it was ordered and paid (a conversion: ordered), -1 without an order of its own.
        bought: number of the intent without which it does not exist, -1 where it always does.
        sold: number of the intent of the payback, -1 without.
        origin: BOUGHT, SAVED (savings plan), CONVERTED or REINVESTED; converts: leaves into another product.
        due: maturity of closed products, free: end of the minimum holding, NEVER without.
        channel: of the order, an index of the ledger's channels.
    """

    number: np.ndarray
    came_from: np.ndarray
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
    origin: np.ndarray
    converts: np.ndarray
    due: np.ndarray
    free: np.ndarray
    channel: np.ndarray

    def taken(self, at: np.ndarray) -> Lots:
        """The lots of some places."""
        return Lots(**{name: column[at] for name, column in self.__dict__.items()})


def joined(parts: list[Lots]) -> Lots:
    """Lots one after the other."""
    return Lots(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in parts[0].__dict__})


@dataclass(frozen=True)
class _Draft:
    """A purchase before its intents exist: who, what, cents, order day (negative: held from the start), parent intent."""

    owner: np.ndarray
    product: np.ndarray
    cents: np.ndarray
    day: np.ndarray
    parent: np.ndarray
    origin: np.ndarray
    came_from: np.ndarray

    def taken(self, at: np.ndarray) -> _Draft:
        """The purchases of some places."""
        return _Draft(**{name: column[at] for name, column in self.__dict__.items()})


def _joined_drafts(parts: list[_Draft]) -> _Draft:
    return _Draft(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in parts[0].__dict__})


def _totals(rng: np.random.Generator, people: Population, plan: Plan) -> dict[str, np.ndarray]:
    """Cents per line and customer: what is planned for wealth products also buys trusts and bonds, funds also gold."""
    draw = rng.random((3, people.size))
    wm, fund = plan.wm.copy(), plan.fund.copy()
    may = (people.band >= 4) & (wm * 4 // 10 >= TRUST_LEAST)
    # The first who can has one, so that a small bank has a trust at all.
    trust = np.where(may & ((draw[0] < 0.35) | (np.cumsum(may) == 1)), wm * 4 // 10, 0)
    wm -= trust
    bonds = np.where((draw[1] < 0.15) & (wm >= 2_000_000), wm * 3 // 10, 0)
    gold = np.where((draw[2] < 0.2) & (fund >= 500_000), fund // 4, 0)
    return {"wm": wm - bonds, "fund": fund - gold, "pm": gold, "tb": bonds, "trust": trust}


def _first_draft(rng: np.random.Generator, people: Population, plan: Plan, shelf: Shelf, horizon: Horizon) -> _Draft:
    """What customers hold when the world begins, or buy in the weeks after they join."""
    owners, products, cents = [], [], []
    for line, total in _totals(rng, people, plan).items():
        rich = np.flatnonzero(total > 0)
        pieces = np.minimum(1 + rng.poisson(np.log10(total[rich] / 500_000 + 1) * 0.6), 1 if line == "trust" else 5)
        owner = np.repeat(rich, pieces)
        weight = rng.uniform(0.3, 1, len(owner))
        part = total[owner] * weight / np.bincount(owner, weight, minlength=people.size)[owner]
        owners.append(owner)
        products.append(rng.choice(shelf.of(line), len(owner)))
        cents.append(part.astype(np.int64) // 10_000 * 10_000 + 10_000)
    owner, product, amount = np.concatenate(owners), np.concatenate(products), np.concatenate(cents)
    joins = people.open_day[owner]
    day = np.where(
        joins >= 0, horizon.trading_from(np.clip(joins, 0, horizon.size - 1) + rng.integers(2, 25, len(owner))), -1
    )
    none = np.full(len(owner), -1)
    return _Draft(owner, product, amount, day, none, np.full(len(owner), BOUGHT), none)


def _sip_draft(rng: np.random.Generator, people: Population, shelf: Shelf, horizon: Horizon) -> _Draft:
    """Monthly savings plans into funds, from the second third of the world on."""
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
    none = np.full(len(owner), -1)
    return _Draft(owner, product, cents, day, none, np.full(len(owner), SAVED), none)


def _asked_draft(rng: np.random.Generator, asked: Asked, shelf: Shelf) -> _Draft:
    """Purchases of campaigns, each of some product of its line."""
    count = len(asked.owner)
    product = np.where(asked.line == "wm", rng.choice(shelf.of("wm"), count), rng.choice(shelf.of("fund"), count))
    none = np.full(count, -1)
    return _Draft(asked.owner, product, asked.cents, asked.day, none, np.full(count, BOUGHT), none)


def _exits(
    rng: np.random.Generator, shelf: Shelf, draft: _Draft, held: np.ndarray, due: np.ndarray, free: np.ndarray, size: int
) -> np.ndarray:
    """The days on which customers wish to leave; those of closed products are fixed."""
    types = shelf.open_types[draft.product]
    pocket = np.array([item.kind_code == "open" for item in shelf.items])[draft.product]
    mean = np.where(draft.origin == SAVED, 1500, np.where(pocket, 160, 330))
    wish = np.maximum(held, 0) + rng.exponential(mean, size).astype(np.int64) + 3
    wish = np.where(types == "min_hold", np.maximum(wish, free), wish)
    return np.where(types == "closed", due, wish)


def _lots(
    rng: np.random.Generator, intents: Intents, accounts: Accounts, draft: _Draft, shelf: Shelf, horizon: Horizon, base: int
) -> Lots:
    """Turn purchases into lots with their whole life, and add the intents that pay for them and pay them back."""
    size = len(draft.owner)
    old, swapped = draft.day < 0, draft.origin == CONVERTED
    paid = np.maximum(draft.day, 0)
    types = shelf.open_types[draft.product]
    hold = np.array([item.hold_days for item in shelf.items])[draft.product]
    age = rng.integers(1, np.where((types == "closed") & (hold > 370), hold, 30), size)
    held = np.where(old, -age, horizon.trading_after(paid))
    price = np.where(old, shelf.value(draft.product, paid), shelf.price[draft.product, paid])
    units = np.maximum(np.round(draft.cents * 100 / price).astype(np.int64), 1)
    steady = np.array([item.line_code == "tb" for item in shelf.items])[draft.product]
    bias = np.where(steady, 1.0, rng.uniform(0.88, 1.06, size))
    cost = np.where(old, np.round(draft.cents * bias).astype(np.int64), draft.cents)
    due = np.where(types == "closed", np.maximum(held + hold, 1), NEVER)
    free = np.where(types == "min_hold", held + hold, NEVER)
    wish = _exits(rng, shelf, draft, held, due, free, size)
    lives = wish < horizon.size
    out = horizon.trading_from(np.minimum(wish, horizon.size - 1))
    lives &= out < horizon.size
    is_fund = np.array([item.line_code == "fund" for item in shelf.items])[draft.product]
    leaves = horizon.trading_after(out)
    # What is ordered so late that nothing comes of it within the world is a redemption.
    converts = lives & is_fund & (rng.random(size) < CONVERT_SHARE) & (leaves < horizon.size)
    back = np.where(converts, leaves, horizon.trading_after(leaves))
    payout = np.maximum(np.round(units * shelf.price[draft.product, out] / 100).astype(np.int64), 1)
    channel = np.array([CHANNEL[name] for name in CHANNELS])[rng.choice(4, size, p=CHANNEL_SHARES)]
    channel = np.where(draft.origin == SAVED, CHANNEL["batch"], channel)
    line = {"purpose": PURPOSE["invest"], "cp_kind": BANK}
    bought = draft.parent.copy()
    new = np.flatnonzero(~old & ~swapped)
    bought[new] = intents.add(
        day=paid[new], acct=accounts.first[draft.owner[new]], amt=cost[new], sign=-1, channel=channel[new],
        init=INIT["C"], parent=draft.parent[new], **line,
    )  # fmt: skip
    sold = np.full(size, -1)
    ends = np.flatnonzero(lives & ~converts)
    sold[ends] = intents.add(
        day=back[ends], acct=accounts.first[draft.owner[ends]], amt=payout[ends], sign=1, channel=CHANNEL["batch"],
        init=INIT["B"], parent=bought[ends], **line,
    )  # fmt: skip
    never = np.full(size, NEVER)
    return Lots(
        number=base + np.arange(size),
        came_from=draft.came_from,
        owner=draft.owner,
        product=draft.product,
        cost=cost,
        units=units,
        paid=np.where(old, -1, paid),
        held=held,
        ordered_out=np.where(lives, out, never),
        leaves=np.where(lives, leaves, never),
        back=np.where(lives, back, never),
        payout=np.where(lives, payout, 0),
        bought=bought,
        sold=sold,
        origin=draft.origin,
        converts=converts,
        due=due,
        free=free,
        channel=channel,
    )


def _again(rng: np.random.Generator, people: Population, lots: Lots, shelf: Shelf, horizon: Horizon) -> _Draft:
    """What becomes of lots that leave: converted into another fund, or mostly bought again within weeks in their line."""
    ended = np.flatnonzero(lots.back < horizon.size)
    ended = ended[lots.converts[ended] | (rng.random(len(ended)) < AGAIN_SHARE)]
    day = horizon.trading_from(lots.back[ended] + 1 + rng.integers(0, 25, len(ended)))
    product = np.zeros(len(ended), dtype=np.int64)
    lines = np.array(shelf.lines)[lots.product[ended]]
    for name in LINES:
        of_line = np.flatnonzero(lines == name)
        product[of_line] = rng.choice(shelf.of(name), len(of_line))
    converts = lots.converts[ended]
    funds = shelf.of("fund")
    # Into another fund than the one that is left.
    same = converts & (product == lots.product[ended])
    product = np.where(same, funds[(np.searchsorted(funds, product) + 1) % len(funds)], product)
    cents = np.where(converts, lots.payout[ended], np.maximum(lots.payout[ended] // 10_000 * 10_000, 10_000))
    draft = _Draft(
        lots.owner[ended],
        product,
        cents,
        np.where(converts, lots.ordered_out[ended], day),
        np.where(converts, lots.bought[ended], lots.sold[ended]),
        np.where(converts, CONVERTED, BOUGHT),
        np.where(converts, lots.number[ended], -1),
    )
    return draft.taken(np.flatnonzero(converts | ((day < horizon.size) & (people.quiet_day[lots.owner[ended]] > day))))


def make_lots(
    rng: np.random.Generator,
    intents: Intents,
    people: Population,
    accounts: Accounts,
    plan: Plan,
    shelf: Shelf,
    horizon: Horizon,
    asked: Asked,
) -> Lots:
    """Add the intents of all purchases and redemptions, generation by generation; returns every lot that may exist."""
    draft = _joined_drafts(
        [
            _first_draft(rng, people, plan, shelf, horizon),
            _sip_draft(rng, people, shelf, horizon),
            _asked_draft(rng, asked, shelf),
        ]
    )
    draft = draft.taken(np.flatnonzero(draft.day < horizon.size))
    found: list[Lots] = []
    base = 0
    while len(draft.owner):
        found.append(_lots(rng, intents, accounts, draft, shelf, horizon, base))
        base += len(draft.owner)
        draft = _again(rng, people, found[-1], shelf, horizon)
    return joined(found)


def real_lots(lots: Lots, accepted: np.ndarray) -> Lots:
    """The lots that were paid for."""
    return lots.taken(np.flatnonzero((lots.bought < 0) | (accepted[np.maximum(lots.bought, 0)] > 0)))
