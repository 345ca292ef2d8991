"""What customers are paid and what they spend: wages, pensions, income, spending, own transfers, fees, reversals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.accounts import Accounts
from tagmart.synth.calendar import Horizon
from tagmart.synth.ledger import (
    ACCOUNT,
    BANK,
    CAPPED,
    CASH,
    CHANNEL,
    EMPLOYER,
    EMPTY,
    GOVERNMENT,
    INIT,
    MERCHANT,
    MIRROR,
    MODE,
    PERSON,
    PURPOSE,
    SAME_NAME,
    SECURITIES,
    SOFT,
    THIRD_PAY,
    Intents,
)
from tagmart.synth.population import ACTIVE, DORMANT, LOW, NEVER, Population

# Spending: channel, mode, purpose, counterparty, share of the count, share of the amount.
SPENDING = (
    ("qpay", "transfer", "consume", THIRD_PAY, 0.70, 0.20),
    ("mbank", "transfer", "transfer", PERSON, 0.09, 0.30),
    ("mbank", "transfer", "transfer", SAME_NAME, 0.02, 0.10),
    ("pos", "transfer", "consume", MERCHANT, 0.07, 0.06),
    ("atm", "cash", "transfer", CASH, 0.035, 0.05),
    ("counter", "cash", "transfer", CASH, 0.025, 0.20),
    ("smart", "transfer", "transfer", PERSON, 0.01, 0.02),
    ("ebank", "transfer", "transfer", PERSON, 0.01, 0.02),
    ("mbank", "transfer", "household", GOVERNMENT, 0.02, 0.01),
    ("mbank", "transfer", "tax", GOVERNMENT, 0.003, 0.01),
    ("mbank", "transfer", "insurance", GOVERNMENT, 0.003, 0.005),
    ("phone", "transfer", "transfer", PERSON, 0.002, 0.002),
    ("agent", "cash", "transfer", CASH, 0.004, 0.003),
    ("mbank", "transfer", "transfer", SECURITIES, 0.005, 0.02),
    ("other", "other", "other", PERSON, 0.003, 0.0),
)
# Income from outside: channel, mode, purpose, counterparty, initiator, share of the count.
INCOME = (
    ("batch", "transfer", "transfer", PERSON, "P", 0.40),
    ("batch", "transfer", "transfer", SAME_NAME, "P", 0.18),
    ("atm", "cash", "transfer", CASH, "C", 0.12),
    ("counter", "cash", "transfer", CASH, "C", 0.12),
    ("batch", "transfer", "transfer", THIRD_PAY, "P", 0.14),
    ("batch", "transfer", "transfer", SECURITIES, "P", 0.04),
)
PAY_TYPES = ("wage", "bonus", "pension")
REVERSAL_SHARE, FAILED_PAY_SHARE = 0.002, 0.003
PERSONS, MERCHANTS = 400, 120
SMS_FEE = 200


@dataclass(frozen=True)
class Payments:
    """Agency payments, one array element a payment; `intent` is the core entry, -1 where the payment failed."""

    payee: np.ndarray
    employer: np.ndarray
    day: np.ndarray
    amt: np.ndarray
    pay_type: np.ndarray
    intent: np.ndarray


def season(horizon: Horizon, is_cash: bool) -> np.ndarray:
    """How much more is spent on a day than on an ordinary one: Singles' Day, and cash before Spring Festival."""
    dates, offset = horizon.dates[: horizon.size], horizon.table.festival_offset[: horizon.size]
    month = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (dates - dates.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1
    weight = np.ones(horizon.size)
    weight[(month == 11) & (day == 11)] = 1.6
    if is_cash:
        weight[(offset >= -7) & (offset < 0)] = 2.5
    return weight


def _draw_days(rng: np.random.Generator, weight: np.ndarray, count: int) -> np.ndarray:
    edges = np.cumsum(weight / weight.sum())
    return np.minimum(np.searchsorted(edges, rng.random(count)), len(weight) - 1)


def add_pay(
    rng: np.random.Generator, intents: Intents, people: Population, accounts: Accounts, horizon: Horizon
) -> Payments:
    """Wages, year-end bonuses and pensions, on the workday before where the pay day is not worked."""
    payees = np.flatnonzero((people.employer >= 0) | people.is_pension)
    months = np.arange(horizon.months)
    payee = np.repeat(payees, horizon.months)
    month = np.tile(months, len(payees))
    usual = horizon.month_first[month] + people.pay_day[payee] - 1
    day = horizon.workday_before(usual)
    amt = people.income[payee] * rng.normal(1, 0.02, len(payee)) // 100 * 100
    calendar_month = (horizon.origin.astype("datetime64[M]").astype(np.int64) + month) % 12 + 1
    kind = np.where(people.is_pension[payee], 2, 0)
    bonus = (kind == 0) & (calendar_month == 1) & (people.employer[payee] % 3 != 0)
    payee, day, kind = np.r_[payee, payee[bonus]], np.r_[day, day[bonus]], np.r_[kind, np.ones(bonus.sum(), int)]
    amt = np.r_[
        amt,
        (people.income[payee[-bonus.sum() :]] * rng.uniform(0.8, 3, bonus.sum())) // 100 * 100 if bonus.any() else [],
    ]
    keep = (
        (day >= np.maximum(people.pay_from[payee], people.open_day[payee])) & (day < people.pay_to[payee]) & (day >= 0)
    )
    payee, day, kind, amt = payee[keep], day[keep], kind[keep], amt[keep].astype(np.int64)
    failed = rng.random(len(payee)) < FAILED_PAY_SHARE
    good = np.flatnonzero(~failed)
    intent = np.full(len(payee), -1, dtype=np.int64)
    is_pension = kind[good] == 2
    intent[good] = intents.add(
        day=day[good],
        acct=accounts.first[payee[good]],
        amt=amt[good],
        sign=1,
        channel=CHANNEL["batch"],
        init=INIT["P"],
        purpose=np.where(is_pension, PURPOSE["pension"], PURPOSE["wage"]),
        cp_kind=np.where(is_pension, GOVERNMENT, EMPLOYER),
        cp_ref=np.maximum(people.employer[payee[good]], 0),
        second=9 * 3600 + rng.integers(0, 3600, len(good)),
    )
    _spend_pay(rng, intents, people, accounts, payee[good], day[good], amt[good])
    return Payments(payee, np.where(kind == 2, -1, people.employer[payee]), day, amt, kind, intent)


def _spend_pay(
    rng: np.random.Generator,
    intents: Intents,
    people: Population,
    accounts: Accounts,
    payee: np.ndarray,
    day: np.ndarray,
    amt: np.ndarray,
) -> None:
    """A good part of the pay leaves within days: to the own account elsewhere, to wallets, to others."""
    for part, channel, counterparty, share in (
        (0.65, "mbank", SAME_NAME, 0.34),
        (0.6, "qpay", THIRD_PAY, 0.16),
        (0.35, "mbank", PERSON, 0.2),
    ):
        who = np.flatnonzero(rng.random(len(payee)) < part)
        cents = (amt[who] * share * rng.uniform(0.7, 1.3, len(who))).astype(np.int64) // 10_000 * 10_000
        some = cents > 0
        who, cents = who[some], cents[some]
        intents.add(
            day=day[who] + rng.integers(0, 6, len(who)),
            acct=accounts.first[payee[who]],
            amt=cents,
            sign=-1,
            rule=CAPPED,
            channel=CHANNEL[channel],
            init=INIT["C"],
            purpose=PURPOSE["transfer"],
            cp_kind=counterparty,
            cp_ref=rng.integers(0, PERSONS, len(who)),
        )


def _movers(people: Population) -> np.ndarray:
    return np.flatnonzero((people.band > 0) & people.has_account)


def add_income(
    rng: np.random.Generator, intents: Intents, people: Population, accounts: Accounts, horizon: Horizon
) -> None:
    """Credits from outside for those who have a wage elsewhere, trade, or bring cash."""
    who = _movers(people)
    rate = np.select([people.activity[who] == ACTIVE, people.activity[who] == LOW], [2.6, 0.6], 0.3)
    paid = (people.employer[who] >= 0) | people.is_pension[who]
    rate = np.where(paid, rate * 0.35, rate)
    count = rng.poisson(rate * horizon.months)
    owner = np.repeat(who, count)
    share = 1 / np.maximum(rate, 1)
    amt = (
        people.income[owner]
        * np.repeat(np.where(paid, 0.25, 1.0) * share, count)
        * rng.lognormal(-0.25, 0.7, len(owner))
    )
    kind = rng.choice(len(INCOME), len(owner), p=[line[5] for line in INCOME])
    lookup = [
        np.array(column)[kind]
        for column in (
            [CHANNEL[line[0]] for line in INCOME],
            [MODE[line[1]] for line in INCOME],
            [PURPOSE[line[2]] for line in INCOME],
            [line[3] for line in INCOME],
            [INIT[line[4]] for line in INCOME],
        )
    ]
    cents = np.maximum(amt.astype(np.int64) // 1000 * 1000, 1000)
    cents = np.where(lookup[1] == MODE["cash"], np.maximum(cents // 10_000 * 10_000, 10_000), cents)
    intents.add(
        day=_draw_days(rng, np.ones(horizon.size), len(owner)),
        acct=accounts.first[owner],
        amt=cents,
        sign=1,
        channel=lookup[0],
        mode=lookup[1],
        purpose=lookup[2],
        cp_kind=lookup[3],
        init=lookup[4],
        cp_ref=rng.integers(0, PERSONS, len(owner)),
    )


def add_spending(
    rng: np.random.Generator, intents: Intents, people: Population, accounts: Accounts, horizon: Horizon
) -> None:
    """Everyday spending, quick pay by far the most often; some small single-leg payments are undone again."""
    who = _movers(people)
    rate = np.select(
        [people.activity[who] == ACTIVE, people.activity[who] == LOW], [rng.gamma(6, 3.6, len(who)), 2.0], 1.5
    )
    count = rng.poisson(rate * horizon.months)
    owner = np.repeat(who, count)
    shares = np.array([line[4] for line in SPENDING])
    kind = rng.choice(len(SPENDING), len(owner), p=shares / shares.sum())
    mean = (np.array([line[5] for line in SPENDING]) + 1e-3) / shares
    paid = people.employer[who] >= 0
    per_leg = people.income[who] * np.where(paid, 0.5, 0.9) / np.maximum(rate, 1)
    amt = np.repeat(per_leg, count) * mean[kind] * rng.lognormal(-0.3, 0.8, len(owner))
    is_cash = np.array([line[1] == "cash" for line in SPENDING])[kind]
    day = np.where(
        is_cash, _draw_days(rng, season(horizon, True), len(owner)), _draw_days(rng, season(horizon, False), len(owner))
    )
    lookup = [
        np.array(column)[kind]
        for column in (
            [CHANNEL[line[0]] for line in SPENDING],
            [MODE[line[1]] for line in SPENDING],
            [PURPOSE[line[2]] for line in SPENDING],
            [line[3] for line in SPENDING],
        )
    ]
    use_second = (accounts.second[owner] >= 0) & (rng.random(len(owner)) < 0.25) & (lookup[0] == CHANNEL["qpay"])
    acct = np.where(use_second, accounts.second[owner], accounts.first[owner])
    cp_ref = np.where(
        lookup[3] == MERCHANT, rng.integers(0, MERCHANTS, len(owner)), rng.integers(0, PERSONS, len(owner))
    )
    spent = {
        "channel": lookup[0],
        "mode": lookup[1],
        "purpose": lookup[2],
        "cp_kind": lookup[3],
        "init": np.full(len(owner), INIT["C"]),
        "acct": acct,
        "cp_ref": cp_ref,
    }
    numbers = intents.add(day=day, amt=np.maximum(amt.astype(np.int64), 150), sign=-1, rule=SOFT, **spent)
    undone = np.flatnonzero((rng.random(len(owner)) < REVERSAL_SHARE) & ~is_cash)
    delay = np.where(rng.random(len(undone)) < 0.6, 0, rng.integers(1, 4, len(undone)))
    intents.add(
        day=day[undone] + delay,
        amt=1,
        sign=1,
        rule=MIRROR,
        parent=numbers[undone],
        **{name: column[undone] for name, column in spent.items()},
    )


def add_own_transfers(
    rng: np.random.Generator, intents: Intents, people: Population, accounts: Accounts, horizon: Horizon
) -> None:
    """Between the two demand accounts of a customer, and to other customers of the bank: both legs."""
    two = np.flatnonzero(accounts.second >= 0)
    owner = np.repeat(two, rng.poisson(3.6 * horizon.months, len(two)))
    there = rng.random(len(owner)) < 0.62
    first, second = accounts.first[owner], accounts.second[owner]
    cents = (people.income[owner] * 0.08 * rng.lognormal(-0.3, 0.8, len(owner))).astype(np.int64) // 1000 * 1000 + 1000
    intents.add(
        day=_draw_days(rng, np.ones(horizon.size), len(owner)),
        acct=np.where(there, first, second),
        acct2=np.where(there, second, first),
        amt=cents,
        sign=-1,
        rule=SOFT,
        channel=CHANNEL["mbank"],
        init=INIT["C"],
        purpose=PURPOSE["transfer"],
        cp_kind=ACCOUNT,
    )
    payers = np.flatnonzero((people.activity == ACTIVE) & (people.band > 0) & people.has_account)
    owner = np.repeat(payers, rng.poisson(0.6 * horizon.months, len(payers)))
    other = rng.choice(payers, len(owner))
    some = owner != other
    owner, other = owner[some], other[some]
    cents = (people.income[owner] * 0.06 * rng.lognormal(-0.3, 0.8, len(owner))).astype(np.int64) // 1000 * 1000 + 1000
    intents.add(
        day=_draw_days(rng, np.ones(horizon.size), len(owner)),
        acct=accounts.first[owner],
        acct2=accounts.first[other],
        amt=cents,
        sign=-1,
        rule=SOFT,
        channel=CHANNEL["mbank"],
        init=INIT["C"],
        purpose=PURPOSE["transfer"],
        cp_kind=ACCOUNT,
    )


def add_fees(intents: Intents, people: Population, accounts: Accounts, has_sms: np.ndarray, horizon: Horizon) -> None:
    """Two yuan a month for text messages, taken by the bank."""
    who = np.flatnonzero(has_sms & (people.band > 0))
    owner = np.repeat(who, horizon.months)
    intents.add(
        day=np.tile(horizon.month_first[:-1] + 24, len(who)),
        acct=accounts.first[owner],
        amt=SMS_FEE,
        sign=-1,
        channel=CHANNEL["batch"],
        purpose=PURPOSE["fee"],
        init=INIT["B"],
        cp_kind=BANK,
        mode=MODE["other"],
    )


def add_arrivals(intents: Intents, people: Population, accounts: Accounts) -> None:
    """Customers who join during the world bring their money on the first day, at the counter."""
    new = np.flatnonzero((people.open_day >= 0) & people.has_account & (people.wealth > 0))
    intents.add(
        day=people.open_day[new],
        acct=accounts.first[new],
        amt=people.wealth[new],
        sign=1,
        channel=CHANNEL["counter"],
        purpose=PURPOSE["transfer"],
        init=np.where(people.wealth[new] > 5_000_000, INIT["P"], INIT["C"]),
        mode=np.where(people.wealth[new] > 5_000_000, MODE["transfer"], MODE["cash"]),
        cp_kind=np.where(people.wealth[new] > 5_000_000, SAME_NAME, CASH),
    )


def add_closures(intents: Intents, people: Population, accounts: Accounts) -> None:
    """Customers who close their only account take everything in cash."""
    who = np.flatnonzero((people.closing_day < NEVER) & people.has_account)
    intents.add(
        day=people.closing_day[who],
        acct=accounts.first[who],
        amt=1,
        sign=-1,
        rule=EMPTY,
        channel=CHANNEL["counter"],
        mode=MODE["cash"],
        purpose=PURPOSE["transfer"],
        init=INIT["C"],
    )


def add_big_moves(
    rng: np.random.Generator, intents: Intents, people: Population, accounts: Accounts, horizon: Horizon
) -> np.ndarray:
    """Large movements in the last 45 days of the world, to find again: returns their intent numbers."""
    fits = np.flatnonzero((people.band >= 3) & (people.activity != DORMANT) & (people.open_day < horizon.size - 90))
    chosen = rng.permutation(fits)[: max(2, round(people.size * 0.012))]
    day = rng.integers(horizon.size - 45, horizon.size, len(chosen))
    cents = (people.wealth[chosen] * rng.uniform(0.3, 1.2, len(chosen))).astype(
        np.int64
    ) // 1_000_000 * 1_000_000 + 1_000_000
    comes = intents.add(
        day=day,
        acct=accounts.first[chosen],
        amt=cents,
        sign=1,
        channel=CHANNEL["batch"],
        purpose=PURPOSE["transfer"],
        init=INIT["P"],
        cp_kind=SAME_NAME,
    )
    leaves = np.flatnonzero(rng.random(len(chosen)) < 0.5)
    goes = intents.add(
        day=day[leaves] + rng.integers(1, 12, len(leaves)),
        acct=accounts.first[chosen[leaves]],
        amt=cents[leaves] * 9 // 10,
        sign=-1,
        channel=CHANNEL["mbank"],
        purpose=PURPOSE["transfer"],
        init=INIT["C"],
        cp_kind=SAME_NAME,
        parent=comes[leaves],
    )
    return np.r_[comes, goes]
