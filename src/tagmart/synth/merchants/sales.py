"""Sales at the terminals of merchants: purchases, refunds, what failed, and the credit card purchases of own customers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.calendar import Horizon
from tagmart.synth.cards import Cards
from tagmart.synth.cards import entries as ent
from tagmart.synth.merchants.shops import CASHOUT_DAYS, TRADES, Shops, open_share
from tagmart.synth.sizes import Place

PAY_KINDS = ("debit", "credit", "wallet", "ecny")
DEBIT, CREDIT, WALLET, ECNY = range(4)
PAY_SHARES = np.array((0.12, 0.20, 0.64, 0.04))
FAILED_SHARE, REFUND_SHARE, TOKEN_SHARE, OWN_CARD_SHARE = 0.015, 0.008, 0.92, 0.06
DAY_CUT = 23 * 3600
NO_TOKEN = -1


@dataclass(frozen=True)
class Sales:
    """Sales, one array element each, in the order of their acquiring dates and times.

    Attributes:
        second: of the day, negative for the evening before (after the day cut at 23:00).
        amt: cents, negative for a refund; fee: cents that the merchant is charged; failed: moved no money.
        pay: an index of PAY_KINDS; token: of the payer, NO_TOKEN; terminal: its number at the merchant.
        orig: the place of the sale that a refund undoes, -1.
    """

    shop: np.ndarray
    day: np.ndarray
    second: np.ndarray
    amt: np.ndarray
    fee: np.ndarray
    failed: np.ndarray
    pay: np.ndarray
    token: np.ndarray
    terminal: np.ndarray
    orig: np.ndarray


def make_sales(
    rng: np.random.Generator, place: Place, shops: Shops, cards: Cards, horizon: Horizon, first: int
) -> tuple[Sales, np.ndarray]:
    """All sales from day `first` on, and for each entry on a credit card the merchant of this bank where it was made (-1)."""
    busy = open_share(shops, horizon, first)
    drafts = _drafts(rng, place, shops, busy, horizon, first)
    at, shop = _own_cards(rng, shops, cards, busy, first)
    shop_of_entry = np.full(len(cards.entries.card), -1, dtype=np.int32)
    shop_of_entry[at] = shop
    theirs = {
        "shop": shop,
        "day": cards.entries.day[at].astype(np.int64),
        "second": cards.entries.second[at].astype(np.int64),
        "amt": cards.entries.amt[at],
        "pay": np.full(len(at), CREDIT),
        "token": _token_base(place) + 10**8 + cards.entries.card[at].astype(np.int64),
        "failed": np.zeros(len(at), dtype=bool),
        "orig": np.full(len(at), -1),
    }
    rows = {name: np.r_[drafts[name], theirs[name]] for name in theirs}
    rows["terminal"] = np.where(np.isin(rows["pay"], (WALLET, ECNY)), 0, (shops.terminals > 1)[rows["shop"]] * 1)
    fee_bp = np.array([trade.fee_bp for trade in TRADES])[shops.trade][rows["shop"]]
    charged = (rows["amt"] > 0) & ~rows["failed"] & (rows["pay"] != ECNY)
    rows["fee"] = np.where(charged, (rows["amt"] * fee_bp + 5000) // 10_000, 0)
    # After the day cut a sale belongs to the next acquiring date; the draft's day is that date.
    rows["second"] = np.where(rows["second"] >= DAY_CUT, rows["second"] - 86_400, rows["second"])
    order = np.lexsort((rows["shop"], rows["second"], rows["day"]))
    where = np.empty(len(order) + 1, dtype=np.int64)
    where[order] = np.arange(len(order))
    where[-1] = -1
    rows["orig"] = where[rows["orig"]]
    return Sales(**{name: column[order] for name, column in rows.items()}), shop_of_entry


def _token_base(place: Place) -> int:
    return place.base(10)


def _drafts(
    rng: np.random.Generator, place: Place, shops: Shops, busy: np.ndarray, horizon: Horizon, first: int
) -> dict[str, np.ndarray]:
    """Purchases of everybody but own card holders, and their refunds."""
    a_day = np.array([trade.a_day for trade in TRADES])[shops.trade] * shops.scale
    noise = rng.lognormal(-0.04, 0.28, busy.shape)
    count = rng.poisson(busy * a_day[:, None] * noise)
    shop, at = np.nonzero(count)
    times = count[shop, at]
    shop, day = np.repeat(shop, times), np.repeat(at, times) + first
    size = len(shop)
    ticket = np.array([trade.ticket for trade in TRADES])[shops.trade[shop]]
    spread = np.array([trade.spread for trade in TRADES])[shops.trade[shop]]
    amt = np.maximum((ticket * 100 * rng.lognormal(-0.2, 1, size) ** spread).astype(np.int64), 100)
    # Half of the prices end in whole yuan.
    amt = np.where(rng.random(size) < 0.5, np.maximum(amt // 100 * 100, 100), amt)
    dodgy = shops.cashout[shop] & (day >= horizon.size - CASHOUT_DAYS)
    amt = np.where(dodgy, rng.choice((500_000, 980_000, 1_000_000, 1_950_000, 2_000_000), size), amt)
    pay = rng.choice(4, size, p=PAY_SHARES)
    pay = np.where(dodgy & (rng.random(size) < 0.95), CREDIT, pay)
    rows = {
        "shop": shop,
        "day": day,
        "second": _seconds(rng, shops, shop, dodgy),
        "amt": amt,
        "pay": pay,
        "token": _tokens(rng, place, shops, shop),
        "failed": rng.random(size) < FAILED_SHARE,
        "orig": np.full(size, -1),
    }
    back = np.flatnonzero((rng.random(size) < REFUND_SHARE) & ~rows["failed"] & ~dodgy)
    later = day[back] + rng.integers(0, 8, len(back))
    keep = (later < horizon.size) & (later < shops.vanishes[shop[back]])
    back, later = back[keep], later[keep]
    undone = {name: column[back] for name, column in rows.items()} | {"day": later, "amt": -amt[back], "orig": back}
    undone["second"] = np.where(later == day[back], np.minimum(rows["second"][back] + 900, 86_399), 15 * 3600)
    return {name: np.r_[column, undone[name]] for name, column in rows.items()}


def _seconds(rng: np.random.Generator, shops: Shops, shop: np.ndarray, dodgy: np.ndarray) -> np.ndarray:
    """Times of day: in opening hours, a share of them at night."""
    opens, closes = (np.array(column)[shops.trade[shop]] for column in (
        [trade.opens for trade in TRADES], [trade.closes for trade in TRADES]
    ))  # fmt: skip
    night = np.array([trade.night for trade in TRADES])[shops.trade[shop]]
    night = np.where(dodgy, 0.4, night)
    day_time = opens + (closes - opens) * rng.beta(2.0, 1.8, len(shop))
    return np.where(rng.random(len(shop)) < night, rng.integers(0, 5 * 3600, len(shop)), day_time).astype(np.int64)


def _tokens(rng: np.random.Generator, place: Place, shops: Shops, shop: np.ndarray) -> np.ndarray:
    """Tokens of payers: regulars come again, others once; some terminals deliver few."""
    size = len(shop)
    regular = (shops.regulars[shop] * rng.random(size) ** 2).astype(np.int64)
    is_loyal = rng.random(size) < shops.loyal[shop]
    # Strangers' numbers lie far above the regulars' and are drawn once in the life of a block.
    stranger = 2 * 10**8 + rng.permutation(max(size, 1))[:size]
    token = _token_base(place) + np.where(is_loyal, shop * 1000 + regular, stranger)
    share = np.where(shops.tokenless[shop], 0.3, TOKEN_SHARE)
    return np.where(rng.random(size) < share, token, NO_TOKEN)


def _own_cards(
    rng: np.random.Generator, shops: Shops, cards: Cards, busy: np.ndarray, first: int
) -> tuple[np.ndarray, np.ndarray]:
    """Which purchases on own credit cards were made at own merchants: places among the entries, and the merchants."""
    every = cards.entries
    bought = (every.kind == ent.SPEND) & (every.country == 0) & ~every.instal & (every.day >= first)
    bought &= np.isin(every.channel, (ent.POS, ent.QPAY)) & (rng.random(len(every.card)) < OWN_CARD_SHARE)
    # A purchase that was refunded stays where its refund came from.
    refunds = np.flatnonzero(every.kind == ent.REFUND)
    named = every.card.astype(np.int64) * 10**11 + every.amt
    bought &= ~np.isin(named, named[refunds])
    at = np.flatnonzero(bought)
    weight = shops.scale / shops.scale.sum()
    shop = rng.choice(shops.size, len(at), p=weight)
    trades = busy[shop, every.day[at] - first] > 0
    return at[trades], shop[trades]
