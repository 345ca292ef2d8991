"""Walking the days of companies' accounts: what must be paid is paid, what may be paid depends on what is there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.ledger import EMPTY, SMALLEST_SOFT, SOFT, Settled, interest_days

RATE_BP = 20
# A company that has to pay more than it has here brings money from another bank, in steps of ten thousand yuan.
STEP = 1_000_000
BROUGHT_RANK = 1


@dataclass(frozen=True)
class Brought:
    """Money that companies brought from their accounts elsewhere, one array element a transfer."""

    day: np.ndarray
    acct: np.ndarray
    amt: np.ndarray


def settle(
    table: dict[str, np.ndarray],
    opening: np.ndarray,
    usual: np.ndarray,
    bears: np.ndarray,
    opened: np.ndarray,
    closing: np.ndarray,
    dates: np.ndarray,
) -> tuple[Settled, Brought]:
    """Decide what each intent becomes: rigid ones are always paid, soft ones shrink and grow with the balance.

    Within a day: interest, receipts, what has to be paid (with money brought from elsewhere if needed), what may be paid,
    and the last of an account that is closed. No account is ever overdrawn.

    Args:
        table: intents of the rules FIXED, SOFT and EMPTY.
        opening: balance of each account before the first day, in cents.
        usual: the balance that an account is usually spent down to.
        bears: whether the account bears demand interest.
        opened: the day on which an account is opened.
        closing: the day on which an account is closed.
        dates: the lived days.
    """
    days = len(dates)
    other = np.maximum(table["acct2"], 0)
    day = table["day"].astype(np.int64)
    alive = (day >= 0) & (day < days) & (day <= closing[table["acct"]]) & (day >= opened[table["acct"]])
    alive &= (table["acct2"] < 0) | ((day >= opened[other]) & (day < closing[other]))
    numbers = np.flatnonzero(alive)
    numbers = numbers[np.argsort(day[numbers], kind="stable")]
    acct, acct2, amt, sign, rule = (table[name][numbers] for name in ("acct", "acct2", "amt", "sign", "rule"))
    acct, acct2 = acct.astype(np.int64), acct2.astype(np.int64)
    edges = np.searchsorted(day[numbers], np.arange(days + 1))
    accepted = np.zeros(len(day), dtype=np.int64)
    rank = np.zeros(len(day), dtype=np.int32)
    returns = (acct2 >= 0) & ~bears[acct]
    # Receipts, money brought from elsewhere, what comes back from term and margin, what must be paid, what may be paid.
    rank[numbers] = np.select([rule == EMPTY, rule == SOFT, sign > 0, returns], [5, 4, 0, 2], 3)
    bal, balance = opening.astype(np.int64).copy(), np.empty((days, len(opening)), dtype=np.int64)
    posts = set(interest_days(dates).tolist())
    since, paid, brought = 0, [], []
    for today in range(days):
        if today in posts:
            due = balance[since:today].sum(axis=0) * RATE_BP // (10_000 * 360)
            due = np.where(bears & (closing > today), due, 0)
            bal += due
            since = today
            paid.append((np.full((due > 0).sum(), today), np.flatnonzero(due), due[due > 0]))
        at = slice(edges[today], edges[today + 1])
        who, to, cents, soft = acct[at], acct2[at], amt[at], rule[at] == SOFT
        comes, rigid = sign[at] > 0, (sign[at] < 0) & (rule[at] != SOFT) & (rule[at] != EMPTY)
        np.add.at(bal, who[comes], cents[comes])
        paired = rigid & (to >= 0)
        np.add.at(bal, to[paired], cents[paired])
        np.subtract.at(bal, who[rigid], cents[rigid])
        short = np.flatnonzero(bal < 0)
        if len(short):
            help_amt = (-bal[short] // STEP + 1) * STEP
            bal[short] += help_amt
            brought.append((np.full(len(short), today), short, help_amt))
        took = np.where(comes | rigid, cents, 0)
        if soft.any():
            took += _soft(bal, usual, who, to, cents, soft)
        lasts = rule[at] == EMPTY
        took[lasts] = bal[who[lasts]]
        bal[who[lasts]] = 0
        accepted[numbers[at]] = took
        balance[today] = bal
    settled = Settled(accepted, rank, balance, *_joined(paid))
    return settled, Brought(*_joined(brought))


def _soft(
    bal: np.ndarray, usual: np.ndarray, who: np.ndarray, to: np.ndarray, cents: np.ndarray, soft: np.ndarray
) -> np.ndarray:
    """What is paid of the soft intents of one day; balances are changed in place."""
    wish = np.zeros(len(bal), dtype=np.int64)
    np.add.at(wish, who[soft], cents[soft])
    pull = np.minimum(np.clip(bal / usual, 0.3, 8), bal * 0.8 / np.maximum(wish, 1))
    some = np.where(soft, (cents * pull[who]).astype(np.int64), 0)
    some[some < SMALLEST_SOFT] = 0
    np.subtract.at(bal, who, some)
    paired = to >= 0
    np.add.at(bal, to[paired], some[paired])
    return some


def _joined(parts: list[tuple[np.ndarray, ...]]) -> list[np.ndarray]:
    """Columns of all parts, one behind the other."""
    if not parts:
        return [np.empty(0, dtype=np.int64) for _ in range(3)]
    return [np.concatenate(column) for column in zip(*parts, strict=True)]
