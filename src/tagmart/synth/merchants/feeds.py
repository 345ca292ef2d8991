"""The feeds of merchants, as files see them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tagmart.synth import reference
from tagmart.synth.corporate.feeds_core import LETTER
from tagmart.synth.links import core_numbers
from tagmart.synth.merchants.sales import NO_TOKEN, PAY_KINDS
from tagmart.synth.merchants.shops import CYCLES, KINDS, OTHER_BANK, TRADES
from tagmart.synth.population import NEVER
from tagmart.synth.sizes import in_slices
from tagmart.synth.write import (
    DELTA,
    JOURNAL,
    Feed,
    day_dates,
    day_times,
    decimals,
    money,
    numbered,
    pick,
    text,
)

if TYPE_CHECKING:
    from tagmart.synth.world import World

REGIONS = tuple(region for _, region in reference.TIER1_PLACES)
TERMINALS = ("qr", "pos")
OWN_BANK = "OWN"
# Card terminals that stand in another region than their merchant, and those in use behind the day on which they were unbound.
MOVED_SHARE, UNBOUND_SHARE, UNBOUND_DAYS = 0.06, 0.03, 60
# Settlements that the other bank sends back.
REFUSED_SHARE = 0.004


def merchant_feeds(world: World, first: int, daily_from: int, last: int) -> Iterator[Feed]:
    """All feeds of merchants: daily rows from `daily_from` to `last`, the initial load on day `first`."""
    yield mer_info(world)
    yield mer_terminal(world)
    days = max(1, world.horizon.size - int(world.merchants.sales.day.min(initial=0)))
    yield from in_slices(partial(mer_txn, world), daily_from, first, last, len(world.merchants.sales.day) // days)
    yield mer_settle(world, daily_from)


def owner_ecifs(world: World) -> list[str]:
    """The customer number of each merchant's owner."""
    shops = world.merchants.shops
    return [
        str(world.people.ecif_no[owner]) if owner >= 0 else str(world.companies.ecif_no[company])
        for owner, company in zip(shops.owner, shops.company, strict=True)
    ]


def settle_accounts(world: World) -> list[str]:
    """The account that each merchant is settled to, here or elsewhere."""
    shops, base = world.merchants.shops, world.place.base(11)
    found = []
    for at in range(shops.size):
        if not shops.settles_here[at]:
            found.append(f"995{base + at:013d}")
        elif shops.owner[at] >= 0:
            found.append(str(world.accounts.numbers[world.accounts.first[shops.owner[at]]]))
        else:
            book = world.corporate_ledger.accounts
            found.append(str(book.numbers[book.main[shops.company[at]]]))
    return found


def mer_info(world: World) -> Feed:
    """Merchants when signed and when closed."""
    shops, horizon = world.merchants.shops, world.horizon
    closes = np.flatnonzero(shops.ends < NEVER)
    row = np.r_[np.arange(shops.size), closes]
    closed = np.r_[np.zeros(shops.size, bool), np.ones(len(closes), bool)]
    fee = np.array([trade.fee_bp for trade in TRADES])[shops.trade]
    columns = {
        "mer_no": pick(shops.mer_no, row),
        "owner_ecif_no": pick(owner_ecifs(world), row),
        "owner_entity": pick(("corp", "retail"), (shops.owner[row] >= 0).astype(int)),
        "mer_name": pick(shops.name, row),
        "mcc": pick(list(shops.mcc), row),
        "kind_code": pick(KINDS, shops.kind[row]),
        "region_code": pick(REGIONS, shops.region[row]),
        "settle_acct_no": pick(settle_accounts(world), row),
        "settle_bank": pick((OTHER_BANK, OWN_BANK), shops.settles_here[row].astype(int)),
        "fee_rate": decimals(fee[row] * 100, 6),
        "cycle_code": pick(CYCLES, shops.cycle[row]),
        "start_date": day_dates(horizon, shops.start[row]),
        "end_date": day_dates(horizon, shops.ends[row], ~closed),
        "status_code": pick(("normal", "closed"), closed.astype(int)),
    }
    return Feed("mer_info", DELTA, columns, np.where(closed, shops.ends[row], shops.start[row]), row)


def _terminal(world: World, shop: np.ndarray, number: np.ndarray) -> pa.Array:
    """The serial number of a merchant's terminal: the block, the merchant, the terminal."""
    whole = world.place.base(8) + np.asarray(shop, dtype=np.int64) * 10 + number
    return pc.binary_join_element_wise("SN", _padded(whole, 10), "")


def _padded(values: np.ndarray, digits: int) -> pa.Array:
    return pc.utf8_lpad(pa.array(values).cast(pa.string()), width=digits, padding="0")


def mer_terminal(world: World) -> Feed:
    """Terminals: a code plate for everybody, card terminals for those who have more; unbound when the merchant closes.

    Some do not stand where their merchant is, and some are unbound and used on: what a bank looks for.
    """
    shops, horizon = world.merchants.shops, world.horizon
    shop = np.repeat(np.arange(shops.size), shops.terminals)
    number = np.arange(len(shop)) - np.repeat(np.cumsum(shops.terminals) - shops.terminals, shops.terminals)
    rng = world.place.dice(305)
    moved = (number > 0) & (rng.random(len(shop)) < MOVED_SHARE)
    early = horizon.size - UNBOUND_DAYS
    unbound = (number == 1) & (rng.random(len(shop)) < UNBOUND_SHARE) & (shops.start[shop] < early)
    ends = np.where(unbound, np.minimum(shops.ends[shop], early), shops.ends[shop])
    gone = np.flatnonzero(ends < NEVER)
    row = np.r_[np.arange(len(shop)), gone]
    ended = np.r_[np.zeros(len(shop), bool), np.ones(len(gone), bool)]
    columns = {
        "sn": _terminal(world, shop[row], number[row]),
        "mer_no": pick(shops.mer_no, shop[row]),
        "kind_code": pick(TERMINALS, (number[row] > 0).astype(int)),
        "region_code": pick(REGIONS, (shops.region[shop[row]] + moved[row]) % len(REGIONS)),
        "bind_date": day_dates(horizon, shops.start[shop[row]]),
        "unbind_date": day_dates(horizon, ends[row], ~ended),
    }
    return Feed("mer_terminal", DELTA, columns, np.where(ended, ends[row], shops.start[shop[row]]), row)


def mer_txn(world: World, first: int, last: int) -> Feed:
    """Sales of the acquiring dates from `first` to `last`."""
    sales, horizon = world.merchants.sales, world.horizon
    low, high = np.searchsorted(sales.day, (first, last + 1))
    at = slice(low, high)
    day, shop, base = sales.day[at], sales.shop[at], world.place.base(7)
    serial = np.arange(low, high) - np.searchsorted(sales.day, day, side="left") + 1
    none = sales.orig[at] < 0
    orig = np.where(none, 0, sales.orig[at])
    orig_day = np.where(none, first, sales.day[orig])
    orig_serial = orig - np.searchsorted(sales.day, orig_day, side="left") + 1
    token = sales.token[at]
    blank = token == NO_TOKEN
    columns = {
        "txn_no": numbered("A", horizon, day, serial + base, 9),
        "mer_no": pick(world.merchants.mer_no, shop),
        "term_sn": _terminal(world, shop, sales.terminal[at]),
        "txn_time": day_times(horizon, day, sales.second[at]),
        "acct_date": day_dates(horizon, day),
        "amt": money(sales.amt[at]),
        "pay_kind": pick(PAY_KINDS, sales.pay[at]),
        "payer_token": pc.if_else(
            pa.array(~blank), pc.binary_join_element_wise("PT", _padded(np.where(blank, 0, token), 12), ""), None
        ),
        "status_code": pick(("ok", "failed"), sales.failed[at].astype(int)),
        "orig_txn_no": numbered("A", horizon, orig_day, orig_serial + base, 9, none),
        "fee": money(np.where(sales.failed[at], 0, sales.fee[at])),
    }
    return Feed("mer_txn", JOURNAL, columns, day)


def mer_settle(world: World, first: int) -> Feed:
    """Settlements from day `first` on, each with the core entry on an account here that it became."""
    paid, shops, horizon = world.merchants.settlements, world.merchants.shops, world.horizon
    numbers = core_numbers(world, paid.intent)
    theirs = np.full(len(paid.day), -1)
    theirs[world.merchants.corporate_places] = world.corporate_ledger.settle_leg
    legs = world.corporate_ledger.legs
    leg = np.maximum(theirs, 0)
    posted = numbered(LETTER, horizon, legs.day[leg], legs.serial[leg] + world.place.base(7), 9, theirs < 0)
    core = pc.coalesce(numbers, posted)
    here = shops.settles_here[paid.shop]
    refused = ~here & (world.place.dice(306).random(len(here)) < REFUSED_SHARE)
    status = np.where((here & np.asarray(pc.is_null(core))) | refused, 1, 0)
    at = np.flatnonzero(paid.day >= first)
    columns = {
        "settle_no": text([world.merchants.settle_no[place] for place in at]),
        "mer_no": pick(shops.mer_no, paid.shop[at]),
        "settle_date": day_dates(horizon, paid.day[at]),
        "gross_amt": money(paid.gross[at]),
        "refund_amt": money(paid.refund[at]),
        "fee_amt": money(paid.fee[at]),
        "net_amt": money(paid.net[at]),
        "core_txn_no": core.take(pa.array(at)),
        "status_code": pick(("settled", "returned"), status[at]),
    }
    return Feed("mer_settle", JOURNAL, columns, paid.day[at])
