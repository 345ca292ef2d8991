"""What is posted on credit cards: the kinds of entries, and one month of spending."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

KINDS = ("spend", "cash", "repay", "fee", "int", "refund")
SPEND, CASH, REPAY, FEE, INT, REFUND = range(6)
# 1: the customer owes more; -1: less.
SIGNS = np.array((1, 1, -1, 1, 1, -1))
CHANNELS = ("pos", "qpay", "ebank", "atm", "batch", "other")
POS, QPAY, EBANK, ATM, BATCH, OTHER = range(6)
COUNTRIES = ("CHN", "HKG", "JPN", "THA", "USA")
ABROAD_SHARE, REFUND_SHARE = 0.012, 0.012
# Merchant category, share of the count, usual ticket in yuan.
TICKETS = (
    ("5812", 0.18, 90), ("5411", 0.17, 110), ("5311", 0.08, 400), ("5541", 0.08, 280), ("4121", 0.06, 30),
    ("5912", 0.05, 80), ("7011", 0.03, 600), ("4511", 0.02, 1200), ("5651", 0.07, 350), ("5732", 0.03, 1900),
    ("8220", 0.01, 3000), ("8062", 0.03, 500), ("4814", 0.04, 80), ("5816", 0.05, 30), ("7832", 0.03, 90),
    ("5499", 0.07, 50),
)  # fmt: skip
MCCS = tuple(line[0] for line in TICKETS)
CASH_MCC, NO_MCC, CASH_CODE = len(MCCS), -1, "6011"
INSTAL_LEAST, INSTAL_SHARE, INSTAL_TERMS = 200_000, 0.5, (3, 6, 12)


@dataclass(frozen=True)
class Entries:
    """Entries, one array element each, in cents without sign; the order is that of days and seconds.

    Attributes:
        mcc: an index of MCCS, CASH_MCC or NO_MCC; country: of COUNTRIES; instal: belongs to an instalment plan.
        place: the number of the shop at another bank; intent: of the payment from the own account, -1 without.
    """

    card: np.ndarray
    day: np.ndarray
    second: np.ndarray
    amt: np.ndarray
    kind: np.ndarray
    mcc: np.ndarray
    channel: np.ndarray
    country: np.ndarray
    instal: np.ndarray
    place: np.ndarray
    intent: np.ndarray

    @property
    def signed(self) -> np.ndarray:
        """Cents by which the debt grows."""
        return self.amt * SIGNS[self.kind]

    def taken(self, at: np.ndarray) -> Entries:
        """The entries of some places."""
        return Entries(**{name: column[at] for name, column in self.__dict__.items()})


_TYPES = {
    "card": np.int32, "day": np.int32, "second": np.int32, "amt": np.int64, "kind": np.int8, "mcc": np.int8,
    "channel": np.int8, "country": np.int8, "instal": np.bool_, "place": np.int32, "intent": np.int32,
}  # fmt: skip


def entries(card: np.ndarray, day: object, amt: object, kind: int, **more: object) -> Entries:
    """Entries of one kind; what is not said is as of something that the bank posts itself at night."""
    usual = {"second": 0, "mcc": NO_MCC, "channel": BATCH, "country": 0, "instal": False, "place": 0, "intent": -1}
    values = {"card": card, "day": day, "amt": amt, "kind": kind, **usual, **more}
    return Entries(
        **{
            field.name: np.broadcast_to(np.asarray(values[field.name], dtype=_TYPES[field.name]), (len(card),)).copy()
            for field in fields(Entries)
        }
    )


def joined(parts: list[Entries]) -> Entries:
    """Entries one after the other."""
    return Entries(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in parts[0].__dict__})


def spending(
    rng: np.random.Generator, target: np.ndarray, likes_instal: np.ndarray, takes_cash: np.ndarray, first: int, end: int
) -> Entries:
    """A month's purchases, cash and refunds.

    Args:
        rng: random numbers.
        target: cents that each card is to spend; 0 for none.
        likes_instal, takes_cash: cards that do so.
        first, end: the month's first day and the day after its last.
    """
    count = np.where(target > 0, rng.poisson(np.clip(target / 25_000, 2, 14)) + 1, 0)
    card = np.repeat(np.arange(len(target)), count)
    size = len(card)
    mcc = rng.choice(len(MCCS), size, p=np.array([line[1] for line in TICKETS]))
    weight = np.array([line[2] for line in TICKETS])[mcc] * rng.lognormal(0, 0.6, size)
    amt = (target[card] * (weight / np.bincount(card, weight, minlength=len(target))[card])).astype(np.int64)
    cash = takes_cash[card] & (rng.random(size) < 0.12)
    amt = np.where(cash, amt // 10_000 * 10_000, amt)
    abroad = (rng.random(size) < ABROAD_SHARE) & ~cash
    bought = entries(
        card,
        rng.integers(first, end, size),
        amt,
        SPEND,
        second=rng.integers(8 * 3600, 23 * 3600, size),
        mcc=np.where(cash, CASH_MCC, mcc),
        channel=np.select([cash, abroad], [ATM, POS], rng.choice((POS, QPAY, EBANK), size, p=(0.36, 0.59, 0.05))),
        country=np.where(abroad, rng.integers(1, len(COUNTRIES), size), 0),
        instal=likes_instal[card] & (amt >= INSTAL_LEAST) & ~cash & (rng.random(size) < INSTAL_SHARE),
        place=rng.integers(0, 200, size),
    )
    bought.kind[cash] = CASH
    bought = bought.taken(np.flatnonzero(bought.amt > 0))
    again = np.flatnonzero((bought.kind == SPEND) & ~bought.instal & (rng.random(len(bought.amt)) < REFUND_SHARE))
    back = bought.taken(again)
    back.day[:] += rng.integers(1, 10, len(again))
    back.kind[:] = REFUND
    fees = bought.taken(np.flatnonzero(bought.kind == CASH))
    charged = entries(fees.card, fees.day, np.maximum(fees.amt // 100, 1000), FEE, second=fees.second + 1)
    return joined([bought, back.taken(np.flatnonzero(back.day < end)), charged])
