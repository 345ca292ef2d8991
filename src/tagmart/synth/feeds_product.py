"""The feeds of agency payments, cards, credit and investments, as files see them."""

from __future__ import annotations

import numpy as np

from tagmart.synth import credit, invest
from tagmart.synth.credit import DUE_DAY
from tagmart.synth.feeds_core import month_ends
from tagmart.synth.population import NEVER
from tagmart.synth.transactions import PAY_TYPES
from tagmart.synth.world import World
from tagmart.synth.write import (
    DATED,
    DELTA,
    JOURNAL,
    Feed,
    day_dates,
    decimals,
    integers,
    money,
    numbered,
    pick,
    text,
)


def pay_detail(world: World, first: int) -> Feed:
    """Agency payments from day `first` on: one batch per payer, day and kind."""
    pay = world.payments
    order = np.lexsort((pay.payee, pay.pay_type, pay.employer, pay.day))
    order = order[pay.day[order] >= first]
    payee, employer, day, kind = pay.payee[order], pay.employer[order], pay.day[order], pay.pay_type[order]
    starts_batch = np.ones(len(order), dtype=bool)
    starts_batch[1:] = (employer[1:] != employer[:-1]) | (day[1:] != day[:-1]) | (kind[1:] != kind[:-1])
    starts = np.flatnonzero(starts_batch)
    batch = np.cumsum(starts_batch) - 1
    first_of_day = np.searchsorted(day[starts], day[starts], side="left")
    columns = {
        "batch_no": numbered("DF", world.horizon, day, (np.arange(len(starts)) - first_of_day + 1)[batch], 5),
        "seq": integers(np.arange(len(order)) - starts[batch] + 1),
        "payer_id": pick(
            [*(f"P{at + 1:06d}" for at in range(world.people.employers)), "G000001"],
            np.where(employer < 0, world.people.employers, employer),
        ),
        "ecif_no": pick(list(world.people.ecif_no), payee),
        "pay_date": day_dates(world.horizon, day),
        "amt": money(pay.amt[order]),
        "pay_type": pick(PAY_TYPES, kind),
        "result_code": pick(("failed", "ok"), (pay.intent[order] >= 0).astype(int)),
    }
    return Feed("pay_detail", JOURNAL, columns, day)


def card_debit(world: World) -> Feed:
    """Debit cards; a few are lost."""
    book, people = world.accounts, world.people
    rng = np.random.default_rng([world.seed, people.size, 303])
    has = np.flatnonzero((book.first >= 0) & (rng.random(people.size) < 0.95))
    lost = has[rng.random(len(has)) < 0.02]
    who = np.r_[has, lost]
    is_lost = np.r_[np.zeros(len(has), bool), np.ones(len(lost), bool)]
    opened = book.opened[book.first[who]]
    day = np.where(is_lost, np.maximum(rng.integers(0, world.horizon.size, len(who)), opened + 1), opened)
    young = (world.horizon.dates[world.horizon.size] - people.birth[who]).astype(np.int64) < 18 * 365
    level = np.where(young, 3, np.select([people.band[who] >= 5, people.band[who] >= 4], [2, 1], 0))
    months = [f"{2026 + at // 12}-{at % 12 + 1:02d}" for at in range(120)]
    columns = {
        "card_ref": pick([f"TK{at * 7919 % 10**9:09d}" for at in range(1, people.size + 1)], who),
        "acct_no": pick(list(book.numbers), book.first[who]),
        "ecif_no": pick(list(people.ecif_no), who),
        "level_code": pick(("std", "gold", "platinum", "junior"), level),
        "open_date": day_dates(world.horizon, opened),
        "status_code": pick(("active", "lost"), is_lost.astype(int)),
        "renew_due_month": pick(months, who * 13 % 120),
    }
    return Feed("card_debit", DELTA, columns, day, who)


def card_class(dpd: np.ndarray) -> np.ndarray:
    """Class of a credit card by days past due: 1-90, 91-120, 121-180, more."""
    return np.searchsorted(np.array((0, 90, 120, 180)), dpd, side="left") + 1


def loan_class(dpd: np.ndarray) -> np.ndarray:
    """Class of a loan by days past due: up to 90, 91-270, 271-360, more."""
    return np.searchsorted(np.array((0, 90, 270, 360)), dpd, side="left") + 1


def cc_feeds(world: World, first: int, last: int) -> list[Feed]:
    """Credit card accounts of every day, and statements on the day after which they can still be paid in time."""
    cards, horizon = world.cards, world.horizon
    days = np.arange(first, last + 1)
    at, card = np.nonzero(cards.open_day[None, :] <= days[:, None])
    day = days[at]
    numbers, ecif = (
        [f"600{at * 104729 % 10**10:010d}" for at in range(1, len(cards.owner) + 1)],
        list(world.people.ecif_no),
    )
    dpd = cards.dpd[card, day]
    account = {
        "cc_acct_no": pick(numbers, card),
        "ecif_no": pick(ecif, cards.owner[card]),
        "bal_date": day_dates(horizon, day),
        "limit_amt": money(cards.limit[card]),
        "bal": money(cards.bal[card, day]),
        "credit_bal": money(cards.credit[card]),
        "instal_bal": money(cards.instal[card, day]),
        "last_stmt_amt": money(cards.last_stmt[card, day]),
        "dpd": integers(dpd),
        "class_code": integers(card_class(dpd)),
        "status_code": pick(("active", "inactive"), cards.sleeps[card].astype(int)),
        "open_date": day_dates(horizon, cards.open_day[card]),
    }
    month = np.arange(horizon.months - 1)
    due = horizon.month_first[month + 1] + DUE_DAY - 1
    which, row = np.nonzero((due >= first)[:, None] & (cards.open_day[None, :] < horizon.month_first[month][:, None]))
    statement = {
        "cc_acct_no": pick(numbers, row),
        "ecif_no": pick(ecif, cards.owner[row]),
        "stmt_month": day_dates(horizon, month_ends(world)[which]),
        "stmt_amt": money(cards.stmt_amt[row, which]),
        "min_pay_amt": money(cards.stmt_min[row, which]),
        "paid_amt": money(cards.stmt_paid[row, which]),
    }
    return [Feed("cc_acct", DATED, account, day), Feed("cc_stmt", JOURNAL, statement, due[which])]


def credit_feeds(world: World, first: int, last: int) -> list[Feed]:
    """Contracts, notes of every day, and classes at month ends."""
    notes, state, horizon, ecif = world.notes, world.note_days, world.horizon, list(world.people.ecif_no)
    count = len(notes.owner)
    contract_no, note_no = [f"HT{at + 1:07d}" for at in range(count)], [f"JJ{at + 1:07d}" for at in range(count)]
    length = np.round(notes.months * 30.4375).astype(np.int64)
    contract = {
        "contract_no": text(contract_no),
        "ecif_no": pick(ecif, notes.owner),
        "kind_code": pick(credit.LOAN_KINDS, notes.kind),
        "contract_amt": money(notes.principal),
        "from_date": day_dates(horizon, notes.start),
        "to_date": day_dates(horizon, notes.start + length),
    }
    days = np.arange(first, last + 1)
    at, row = np.nonzero(state.there[:, first : last + 1].T)
    day = days[at]
    note = {
        "note_no": pick(note_no, row),
        "contract_no": pick(contract_no, row),
        "ecif_no": pick(ecif, notes.owner[row]),
        "kind_code": pick(credit.LOAN_KINDS, notes.kind[row]),
        "bal_date": day_dates(horizon, day),
        "principal_amt": money(state.principal[row, day]),
        "overdue_amt": money(state.overdue[row, day]),
        "dpd": integers(state.dpd[row, day]),
        "rate": decimals(notes.rate_bp[row] * 100, 4),
        "start_date": day_dates(horizon, notes.start[row]),
        "due_date": day_dates(horizon, (notes.start + length)[row]),
    }
    ends = month_ends(world)
    ends = ends[ends >= first]
    which, judged = np.nonzero(state.there[:, ends].T)
    classes = {
        "note_no": pick(note_no, judged),
        "class_date": day_dates(horizon, ends[which]),
        "class_code": integers(loan_class(state.dpd[judged, ends[which]])),
    }
    return [
        Feed("crd_contract", DELTA, contract, notes.start, np.arange(count)),
        Feed("crd_note", DATED, note, day),
        Feed("crd_class", JOURNAL, classes, ends[which]),
    ]


def invest_feeds(world: World, first: int, last: int) -> list[Feed]:
    """Holdings of every day, and orders as they go through their states."""
    shelf, horizon, ecif, orders = world.shelf, world.horizon, list(world.people.ecif_no), world.orders
    products, lines = [item.prod_id for item in shelf.items], [item.line_code for item in shelf.items]
    held = invest.holdings(world.lots, shelf, first, last)
    hold = {
        "ecif_no": pick(ecif, held.owner),
        "prod_id": pick(products, held.product),
        "line_code": pick(lines, held.product),
        "hold_date": day_dates(horizon, held.day),
        "units": decimals(held.units, 4),
        "market_amt": money(held.market),
        "cost_amt": money(held.cost),
        "start_date": day_dates(horizon, held.start),
        "due_date": day_dates(horizon, held.due, held.due >= NEVER),
        "redeem_from_date": day_dates(horizon, held.free, held.free >= NEVER),
    }
    serial = np.arange(len(orders.owner)) - np.searchsorted(orders.ordered, orders.ordered, side="left") + 1
    is_red, everyone = orders.kind == invest.RED, np.arange(len(orders.owner))
    good, reds = np.flatnonzero(~orders.failed), np.flatnonzero(is_red)
    # Purchases are settled when confirmed; redemptions are confirmed first and paid a trading day later.
    row = np.r_[everyone, good, reds]
    status = np.r_[np.where(orders.failed, 3, 0), np.where(is_red[good], 1, 2), np.full(len(reds), 2)]
    day = np.r_[orders.ordered, orders.confirmed[good], orders.settled[reds]]
    order = {
        "order_no": pick(numbered("O", horizon, orders.ordered, serial, 5).to_pylist(), row),
        "ecif_no": pick(ecif, orders.owner[row]),
        "prod_id": pick(products, orders.product[row]),
        "line_code": pick(lines, orders.product[row]),
        "order_type": pick(invest.ORDER_TYPES, orders.kind[row]),
        "amt": money(orders.amt[row]),
        "order_date": day_dates(horizon, orders.ordered[row]),
        "confirm_date": day_dates(horizon, orders.confirmed[row], status == 0),
        "settle_date": day_dates(horizon, orders.settled[row], status != 2),
        "status_code": pick(("accepted", "confirmed", "settled", "failed"), status),
    }
    return [Feed("inv_hold", DATED, hold, held.day), Feed("inv_order", DELTA, order, day, row)]
