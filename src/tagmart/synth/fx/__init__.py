"""Accounts in foreign currency: what is meant to happen on them, and what became of it. Cents here are those of the currency."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.calendar import Horizon
from tagmart.synth.ledger import CHANNEL, INIT, OWN_FX, PURPOSE, Intents
from tagmart.synth.markets.prices import FX
from tagmart.synth.population import NEVER

CCYS = ("USD", "EUR", "HKD")
CCY_SHARE = (0.65, 0.15, 0.2)
# What happens: money from abroad, currency sold for yuan 结汇, bought with yuan 购汇, money sent abroad.
KINDS = ("in", "sell", "buy", "out")
IN, SELL, BUY, OUT = range(4)
SIGNS = np.array((1, -1, 1, -1))
_RATE_ROWS = [[code for code, _, _ in FX].index(code) for code in CCYS]


@dataclass(frozen=True)
class FxAccounts:
    """Demand accounts in foreign currency, one array element each; `home` is the owner's account in yuan."""

    owner: np.ndarray
    home: np.ndarray
    ccy: np.ndarray
    opened: np.ndarray
    opening: np.ndarray
    numbers: list[str]


@dataclass(frozen=True)
class FxPlan:
    """What is meant, one array element an event; `cents` of what is sent abroad is only a wish. `intent`: its leg in yuan."""

    acct: np.ndarray
    day: np.ndarray
    kind: np.ndarray
    cents: np.ndarray
    intent: np.ndarray
    second: np.ndarray


@dataclass(frozen=True)
class FxLegs:
    """What was posted, in the order of days and numbers; the columns are named as those of the ledger's legs.

    Attributes:
        base: the amount in yuan at the middle rate of the day; home_intent: of the other leg in yuan, -1 without.
    """

    day: np.ndarray
    serial: np.ndarray
    acct: np.ndarray
    sign: np.ndarray
    amt: np.ndarray
    base: np.ndarray
    kind: np.ndarray
    init: np.ndarray
    is_red: np.ndarray
    second: np.ndarray
    after: np.ndarray
    home_intent: np.ndarray

    @property
    def is_own(self) -> np.ndarray:
        """Whether the money came from, or went to, the owner's account in yuan."""
        return np.isin(self.kind, (BUY, SELL))


@dataclass(frozen=True)
class FxBook:
    """One entity's accounts in foreign currency as they came to be; `rate` is yuan times 10,000 per currency and day."""

    accounts: FxAccounts
    legs: FxLegs
    balance: np.ndarray
    rate: np.ndarray

    def base_balance(self, first: int, last: int) -> np.ndarray:
        """Balances of days `first` to `last` (rows) per account in cents of yuan, at the middle rate of each day."""
        rate = self.rate[self.accounts.ccy, first : last + 1].T
        return valued(self.balance[first : last + 1], rate)


def middle_rates(fx: np.ndarray) -> np.ndarray:
    """Middle rates of CCYS in whole ten-thousandths of a yuan, from those of all currencies of FX."""
    return np.round(fx[_RATE_ROWS] * 10_000).astype(np.int64)


def valued(cents: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Cents of yuan for cents of a currency, rounded half up; neither is negative."""
    return (cents * rate + 5_000) // 10_000


def open_accounts(
    rng: np.random.Generator, owner: np.ndarray, home: np.ndarray, since: np.ndarray, usual: np.ndarray, letter: str,
    horizon: Horizon,
) -> FxAccounts:  # fmt: skip
    """An account for each owner, most of them older than the world.

    Args:
        rng: dice.
        owner: customers, one element an account.
        home: their accounts in yuan.
        since: the day on which each account in yuan was opened.
        usual: cents of currency that each usually has.
        letter: what the numbers of the accounts begin with.
        horizon: of the world.
    """
    size = len(owner)
    opened = np.maximum(since + 1, rng.integers(-700, horizon.size // 2, size))
    opening = np.where(opened < 0, usual * rng.lognormal(-0.2, 0.5, size), 0).astype(np.int64)
    numbers = [f"{letter}{at:09d}" for at in rng.permutation(size * 9)[:size] + 10**8]
    return FxAccounts(owner, home, rng.choice(3, size, p=CCY_SHARE), opened, opening, numbers)


def plan(
    rng: np.random.Generator, intents: Intents, accounts: FxAccounts, usual: np.ndarray, a_month: np.ndarray,
    shares: tuple[float, float, float], rate: np.ndarray, horizon: Horizon,
) -> FxPlan:  # fmt: skip
    """What will be meant on the accounts, and the intents of what moves yuan.

    Args:
        rng: dice.
        intents: takes the legs in yuan; those that are refused undo the leg in currency.
        accounts: in foreign currency.
        usual: cents of currency of a usual movement.
        a_month: how many movements a month an account has.
        shares: of money from abroad, currency bought, and money sent abroad.
        rate: as `middle_rates` gives it.
        horizon: of the world.
    """
    low = np.maximum(accounts.opened, 0)
    acct = np.repeat(np.arange(len(accounts.owner)), rng.poisson(a_month * (horizon.size - low) / 30.4))
    worked = np.flatnonzero(horizon.table.is_workday[: horizon.size])
    at = rng.integers(np.searchsorted(worked, low[acct]), len(worked))
    day, kind = worked[at], rng.choice((IN, BUY, OUT), len(acct), p=shares)
    cents = (usual[acct] * rng.lognormal(-0.3, 0.7, len(acct))).astype(np.int64) // 10_000 * 10_000 + 10_000
    # Part of what comes from abroad is sold within weeks.
    sold = np.flatnonzero((kind == IN) & (rng.random(len(acct)) < 0.7))
    later = worked[np.minimum(at[sold] + rng.integers(1, 15, len(sold)), len(worked) - 1)]
    some = cents[sold] * rng.integers(4, 9, len(sold)) // 10
    acct, day, cents = np.r_[acct, acct[sold]], np.r_[day, later], np.r_[cents, some]
    kind = np.r_[kind, np.full(len(sold), SELL)]
    order = np.lexsort((kind, day, acct))
    acct, day, kind, cents = acct[order], day[order], kind[order], cents[order]
    second = rng.integers(9 * 3600, 17 * 3600, len(acct))
    intent = np.full(len(acct), -1, dtype=np.int64)
    moves = np.flatnonzero(np.isin(kind, (BUY, SELL)))
    intent[moves] = intents.add(
        day=day[moves],
        acct=accounts.home[acct[moves]],
        amt=valued(cents[moves], rate[accounts.ccy[acct[moves]], day[moves]]),
        sign=-SIGNS[kind[moves]],
        channel=CHANNEL["mbank"],
        purpose=PURPOSE["transfer"],
        init=INIT["C"],
        cp_kind=OWN_FX,
        cp_ref=acct[moves],
        second=second[moves],
    )
    return FxPlan(acct, day, kind, cents, intent, second)


def settle(wishes: FxPlan, accounts: FxAccounts, accepted: np.ndarray, rate: np.ndarray, horizon: Horizon) -> FxBook:
    """What became of the plan, account by account: what is to be sold is kept, what is sent abroad comes from the rest.

    Args:
        wishes: the plan.
        accounts: in foreign currency.
        accepted: cents per intent number of the ledger in yuan.
        rate: as `middle_rates` gives it.
        horizon: of the world.
    """
    done = np.where(wishes.intent >= 0, accepted[np.maximum(wishes.intent, 0)] > 0, True)
    moved = np.where(done, wishes.cents, 0)
    have = accounts.opening.copy()
    # Kept for sales: what came from abroad and is to be sold later, per account in the order of its events.
    left = np.zeros(len(have), dtype=np.int64)
    np.add.at(left, wishes.acct[wishes.kind == SELL], moved[wishes.kind == SELL])
    for at in range(len(moved)):
        who, cents = wishes.acct[at], moved[at]
        if wishes.kind[at] == OUT:
            cents = min(cents, max(0, have[who] - left[who]) * 7 // 10) // 100 * 100
            moved[at] = cents
        elif wishes.kind[at] == SELL:
            left[who] -= cents
        have[who] += cents * SIGNS[wishes.kind[at]]
    kept = np.flatnonzero(moved > 0)
    kept = kept[np.lexsort((kept, wishes.day[kept]))]
    day, acct, kind = wishes.day[kept], wishes.acct[kept], wishes.kind[kept]
    signed = moved[kept] * SIGNS[kind]
    balance = np.zeros((horizon.size, len(have)), dtype=np.int64)
    np.add.at(balance, (day, acct), signed)
    balance = accounts.opening + balance.cumsum(axis=0)
    by_acct = np.argsort(acct, kind="stable")
    after = np.empty(len(kept), dtype=np.int64)
    sums, mine = np.cumsum(signed[by_acct]), acct[by_acct]
    starts = np.searchsorted(mine, mine, side="left")
    after[by_acct] = sums - sums[starts] + signed[by_acct][starts] + accounts.opening[mine]
    legs = FxLegs(
        day=day,
        serial=np.arange(len(day)) - np.searchsorted(day, day, side="left") + 1,
        acct=acct,
        sign=SIGNS[kind],
        amt=moved[kept],
        base=valued(moved[kept], rate[accounts.ccy[acct], day]),
        kind=kind,
        init=np.where(kind == IN, INIT["P"], INIT["C"]),
        is_red=np.zeros(len(kept), dtype=bool),
        second=wishes.second[kept],
        after=after,
        home_intent=wishes.intent[kept],
    )
    return FxBook(accounts, legs, balance, rate)


def summed_by_owner(book: FxBook, size: int, cents: np.ndarray, legs: np.ndarray | None = None) -> np.ndarray:
    """Cents per account, or of some legs, added up by owner.

    Args:
        book: the accounts.
        size: number of customers.
        cents: per account, or per chosen leg.
        legs: the chosen legs, None for accounts.
    """
    owner = book.accounts.owner if legs is None else book.accounts.owner[book.legs.acct[legs]]
    found = np.zeros(size, dtype=np.int64)
    np.add.at(found, owner, cents)
    return found


def never(count: int) -> np.ndarray:
    """The closing days of accounts that are never closed."""
    return np.full(count, NEVER)
