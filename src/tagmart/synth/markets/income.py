"""Dividends of funds, in cash or in new units, and the yearly interest of savings bonds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.accounts import Accounts
from tagmart.synth.calendar import Horizon
from tagmart.synth.ledger import BANK, CHANNEL, INIT, PURPOSE, Intents
from tagmart.synth.markets.lots import REINVESTED, Lots, joined
from tagmart.synth.markets.prices import Shelf
from tagmart.synth.population import NEVER

BOND_YEAR = 365


@dataclass(frozen=True)
class Income:
    """What holdings paid, one array element a lot and payment.

    Attributes:
        day: paid, the day after `ordered` (the record day); amt: cents; units: new ones in ten-thousandths, 0 for cash.
        intent: of the payment, -1 where units were given; bought: the intent without which the lot does not exist.
    """

    owner: np.ndarray
    product: np.ndarray
    ordered: np.ndarray
    day: np.ndarray
    amt: np.ndarray
    units: np.ndarray
    intent: np.ndarray
    bought: np.ndarray


def takes_units(owner: np.ndarray, product: np.ndarray) -> np.ndarray:
    """Whether a customer has chosen new units instead of cash for a fund's dividends."""
    return (owner * 31 + product * 17) % 10 < 4


def add_income(
    intents: Intents, accounts: Accounts, lots: Lots, shelf: Shelf, horizon: Horizon
) -> tuple[Lots, Income]:
    """Add the payments of all dividends and bond interest; returns the lots with those of reinvested dividends.

    A lot shares in a dividend when it is held at the end of the record day and nobody has ordered it out. Lots that will be
    converted take cash, so that a conversion has one origin.
    """
    found: list[dict[str, np.ndarray]] = [_bond_interest(intents, accounts, lots, shelf, horizon)]
    places = {product: np.flatnonzero(lots.product == product) for product in np.unique(shelf.dividends.product)}
    groups = {product: lots.taken(at) for product, at in places.items()}
    fresh: list[Lots] = []
    number = int(lots.number.max(initial=-1)) + 1
    share = shelf.dividends
    for product, day, rate in zip(share.product, share.day, share.rate, strict=True):
        group = groups[product]
        amt = np.round(group.units * rate / 100).astype(np.int64)
        sharing = np.flatnonzero((group.held <= day) & (group.ordered_out > day) & (amt > 0))
        units = takes_units(group.owner[sharing], group.product[sharing]) & ~group.converts[sharing]
        cash, kept = sharing[~units], sharing[units]
        found.append(_cash(intents, accounts, group.taken(cash), np.full(len(cash), day), amt[cash]))
        more = _reinvested(intents, accounts, group.taken(kept), day, amt[kept], shelf, number)
        number += len(kept)
        found.append(_paid(more, np.full(len(kept), day), amt[kept], more.units, np.full(len(kept), -1)))
        groups[product] = joined([group, more])
        fresh.append(more)
    income = Income(**{name: np.concatenate([part[name] for part in found]) for name in found[0]})
    return joined([lots, *fresh]), income


def _paid(
    lots: Lots, ordered: np.ndarray, amt: np.ndarray, units: np.ndarray, intent: np.ndarray
) -> dict[str, np.ndarray]:
    return {
        "owner": lots.owner, "product": lots.product, "ordered": ordered, "day": ordered + 1, "amt": amt,
        "units": units, "intent": intent, "bought": lots.bought,
    }  # fmt: skip


def _cash(
    intents: Intents, accounts: Accounts, lots: Lots, day: np.ndarray, amt: np.ndarray
) -> dict[str, np.ndarray]:
    intent = intents.add(
        day=day + 1, acct=accounts.first[lots.owner], amt=amt, sign=1, channel=CHANNEL["batch"], init=INIT["B"],
        purpose=PURPOSE["invest"], cp_kind=BANK, parent=lots.bought,
    )  # fmt: skip
    return _paid(lots, day, amt, np.zeros(len(day), dtype=np.int64), intent)


def _reinvested(
    intents: Intents, accounts: Accounts, parents: Lots, day: int, amt: np.ndarray, shelf: Shelf, number: int
) -> Lots:
    """New units at the price of the record day, which leave together with the lot that paid for them."""
    size = len(parents.owner)
    units = np.maximum(np.round(amt * 100 / shelf.price[parents.product, day]).astype(np.int64), 1)
    leaves = parents.ordered_out < NEVER
    out = np.where(leaves, parents.ordered_out, 0)
    payout = np.maximum(np.round(units * shelf.price[parents.product, out] / 100).astype(np.int64), 1)
    sold = np.full(size, -1)
    ends = np.flatnonzero(leaves)
    sold[ends] = intents.add(
        day=parents.back[ends], acct=accounts.first[parents.owner[ends]], amt=payout[ends], sign=1,
        channel=CHANNEL["batch"], init=INIT["B"], purpose=PURPOSE["invest"], cp_kind=BANK, parent=parents.bought[ends],
    )  # fmt: skip
    changed = {
        "number": number + np.arange(size), "came_from": parents.number, "cost": amt, "units": units,
        "paid": np.full(size, day), "held": np.full(size, day + 1), "payout": np.where(leaves, payout, 0), "sold": sold,
        "origin": np.full(size, REINVESTED), "converts": np.zeros(size, dtype=bool),
    }  # fmt: skip
    return Lots(**(parents.__dict__ | changed))


def _bond_interest(
    intents: Intents, accounts: Accounts, lots: Lots, shelf: Shelf, horizon: Horizon
) -> dict[str, np.ndarray]:
    """A year's interest on the face of savings bonds, on every anniversary up to maturity."""
    bonds = lots.taken(np.flatnonzero(np.isin(lots.product, shelf.of("tb"))))
    years = np.arange(1, 6)
    day = bonds.held[:, None] + BOND_YEAR * years[None, :]
    row, at = np.nonzero((day > 0) & (day < horizon.size) & (day <= bonds.due[:, None]))
    rate = np.array([item.rate for item in shelf.items])[bonds.product[row]]
    amt = np.maximum(np.round(bonds.units[row] * rate / 100).astype(np.int64), 1)
    return _cash(intents, accounts, bonds.taken(row), day[row, at] - 1, amt)


def real_income(income: Income, accepted: np.ndarray) -> Income:
    """What was really paid: the lot was there, and the account took the money."""
    there = (income.bought < 0) | (accepted[np.maximum(income.bought, 0)] > 0)
    there &= (income.intent < 0) | (accepted[np.maximum(income.intent, 0)] > 0)
    return Income(**{name: column[np.flatnonzero(there)] for name, column in income.__dict__.items()})
