"""The feeds of debit and credit cards, as files see them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from tagmart.synth.cards import CYCLES, INSTAL_FEE
from tagmart.synth.cards import entries as ent
from tagmart.synth.links import core_numbers
from tagmart.synth.merchants.shops import TRADES
from tagmart.synth.population import NEVER
from tagmart.synth.sizes import in_slices
from tagmart.synth.write import (
    DATED,
    DELTA,
    JOURNAL,
    Feed,
    constant,
    day_dates,
    day_times,
    decimals,
    flags,
    integers,
    money,
    numbered,
    pick,
)

if TYPE_CHECKING:
    from tagmart.synth.world import World

SHOPS = 200


def card_feeds(world: World, first: int, daily_from: int, last: int) -> Iterator[Feed]:
    """All feeds of cards: daily rows from `daily_from` to `last`, the initial load on day `first`."""
    cards = len(world.cards.owner)
    yield card_debit(world)
    yield from in_slices(partial(cc_acct, world), daily_from, first, last, cards)
    yield cc_stmt(world, daily_from)
    yield from in_slices(partial(cc_txn, world), daily_from, first, last, cards // 2)
    yield cc_instal(world)


def card_debit(world: World) -> Feed:
    """Debit cards; a few are lost."""
    book, people = world.accounts, world.people
    rng = world.place.dice(303)
    has = np.flatnonzero((book.first >= 0) & (rng.random(people.size) < 0.95))
    lost = has[rng.random(len(has)) < 0.02]
    who = np.r_[has, lost]
    is_lost = np.r_[np.zeros(len(has), bool), np.ones(len(lost), bool)]
    opened = book.opened[book.first[who]]
    day = np.where(is_lost, np.maximum(rng.integers(0, world.horizon.size, len(who)), opened + 1), opened)
    lost_day = np.full(people.size, NEVER)
    lost_day[lost] = day[is_lost]
    # Cards of a number that is merged go to the survivor's.
    given = np.flatnonzero(np.isin(world.sources.merged, has))
    who, day = np.r_[who, world.sources.merged[given]], np.r_[day, world.sources.merge_day[given]]
    is_lost, opened = day >= lost_day[who], book.opened[book.first[who]]
    young = (world.horizon.dates[world.horizon.size] - people.birth[who]).astype(np.int64) < 18 * 365
    level = np.where(young, 3, np.select([people.band[who] >= 5, people.band[who] >= 4], [2, 1], 0))
    months = [f"{2026 + at // 12}-{at % 12 + 1:02d}" for at in range(120)]
    columns = {
        "card_ref": pick(
            [f"TK{(world.place.base(5) + at) * 7919 % 10**9:09d}" for at in range(1, people.size + 1)], who
        ),
        "acct_no": pick(list(book.numbers), book.first[who]),
        "ecif_no": pick(list(people.ecif_no), world.number_of(who, day)),
        "level_code": pick(("std", "gold", "platinum", "junior"), level),
        "open_date": day_dates(world.horizon, opened),
        "status_code": pick(("active", "lost"), is_lost.astype(int)),
        "renew_due_month": pick(months, who * 13 % 120),
    }
    return Feed("card_debit", DELTA, columns, day, who)


def card_class(dpd: np.ndarray) -> np.ndarray:
    """Class of a credit card by days past due: 1-90, 91-120, 121-180, more."""
    return np.searchsorted(np.array((0, 90, 120, 180)), dpd, side="left") + 1


def card_numbers(world: World) -> list[str]:
    """The number of each credit card account."""
    base = world.place.base(5) + 1
    return [f"600{(base + at) * 104729 % 10**10:010d}" for at in range(len(world.cards.owner))]


def paid_by_due(world: World, card: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Whether the minimum of the last statement that has fallen due was paid by then: 1, 0, or -1 before the first one."""
    cards = world.cards
    statement = cards.due_month(card, day)
    at = np.maximum(statement, 0)
    known = (statement >= 0) & is_billed(world, card, at)
    return np.where(known, (cards.stmt_paid[card, at] >= cards.stmt_min[card, at]).astype(int), -1)


def is_billed(world: World, card: np.ndarray, month: np.ndarray) -> np.ndarray:
    """Whether cards have a statement of lived months: those that were open when the month began, or the cycle before it."""
    return world.cards.open_day[card] < world.horizon.month_first[month]


def cc_acct(world: World, first: int, last: int) -> Feed:
    """Credit card accounts of every day."""
    cards, horizon = world.cards, world.horizon
    days = np.arange(first, last + 1)
    at, card = np.nonzero(cards.open_day[None, :] <= days[:, None])
    day = days[at]
    dpd, billed = cards.dpd[card, day], cards.last_stmt[card, day]
    columns = {
        "cc_acct_no": pick(card_numbers(world), card),
        "ecif_no": pick(list(world.people.ecif_no), world.number_of(cards.owner[card], day)),
        "bal_date": day_dates(horizon, day),
        "limit_amt": money(cards.limit[card]),
        "temp_limit_amt": money(cards.temp_limit[card]),
        "bal": money(cards.bal[card, day]),
        "credit_bal": money(cards.credit[card]),
        "instal_bal": money(cards.instal[card, day]),
        "stmt_day": integers(np.array([made for made, _ in CYCLES])[cards.cycle[card]]),
        "due_day": integers(np.array([due for _, due in CYCLES])[cards.cycle[card]]),
        "last_stmt_amt": money(billed),
        "min_pay_amt": money(np.minimum(billed, np.maximum(billed // 10, 10_000))),
        "is_paid_by_due": pick(("N", "Y"), paid_by_due(world, card, day)),
        "dpd": integers(dpd),
        "class_code": integers(card_class(dpd)),
        "status_code": pick(("active", "inactive"), cards.sleeps[card].astype(int)),
        "is_autopay": flags(cards.autopay[card]),
        "gl_subject": constant("1305", len(card)),
        "open_date": day_dates(horizon, cards.open_day[card]),
    }
    return Feed("cc_acct", DATED, columns, day)


def cc_stmt(world: World, first: int) -> Feed:
    """Statements, on the day after which they can no more be paid in time."""
    cards, horizon = world.cards, world.horizon
    due = cards.due_day[cards.cycle]
    which, row = np.nonzero(((due >= first) & (due < horizon.size)).T)
    there = np.flatnonzero(is_billed(world, row, which))
    which, row = which[there], row[there]
    day = due[row, which]
    order = np.lexsort((row, day))
    which, row, day = which[order], row[order], day[order]
    columns = {
        "cc_acct_no": pick(card_numbers(world), row),
        "ecif_no": pick(list(world.people.ecif_no), world.number_of(cards.owner[row], day)),
        "stmt_month": day_dates(horizon, (horizon.month_first[1:] - 1)[which]),
        "stmt_date": day_dates(horizon, cards.stmt_day[cards.cycle[row], which]),
        "stmt_amt": money(cards.stmt_amt[row, which]),
        "min_pay_amt": money(cards.stmt_min[row, which]),
        "paid_amt": money(cards.stmt_paid[row, which]),
        "due_date": day_dates(horizon, day),
    }
    return Feed("cc_stmt", JOURNAL, columns, day)


def _serials(day: np.ndarray) -> np.ndarray:
    """The number of each entry within its day; `day` ascends."""
    return np.arange(len(day)) - np.searchsorted(day, day, side="left") + 1


def is_paid_here(world: World, rows: ent.Entries) -> np.ndarray:
    """Which entries are repayments from an own account of this bank."""
    return (rows.kind == ent.REPAY) & (world.accepted[np.maximum(rows.intent, 0)] > 0) & (rows.intent >= 0)


def is_begun_by_holder(world: World, rows: ent.Entries) -> np.ndarray:
    """Which entries the holder began: what is bought, drawn, given back, and repaid from elsewhere."""
    return np.isin(rows.kind, (ent.SPEND, ent.CASH, ent.REFUND)) | ((rows.kind == ent.REPAY) & ~is_paid_here(world, rows))


def cc_txn(world: World, first: int, last: int) -> Feed:
    """Entries posted from `first` to `last`."""
    every = world.cards.entries
    low, high = np.searchsorted(every.day, (first, last + 1))
    at = np.arange(low, high)
    rows, horizon = every.taken(at), world.horizon
    own = world.merchants.shop_of_entry[at]
    codes = [*ent.MCCS, ent.CASH_CODE, *(trade.mcc for trade in TRADES)]
    mcc = np.where(own >= 0, len(ent.MCCS) + 1 + world.merchants.shops.trade[own], rows.mcc)
    is_purchase = np.isin(rows.kind, (ent.SPEND, ent.REFUND))
    # A shop of another bank: its acquirer, place, category and number.
    strangers = [f"1035810{code}{at:04d}" for code in ent.MCCS for at in range(SHOPS)]
    pool = [*strangers, *world.merchants.mer_no]
    shop = np.where(own >= 0, len(strangers) + own, np.maximum(rows.mcc, 0).astype(np.int64) * SHOPS + rows.place)
    paid_here = is_paid_here(world, rows)
    channel = np.where((rows.kind == ent.REPAY) & ~paid_here, ent.OTHER, rows.channel)
    columns = {
        "txn_no": numbered("K", horizon, rows.day, _serials(rows.day) + world.place.base(7), 9),
        "cc_acct_no": pick(card_numbers(world), rows.card),
        "ecif_no": pick(list(world.people.ecif_no), world.number_of(world.cards.owner[rows.card], rows.day)),
        "acct_date": day_dates(horizon, rows.day),
        "txn_time": day_times(horizon, rows.day, rows.second),
        "amt": money(rows.amt),
        "kind_code": pick(ent.KINDS, rows.kind),
        "mcc": pick(codes, mcc),
        "mer_no": pick(pool, np.where(is_purchase, shop, -1)),
        "channel_code": pick(ent.CHANNELS, channel),
        "country_code": pick(ent.COUNTRIES, rows.country),
        "is_instal": flags(rows.instal),
        "init_code": pick(("B", "C"), is_begun_by_holder(world, rows).astype(int)),
        "core_txn_no": core_numbers(world, np.where(paid_here, rows.intent, -1)),
    }  # fmt: skip
    return Feed("cc_txn", JOURNAL, columns, rows.day)


def cc_instal(world: World) -> Feed:
    """Instalment plans when begun and whenever a part is billed."""
    cards, horizon = world.cards, world.horizon
    plans, every = cards.plans, cards.entries
    step = np.arange(int(plans.terms.max(initial=0)) + 1)
    row, billed = np.nonzero(
        (step[None, :] <= plans.terms[:, None])
        & ((plans.month[:, None] + step[None, :] <= horizon.months) | (step[None, :] == 0))
    )
    month = np.where(billed > 0, plans.month[row] + billed - 1, 0)
    day = np.where(billed > 0, cards.stmt_day[cards.cycle[plans.card[row]], month], plans.day[row])
    part = plans.principal[row] // plans.terms[row]
    left = np.where(billed == plans.terms[row], 0, plans.principal[row] - part * billed)
    bought = every.taken(plans.place)
    serial = _serials(every.day)[plans.place]
    base = world.place.base(6) + 1
    columns = {
        "plan_no": pick([f"FQ{base + at:08d}" for at in range(len(plans.card))], row),
        "cc_acct_no": pick(card_numbers(world), plans.card[row]),
        "ecif_no": pick(list(world.people.ecif_no), world.number_of(cards.owner[plans.card[row]], day)),
        "txn_no": numbered("K", horizon, bought.day, serial + world.place.base(7), 9).take(row),
        "principal_amt": money(plans.principal[row]),
        "terms": integers(plans.terms[row]),
        "billed_terms": integers(billed),
        "left_amt": money(left),
        "fee_rate": decimals(np.full(len(row), round(INSTAL_FEE * 1_000_000)), 6),
        "start_date": day_dates(horizon, plans.day[row]),
        "status_code": pick(("live", "done"), (billed == plans.terms[row]).astype(int)),
    }
    return Feed("cc_instal", DELTA, columns, day, row)
