"""Investments of retail customers: prices, lots, orders, dividends, insurance, and the fortunes that arrive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.accounts import Accounts, Plan
from tagmart.synth.calendar import Horizon
from tagmart.synth.ledger import Intents
from tagmart.synth.marketing.asked import Asked
from tagmart.synth.markets.holdings import Holdings, holdings
from tagmart.synth.markets.income import Income, add_income, real_income
from tagmart.synth.markets.lots import Lots, make_lots, real_lots
from tagmart.synth.markets.orders import RED, SIP, SUB, Orders, make_orders
from tagmart.synth.markets.policies import Policies, States, make_policies, policy_states
from tagmart.synth.markets.prices import LINES, Shelf, fx_rates, invest_shelf
from tagmart.synth.markets.rising import Rising, make_rising
from tagmart.synth.population import Population
from tagmart.synth.sizes import Place

__all__ = [
    "LINES", "RED", "SIP", "SUB", "Holdings", "Lots", "Markets", "Shelf", "Wishes", "add_wishes", "holdings",
    "make_markets",
]  # fmt: skip


@dataclass(frozen=True)
class Wishes:
    """What customers mean to do with their investments, before the ledger says what they can."""

    shelf: Shelf
    fx: np.ndarray
    lots: Lots
    income: Income
    policies: Policies
    rising: Rising


@dataclass(frozen=True)
class Markets:
    """Investments as they came to be."""

    shelf: Shelf
    fx: np.ndarray
    lots: Lots
    income: Income
    orders: Orders
    policies: Policies
    states: States
    rising: Rising


def add_wishes(
    place: Place, intents: Intents, people: Population, accounts: Accounts, plan: Plan, horizon: Horizon, asked: Asked
) -> Wishes:
    """Add the intents of everything that is invested, insured, or arrives as a fortune."""
    shelf = invest_shelf(place.common_dice(60), horizon)
    lots = make_lots(place.dice(62), intents, people, accounts, plan, shelf, horizon, asked)
    lots, income = add_income(intents, accounts, lots, shelf, horizon)
    return Wishes(
        shelf,
        fx_rates(place.common_dice(61), horizon),
        lots,
        income,
        make_policies(place.dice(63), intents, people, accounts, horizon),
        make_rising(place.dice(64), intents, people, accounts, horizon),
    )


def make_markets(place: Place, wishes: Wishes, accepted: np.ndarray, people: Population, horizon: Horizon) -> Markets:
    """What became of the wishes.

    Args:
        place: which block.
        wishes: as `add_wishes` made them.
        accepted: cents per intent number, from the ledger.
        people, horizon: of the world.
    """
    lots, income = real_lots(wishes.lots, accepted), real_income(wishes.income, accepted)
    return Markets(
        wishes.shelf,
        wishes.fx,
        lots,
        income,
        make_orders(place.dice(65), lots, income, wishes.lots, accepted, people, horizon),
        wishes.policies,
        policy_states(wishes.policies, accepted, horizon),
        wishes.rising,
    )
