"""Who has accounts in foreign currency: some customers with relatives, studies or travels abroad, and companies that trade."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.accounts import Accounts
from tagmart.synth.calendar import Horizon
from tagmart.synth.corporate.accounts import CorporateAccounts
from tagmart.synth.corporate.companies import ENTERPRISE, Companies
from tagmart.synth.fx import FxAccounts, FxPlan, open_accounts, plan
from tagmart.synth.ledger import Intents
from tagmart.synth.population import ACTIVE, NEVER, Population
from tagmart.synth.sizes import Place

RETAIL_SHARE, TRADER_SHARE = 0.02, 0.6


@dataclass(frozen=True)
class FxWishes:
    """Accounts of an entity, and what is meant to happen on them."""

    accounts: FxAccounts
    plan: FxPlan


def retail_fx(
    rng: np.random.Generator, place: Place, intents: Intents, people: Population, accounts: Accounts, rate: np.ndarray,
    horizon: Horizon,
) -> FxWishes:  # fmt: skip
    """Two of a hundred customers: they buy currency, are sent some, and send it abroad."""
    fits = np.flatnonzero(
        (people.band >= 2) & (people.activity == ACTIVE) & (people.closing_day == NEVER) & (accounts.first >= 0)
        & (people.open_day < horizon.size // 2) & ~np.isin(np.arange(people.size), people.doubles.copied)
    )  # fmt: skip
    owner = np.sort(rng.permutation(fits)[: max(3, round(people.size * RETAIL_SHARE))])
    usual = np.clip(people.wealth[owner] // 50, 100_000, 3_000_000)
    first = accounts.first[owner]
    book = open_accounts(rng, owner, first, people.open_day[owner], usual * 2, f"970{place.block:02d}", horizon)
    a_month = rng.gamma(1.5, 0.5, len(owner))
    return FxWishes(book, plan(rng, intents, book, usual, a_month, (0.35, 0.4, 0.25), rate, horizon))


def traders(rng: np.random.Generator, firms: Companies) -> np.ndarray:
    """Companies with accounts in foreign currency: most of those in branches that export, at least two."""
    exports = np.array([item.exports for item in firms.industry])
    fits = (firms.kind == ENTERPRISE) & (firms.quiet_day == NEVER) & (firms.closing_day == NEVER) & (firms.open_day < -30)
    chance = np.where(fits, rng.random(firms.size) - exports * TRADER_SHARE, 9.0)
    count = max(2, int((chance < 0).sum()))
    return np.sort(np.argsort(chance)[: min(count, int(fits.sum()))])


def corporate_fx(
    rng: np.random.Generator, place: Place, intents: Intents, firms: Companies, book: CorporateAccounts, rate: np.ndarray,
    horizon: Horizon,
) -> FxWishes:  # fmt: skip
    """Exporters are paid from abroad and sell, importers buy and pay."""
    owner = traders(rng, firms)
    usual = np.clip(firms.revenue[owner] // 70, 500_000, 50_000_000)
    found = open_accounts(
        rng, owner, book.main[owner], firms.open_day[owner], usual * 2, f"971{place.block:02d}", horizon
    )
    return FxWishes(found, plan(rng, intents, found, usual, np.full(len(owner), 2.5), (0.55, 0.2, 0.25), rate, horizon))
