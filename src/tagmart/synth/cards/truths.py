"""What is true of credit cards at a date: spending by class of merchant, statements, instalments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tagmart.synth.cards import entries as ent
from tagmart.synth.cards.feeds import card_numbers
from tagmart.synth.write import day_dates, integers, money, pick

if TYPE_CHECKING:
    from tagmart.synth.world import World

# Classes of merchant categories as in the seed mcc.
CLASSES = {
    "4121": "transport", "4511": "travel", "4814": "telecom", "5211": "home", "5311": "supermarket",
    "5411": "supermarket", "5499": "food", "5541": "car", "5651": "clothing", "5732": "home", "5812": "catering",
    "5816": "digital", "5912": "health", "6011": "cash", "7011": "travel", "7230": "services", "7832": "leisure",
    "8062": "health", "8220": "education", "8299": "education",
}  # fmt: skip
WINDOWS = (30, 90, 365)


def card_truths(world: World, last: int) -> dict[str, pa.Table]:
    """cards (one row per card account) and card_spend (per card account and class), as of the end of day `last`."""
    return {"cards": _cards(world, last), "card_spend": _spend(world, last)}


def _spend(world: World, last: int) -> pa.Table:
    """Purchases net of refunds, and their number, by card and class of merchant."""
    every, own = world.cards.entries, world.merchants.shop_of_entry
    codes = np.array([*ent.MCCS, ent.CASH_CODE])
    mcc = np.where(own >= 0, world.merchants.shops.mcc[own], codes[every.mcc])
    names = sorted(set(CLASSES.values()))
    code_list = sorted(CLASSES)
    class_of = np.array([names.index(CLASSES[code]) for code in code_list])[np.searchsorted(code_list, mcc)]
    bought = np.isin(every.kind, (ent.SPEND, ent.REFUND)) & (every.day <= last)
    key = every.card.astype(np.int64) * len(names) + class_of
    keys, place = np.unique(key[bought & (every.day > last - 365)], return_inverse=True)
    columns = {
        "cc_acct_no": pick(card_numbers(world), keys // len(names)),
        "ecif_no": pick(list(world.people.ecif_no), world.holder(last)[world.cards.owner[keys // len(names)]]),
        "class_code": pick(names, keys % len(names)),
    }
    at = np.flatnonzero(bought & (every.day > last - 365))
    for window in WINDOWS:
        inside = every.day[at] > last - window
        cents, count = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
        np.add.at(cents, place[inside], every.signed[at][inside])
        np.add.at(count, place[inside], every.kind[at][inside] == ent.SPEND)
        columns[f"amt_{window}"], columns[f"cnt_{window}"] = money(cents), integers(count)
    return pa.table(columns)


def _cards(world: World, last: int) -> pa.Table:
    """Balances, the last statement, and how the last six statements that have fallen due were paid."""
    cards, horizon, every = world.cards, world.horizon, world.cards.entries
    size, place = len(cards.owner), np.arange(len(cards.owner))
    newest = cards.due_month(place, np.full(size, last))
    fallen = newest[:, None] - np.arange(6)
    rows, month = place[:, None], np.maximum(fallen, 0)
    asked = cards.stmt_amt[rows, month] * ((fallen >= 0) & (cards.open_day[:, None] < horizon.month_first[month]))
    paid, least = cards.stmt_paid[rows, month], cards.stmt_min[rows, month]
    revolved = (asked > 0) & (paid >= least) & (paid < asked)
    mine = np.flatnonzero(np.isin(every.kind, (ent.SPEND, ent.CASH)) & (every.day <= last))
    latest = np.full(size, -1)
    np.maximum.at(latest, every.card[mine], every.day[mine])
    plans = cards.plans
    known = np.flatnonzero(plans.day <= last)
    month = cards.stmt_month(plans.card, np.full(len(plans.card), last))
    left = np.where(plans.month > month + 1, plans.principal, plans.left(month))[known]
    live = left > 0
    table = pa.table(
        {
            "cc_acct_no": pick(card_numbers(world), place),
            "ecif_no": pick(list(world.people.ecif_no), world.holder(last)[cards.owner]),
            "limit_amt": money(cards.limit),
            "bal": money(cards.bal[:, last]),
            "instal_bal": money(cards.instal[:, last]),
            "last_stmt_amt": money(cards.last_stmt[:, last]),
            "stmt_cnt_l6m": integers((asked > 0).sum(axis=1)),
            "revolve_cnt_l6m": integers(revolved.sum(axis=1)),
            "short_cnt_l6m": integers(((asked > 0) & (paid < least)).sum(axis=1)),
            "dpd": integers(cards.dpd[:, last]),
            "last_self_date": day_dates(horizon, latest, latest < 0),
            "instal_plan_cnt": integers(np.bincount(plans.card[known][live], minlength=size)),
            "instal_left_amt": money(np.bincount(plans.card[known], left, minlength=size).round().astype(np.int64)),
            "is_sleeping": pa.array(cards.sleeps),
            "stops_paying": pa.array(cards.dpd.max(axis=1) > 0),
        }
    )
    return table.filter(pa.array(cards.open_day <= last))
