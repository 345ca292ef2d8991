"""The core ledger: what customers mean to do (intents), and what the balances let them do (legs).

Intents are made for the whole world at once; one pass over the days settles them, so that no demand account is ever
overdrawn and every balance is the balance of the day before plus the legs of the day, to the cent.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

CHANNELS = ("mbank", "ebank", "counter", "smart", "atm", "pos", "qpay", "phone", "agent", "batch", "other", "direct")
MODES = ("cash", "transfer", "other")
PURPOSES = (
    "wage",
    "pension",
    "interest",
    "fee",
    "penalty",
    "insurance",
    "household",
    "loan",
    "invest",
    "tax",
    "consume",
    "transfer",
    "other",
)
INITS = ("C", "P", "B", "S")
CHANNEL = {name: at for at, name in enumerate(CHANNELS)}
MODE = {name: at for at, name in enumerate(MODES)}
PURPOSE = {name: at for at, name in enumerate(PURPOSES)}
INIT = {name: at for at, name in enumerate(INITS)}

# Counterparties. BANK is the bank's own books, ACCOUNT another account of the bank (the second leg), OWN_FX the owner's
# account in foreign currency (the second leg is in another ledger).
CASH, BANK, ACCOUNT, SAME_NAME, PERSON, THIRD_PAY, SECURITIES, FUND, GOVERNMENT, MERCHANT, EMPLOYER, OWN_FX = range(12)

# How an amount meets a balance: FIXED goes in whole or not at all, SOFT shrinks with the balance, CAPPED takes at most
# what is there, MIRROR undoes its parent, EMPTY takes everything.
FIXED, SOFT, CAPPED, MIRROR, EMPTY = range(5)
ORDER_CREDIT, ORDER_RIGID, ORDER_SOFT, ORDER_MIRROR, ORDER_EMPTY = range(5)

DEMAND_RATE_BP = 5
SMALLEST_SOFT = 100
# A second of the day that is drawn when the legs are made; real ones may be negative: the evening before the posting.
DRAWN = -1_000_000
LATE_SHARE = 0.03

_COLUMNS = (
    "day",
    "acct",
    "amt",
    "sign",
    "rule",
    "order",
    "parent",
    "acct2",
    "channel",
    "mode",
    "purpose",
    "init",
    "cp_kind",
    "cp_ref",
    "second",
)
# Narrow types keep a block small in memory; multiply days only after widening them.
_TYPES = dict.fromkeys(
    ("day", "acct", "parent", "acct2", "cp_ref", "second", "serial", "cp_acct"), np.int32
) | dict.fromkeys(("sign", "rule", "order", "channel", "mode", "purpose", "init", "cp_kind", "leg"), np.int8)
_TYPES |= {"orig_day": np.int32, "orig_serial": np.int32, "intent": np.int32, "is_red": np.bool_}
_DEFAULTS = {
    "rule": FIXED,
    "parent": -1,
    "acct2": -1,
    "cp_kind": CASH,
    "cp_ref": 0,
    "mode": MODE["transfer"],
    "second": DRAWN,
}


def _column(name: str, values: object, count: int) -> np.ndarray:
    """A column of intents or legs in its own type, of `count` elements."""
    return np.broadcast_to(np.asarray(values, dtype=_TYPES.get(name, np.int64)), (count,)).copy()


@dataclass
class Intents:
    """What is meant to happen on accounts; every `add` is one batch of equal kind."""

    batches: list[dict[str, np.ndarray]] = field(default_factory=list)
    size: int = 0

    def add(self, **columns: object) -> np.ndarray:
        """Add intents and return their numbers.

        Args:
            columns: arrays or single values: day, acct, amt (cents, positive), sign (1 in, -1 out), channel, purpose,
                init, and as wanted rule, order, parent (the intent without which this one does not happen), acct2 (the other
                account of a transaction with two legs), mode, cp_kind, cp_ref, second (of the day; DRAWN draws one).
        """
        count = len(np.asarray(columns["day"]))
        batch = {}
        for name in _COLUMNS:
            if name == "order":
                continue
            batch[name] = _column(name, columns.get(name, _DEFAULTS.get(name)), count)
        usual = np.select(
            [batch["rule"] == MIRROR, batch["rule"] == EMPTY, batch["rule"] != FIXED, batch["sign"] < 0],
            [ORDER_MIRROR, ORDER_EMPTY, ORDER_SOFT, ORDER_RIGID],
            ORDER_CREDIT,
        )
        batch["order"] = _column("order", columns.get("order", usual), count)
        self.batches.append(batch)
        numbers = np.arange(self.size, self.size + count)
        self.size += count
        return numbers

    def table(self) -> dict[str, np.ndarray]:
        """All intents as columns."""
        return {name: np.concatenate([batch[name] for batch in self.batches]) for name in _COLUMNS}


@dataclass(frozen=True)
class Settled:
    """The outcome: `accepted` cents per intent number, balances per day and account, and interest legs.

    `rank` says per intent number how early in its day it was posted: in that order no balance ever falls below zero.
    """

    accepted: np.ndarray
    rank: np.ndarray
    balance: np.ndarray
    interest_day: np.ndarray
    interest_acct: np.ndarray
    interest_amt: np.ndarray


def interest_days(dates: np.ndarray) -> np.ndarray:
    """Indexes of the 21st of quarter-end months: interest is settled on the 20th and posted the day after."""
    month = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (dates - dates.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1
    return np.flatnonzero((month % 3 == 0) & (day == 21))


def _ranks(day: np.ndarray, acct: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The position of each intent among those of its account and day."""
    sort = np.lexsort((order, acct, day))
    key = day[sort].astype(np.int64) * (int(acct.max(initial=0)) + 1) + acct[sort]
    starts = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
    lengths = np.diff(np.r_[starts, len(key)])
    ranks = np.empty(len(day), dtype=np.int64)
    ranks[sort] = np.arange(len(key)) - np.repeat(starts, lengths)
    return ranks


def settle(
    table: dict[str, np.ndarray],
    opening: np.ndarray,
    usual: np.ndarray,
    bears: np.ndarray,
    opened: np.ndarray,
    closing: np.ndarray,
    dates: np.ndarray,
) -> Settled:
    """Walk the days and decide what each intent becomes.

    Args:
        table: the intents.
        opening: balance of each account before the first day, in cents.
        usual: the balance that an account is usually spent down to: soft spending grows above it and shrinks below it.
        bears: whether the account bears demand interest.
        opened: the day on which an account is opened.
        closing: the day on which an account is closed.
        dates: the lived days.
    """
    days, size = len(dates), len(opening)
    alive = (table["day"] >= 0) & (table["day"] < days) & (table["day"] <= closing[table["acct"]])
    alive &= table["day"] >= opened[table["acct"]]
    alive &= (table["acct2"] < 0) | (table["day"] >= opened[np.maximum(table["acct2"], 0)])
    # Nothing comes from another account on the day on which everything is taken.
    alive &= (table["acct2"] < 0) | (table["day"] < closing[np.maximum(table["acct2"], 0)])
    numbers = np.flatnonzero(alive)
    day, acct, rule, sign = (table[name][numbers] for name in ("day", "acct", "rule", "sign"))
    ranks = _ranks(day, acct, table["order"][numbers])
    rank_of = np.zeros(len(table["day"]), dtype=np.int32)
    rank_of[numbers] = ranks
    sort = np.lexsort((acct, ranks, day))
    numbers, day, acct, rule, sign, ranks = (column[sort] for column in (numbers, day, acct, rule, sign, ranks))
    amt, parent, acct2 = table["amt"][numbers], table["parent"][numbers], table["acct2"][numbers]
    key = day.astype(np.int64) * (int(ranks.max(initial=0)) + 1) + ranks
    starts = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
    ends = np.r_[starts[1:], len(key)]
    first_group = np.searchsorted(day[starts], np.arange(days + 1))
    # The extra element answers for parent -1.
    accepted = np.zeros(len(table["day"]) + 1, dtype=np.int64)
    accepted[-1] = 1
    bal = opening.astype(np.int64).copy()
    balance = np.empty((days, size), dtype=np.int64)
    posts = set(interest_days(dates).tolist())
    since, paid = 0, []
    for today in range(days):
        if today in posts:
            sums = balance[since:today].sum(axis=0)
            due = np.where(bears & (closing > today), sums * DEMAND_RATE_BP // (10_000 * 360), 0)
            bal += due
            since = today
            paid.append((today, np.flatnonzero(due > 0), due[due > 0]))
        for group in range(first_group[today], first_group[today + 1]):
            at = slice(starts[group], ends[group])
            _post(at, numbers, acct, acct2, amt, sign, rule, parent, accepted, bal, usual)
        balance[today] = bal
    return Settled(
        accepted[:-1],
        rank_of,
        balance,
        np.concatenate([np.full(len(who), when) for when, who, _ in paid] or [np.empty(0, int)]),
        np.concatenate([who for _, who, _ in paid] or [np.empty(0, int)]),
        np.concatenate([cents for _, _, cents in paid] or [np.empty(0, int)]),
    )


def _post(
    at: slice,
    numbers: np.ndarray,
    acct: np.ndarray,
    acct2: np.ndarray,
    amt: np.ndarray,
    sign: np.ndarray,
    rule: np.ndarray,
    parent: np.ndarray,
    accepted: np.ndarray,
    bal: np.ndarray,
    usual: np.ndarray,
) -> None:
    """Settle one group of intents: one day, and no account twice."""
    who, how, direction = acct[at], rule[at], sign[at]
    there = bal[who]
    before = accepted[parent[at]]
    cents = amt[at]
    soft = how == SOFT
    if soft.any():
        pull = np.clip(there / usual[who], 0.3, 2.5)
        cents = np.where(soft, np.minimum((cents * pull).astype(np.int64), there * 8 // 10), cents)
        cents = np.where(soft & (cents < SMALLEST_SOFT), 0, cents)
    cents = np.where(how == CAPPED, np.minimum(cents, there * 95 // 100), cents)
    cents = np.where(how == MIRROR, before, cents)
    cents = np.where(how == EMPTY, there, cents)
    takes = (before > 0) & (cents > 0) & ((direction > 0) | (cents <= there))
    cents = np.where(takes, cents, 0)
    accepted[numbers[at]] = cents
    bal[who] = there + direction * cents
    other = acct2[at]
    if (other >= 0).any():
        pairs = other >= 0
        np.subtract.at(bal, other[pairs], (direction * cents)[pairs])


@dataclass(frozen=True)
class Legs:
    """Posted legs in the order of their numbers. `serial` is the transaction's number within its day, from 1.

    Attributes:
        amt: cents, negative for a red entry; sign: 1 for money in (of the entry that a red one undoes).
        cp_acct: index of the counterparty account at this bank, -1 without.
        orig_day, orig_serial: the transaction that a red entry undoes, -1 without.
        intent: number of the intent, -1 for interest.
        after: cents on the account once the leg is posted; legs of a day are posted in the order of their numbers.
    """

    day: np.ndarray
    serial: np.ndarray
    leg: np.ndarray
    acct: np.ndarray
    sign: np.ndarray
    amt: np.ndarray
    channel: np.ndarray
    mode: np.ndarray
    purpose: np.ndarray
    init: np.ndarray
    cp_kind: np.ndarray
    cp_ref: np.ndarray
    cp_acct: np.ndarray
    is_red: np.ndarray
    orig_day: np.ndarray
    orig_serial: np.ndarray
    second: np.ndarray
    intent: np.ndarray
    after: np.ndarray


def _running(acct: np.ndarray, signed: np.ndarray, final: np.ndarray) -> np.ndarray:
    """The balance after each leg, from the balances after the last one."""
    order = np.argsort(acct, kind="stable")
    sums, mine = np.cumsum(signed[order]), acct[order]
    ends = np.flatnonzero(np.r_[mine[1:] != mine[:-1], True][-len(mine) :]) if len(mine) else np.empty(0, np.int64)
    offset = np.zeros(len(final), dtype=np.int64)
    offset[mine[ends]] = final[mine[ends]] - sums[ends]
    after = np.empty(len(acct), dtype=np.int64)
    after[order] = sums + offset[mine]
    return after


def make_legs(table: dict[str, np.ndarray], done: Settled, owner: np.ndarray, rng: np.random.Generator) -> Legs:
    """Legs of everything that was accepted: two for a transaction between accounts of the bank, else one."""
    took = np.flatnonzero(done.accepted > 0)
    count, bonus = len(took), len(done.interest_day)
    day = np.r_[table["day"][took], done.interest_day]
    order = np.lexsort((np.r_[took, np.arange(bonus)], np.r_[done.rank[took], np.full(bonus, -1)], day))
    starts = np.searchsorted(day[order], day[order], side="left")
    serial = np.empty(count + bonus, dtype=np.int64)
    serial[order] = np.arange(count + bonus) - starts + 1
    fill = {
        "channel": CHANNEL["batch"],
        "mode": MODE["transfer"],
        "purpose": PURPOSE["interest"],
        "init": INIT["B"],
        "cp_kind": BANK,
    }
    both = {name: np.r_[table[name][took], np.full(bonus, value)] for name, value in fill.items()}
    both |= {name: np.r_[table[name][took], np.zeros(bonus, int)] for name in ("cp_ref",)}
    both |= {name: np.r_[table[name][took], np.full(bonus, -1)] for name in ("acct2", "parent")}
    second = np.r_[table["second"][took], np.full(bonus, DRAWN)]
    red = np.r_[table["rule"][took] == MIRROR, np.zeros(bonus, bool)]
    sign = np.r_[table["sign"][took], np.ones(bonus, int)]
    amt = np.r_[done.accepted[took], done.interest_amt]
    place = np.full(len(table["day"]) + 1, -1, dtype=np.int64)
    place[took] = np.arange(count)
    original = place[np.where(red, both["parent"], -1)]
    drawn = rng.integers(8 * 3600, 22 * 3600, count + bonus)
    late = (both["init"] == INIT["C"]) & np.isin(both["channel"], (CHANNEL["mbank"], CHANNEL["qpay"])) & ~red
    late &= rng.random(count + bonus) < LATE_SHARE
    drawn = np.where(late, -rng.integers(1, 3600, count + bonus), drawn)
    base = {
        "day": day,
        "serial": serial,
        "leg": np.ones(count + bonus, int),
        "acct": np.r_[table["acct"][took], done.interest_acct],
        "sign": np.where(red, -sign, sign),
        "amt": np.where(red, -amt, amt),
        "cp_acct": both["acct2"],
        "is_red": red,
        "orig_day": np.where(red, day[original], -1),
        "orig_serial": np.where(red, serial[original], -1),
        "second": np.where(second == DRAWN, drawn, second),
        "intent": np.r_[took, np.full(bonus, -1)],
    } | {name: both[name] for name in ("channel", "mode", "purpose", "init", "cp_kind", "cp_ref")}
    pairs = np.flatnonzero(both["acct2"] >= 0)
    other = {name: column[pairs] for name, column in base.items()}
    stranger = owner[other["acct"]] != owner[other["cp_acct"]]
    # Who receives from another customer did not act: the payer did.
    other["init"] = np.where(stranger & (other["init"] == INIT["C"]), INIT["P"], other["init"])
    other |= {"leg": other["leg"] + 1, "sign": -other["sign"], "acct": other["cp_acct"], "cp_acct": other["acct"]}
    whole = {name: np.r_[base[name], other[name]] for name in base}
    last = np.lexsort((whole["leg"], whole["serial"], whole["day"]))
    signed = (whole["amt"] * whole["sign"])[last].astype(np.int64)
    whole["after"] = np.empty(len(last), dtype=np.int64)
    whole["after"][last] = _running(whole["acct"][last], signed, done.balance[-1])
    return Legs(**{name: _column(name, column[last], len(last)) for name, column in whole.items()})
