"""What is true of merchants at a date. Cash-out is restricted: it stands in a table of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tagmart.synth.merchants.feeds import owner_ecifs
from tagmart.synth.merchants.sales import NO_TOKEN
from tagmart.synth.merchants.shops import KINDS
from tagmart.synth.population import NEVER
from tagmart.synth.write import day_dates, decimals, integers, money, pick

if TYPE_CHECKING:
    from tagmart.synth.world import World

WINDOWS = (30, 90)
TOKEN_WINDOW = 90


def merchant_truths(world: World, last: int) -> dict[str, pa.Table]:
    """merchants (one row per merchant signed by then) and merchants_restricted, as of the end of day `last`."""
    shops = world.merchants.shops
    there = pa.array(shops.start <= last)
    number = pick(shops.mer_no, np.arange(shops.size))
    restricted = pa.table({"mer_no": number, "is_cashout": pa.array(shops.cashout)})
    return {
        "merchants": _merchants(world, last, number).filter(there),
        "merchants_restricted": restricted.filter(there),
    }


def silent_business_days(world: World, last: int) -> np.ndarray:
    """Days since the last good sale on which the merchant usually trades: its open weekdays that are no holidays."""
    shops, sales, horizon = world.merchants.shops, world.merchants.sales, world.horizon
    good = ~sales.failed & (sales.amt > 0) & (sales.day <= last)
    latest = np.full(shops.size, -1)
    np.maximum.at(latest, sales.shop[good], sales.day[good])
    day = np.arange(last + 1)
    weekday = (horizon.dates[: last + 1].astype(np.int64) + 3) % 7
    holiday = np.array([code != "" for code in horizon.table.holiday_code[: last + 1]])
    usual = (shops.weekday[:, weekday] > 0) & ~holiday[None, :]
    return (usual & (day[None, :] > latest[:, None])).sum(axis=1)


def repeat_payers(world: World, last: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Payers of the last 90 days per merchant, those of them with two days or more, and sales without a token."""
    shops, sales = world.merchants.shops, world.merchants.sales
    inside = ~sales.failed & (sales.amt > 0) & (sales.day > last - TOKEN_WINDOW) & (sales.day <= last)
    blank = inside & (sales.token == NO_TOKEN)
    at = np.flatnonzero(inside & ~blank)
    days = np.unique(np.column_stack([sales.shop[at], sales.token[at], sales.day[at]]), axis=0)
    pairs, times = np.unique(days[:, :2], axis=0, return_counts=True)
    payers = np.bincount(pairs[:, 0], minlength=shops.size)
    loyal = np.bincount(pairs[times > 1, 0], minlength=shops.size)
    return payers, loyal, np.bincount(sales.shop[blank], minlength=shops.size)


def _merchants(world: World, last: int, number: pa.Array) -> pa.Table:
    shops, sales, horizon = world.merchants.shops, world.merchants.sales, world.horizon
    columns = {
        "mer_no": number,
        "owner_ecif_no": pa.array(owner_ecifs(world)),
        "kind_code": pick(KINDS, shops.kind),
        "mcc": pick(list(shops.mcc), np.arange(shops.size)),
        "settles_here": pa.array(shops.settles_here),
        "is_seasonal": pa.array(shops.seasonal),
        "status_code": pick(("normal", "closed"), (shops.ends <= last).astype(int)),
        "vanish_date": day_dates(horizon, shops.vanishes, (shops.vanishes >= NEVER) | (shops.vanishes > last)),
        "silent_bizdays": integers(silent_business_days(world, last)),
    }
    for window in WINDOWS:
        inside = ~sales.failed & (sales.day > last - window) & (sales.day <= last)
        sold, back = inside & (sales.amt > 0), inside & (sales.amt < 0)
        for name, rows, values in (
            ("amt", inside, sales.amt), ("refund_amt", back, -sales.amt), ("fee_amt", inside, sales.fee)
        ):  # fmt: skip
            cents = np.zeros(shops.size, dtype=np.int64)
            np.add.at(cents, sales.shop[rows], values[rows])
            columns[f"{name}_{window}"] = money(cents)
        columns[f"cnt_{window}"] = integers(np.bincount(sales.shop[sold], minlength=shops.size))
    payers, loyal, blank = repeat_payers(world, last)
    columns["payer_cnt_90"], columns["repeat_payer_cnt_90"] = integers(payers), integers(loyal)
    total = np.asarray(columns["cnt_90"])
    share = np.round(10_000 * (total - blank) / np.maximum(total, 1)).astype(np.int64)
    columns["token_share_90"] = decimals(share, 4, total == 0)
    return pa.table(columns)
