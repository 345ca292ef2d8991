"""Merchants that the bank acquires for: shops, sales, and settlements that reach accounts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tagmart.synth.accounts import Accounts
from tagmart.synth.calendar import Horizon
from tagmart.synth.cards import Cards
from tagmart.synth.corporate import Companies
from tagmart.synth.corporate.ledger import Settlements as CorporateSettlements
from tagmart.synth.ledger import BANK, CHANNEL, INIT, PURPOSE, Intents
from tagmart.synth.merchants.sales import Sales, make_sales
from tagmart.synth.merchants.shops import Shops, make_shops
from tagmart.synth.population import Population
from tagmart.synth.sizes import Place

__all__ = ["Merchants", "Sales", "Settlements", "Shops", "add_settlements", "make_merchants"]

D0 = 1
SETTLE_SECOND = 8 * 3600


@dataclass(frozen=True)
class Settlements:
    """Settlements, one array element each, in the order of days. Money in cents: gross - refund - fee = net > 0.

    Attributes:
        intent: of the credit to a retail owner's account here, -1 where it goes elsewhere or to a company.
    """

    shop: np.ndarray
    day: np.ndarray
    gross: np.ndarray
    refund: np.ndarray
    fee: np.ndarray
    intent: np.ndarray

    @property
    def net(self) -> np.ndarray:
        """Cents that are paid out."""
        return self.gross - self.refund - self.fee

    @property
    def serial(self) -> np.ndarray:
        """The number within the day, from 1."""
        return np.arange(len(self.day)) - np.searchsorted(self.day, self.day, side="left") + 1


@dataclass(frozen=True)
class Merchants:
    """Everything of merchants. `shop_of_entry` says where purchases on own credit cards were made, -1 elsewhere."""

    shops: Shops
    sales: Sales
    settlements: Settlements
    shop_of_entry: np.ndarray
    settle_no: list[str]

    @property
    def mer_no(self) -> list[str]:
        """The number of each merchant."""
        return self.shops.mer_no

    @property
    def corporate_places(self) -> np.ndarray:
        """Which settlements go to accounts of companies at this bank."""
        paid, shops = self.settlements, self.shops
        return np.flatnonzero((shops.company[paid.shop] >= 0) & shops.settles_here[paid.shop])

    @property
    def corporate_settlements(self) -> CorporateSettlements:
        """What companies' accounts here are paid, in the order of `corporate_places`."""
        paid, at = self.settlements, self.corporate_places
        numbers = np.array([self.settle_no[place] for place in at], dtype="<U32")
        return CorporateSettlements(self.shops.company[paid.shop[at]], paid.day[at], paid.net[at], numbers)


def make_merchants(
    place: Place, people: Population, accounts: Accounts, companies: Companies, cards: Cards, horizon: Horizon, first: int
) -> Merchants:
    """Merchants of a block with their sales and settlements from day `first` on. Needs no ledger."""
    shops = make_shops(place.dice(70), place, people, accounts, companies, horizon)
    sales, shop_of_entry = make_sales(place.dice(71), place, shops, cards, horizon, first)
    sales, settlements = _settled(shops, sales, horizon)
    stamps = [str(day).replace("-", "") for day in horizon.dates[: horizon.size]]
    base = place.base(5)
    numbers = [
        f"S{stamps[day]}{base + serial:07d}" for day, serial in zip(settlements.day, settlements.serial, strict=True)
    ]
    return Merchants(shops, sales, settlements, shop_of_entry, numbers)


def _settled(shops: Shops, sales: Sales, horizon: Horizon) -> tuple[Sales, Settlements]:
    """Sales of T are settled on the next settle day (T1), or on their own day where it is one (D0).

    A refund that the day's takings do not cover fails: a settlement never asks for money.
    """
    settles = horizon.table.is_workday
    size = len(settles)
    following = np.minimum.accumulate(np.where(settles, np.arange(size), size - 1)[::-1])[::-1]
    earliest = sales.day + (shops.cycle[sales.shop] != D0)
    when = following[np.minimum(earliest, size - 1)]
    key = when * shops.size + sales.shop
    keys, batch = np.unique(key, return_inverse=True)
    moved = np.where(sales.failed, 0, sales.amt)
    net = np.bincount(batch, moved - sales.fee, minlength=len(keys))
    failed = sales.failed | ((sales.amt < 0) & (net <= 0)[batch])
    sales = replace(sales, failed=failed)
    moved = np.where(failed, 0, sales.amt)
    gross, refund, fee = (
        np.bincount(batch, part, minlength=len(keys)).round().astype(np.int64)
        for part in (np.maximum(moved, 0), np.maximum(-moved, 0), sales.fee)
    )
    day, shop = keys // shops.size, keys % shops.size
    there = np.flatnonzero((gross - refund - fee > 0) & (day < horizon.size))
    none = np.full(len(there), -1)
    return sales, Settlements(shop[there], day[there], gross[there], refund[there], fee[there], none)


def add_settlements(intents: Intents, accounts: Accounts, merchants: Merchants) -> None:
    """The credits to retail owners who are settled at this bank."""
    shops, paid = merchants.shops, merchants.settlements
    at = np.flatnonzero((shops.owner[paid.shop] >= 0) & shops.settles_here[paid.shop])
    paid.intent[at] = intents.add(
        day=paid.day[at],
        acct=accounts.first[shops.owner[paid.shop[at]]],
        amt=paid.net[at],
        sign=1,
        channel=CHANNEL["batch"],
        purpose=PURPOSE["transfer"],
        init=INIT["P"],
        cp_kind=BANK,
        second=SETTLE_SECOND,
    )
