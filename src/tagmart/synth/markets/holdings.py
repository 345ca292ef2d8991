"""Holdings of every day: lots of one customer and product are one holding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.markets.income import takes_units
from tagmart.synth.markets.lots import Lots
from tagmart.synth.markets.prices import Shelf


@dataclass(frozen=True)
class Holdings:
    """One array element a customer, product and day: units in ten-thousandths, market value and cost in cents.

    Attributes:
        frozen: units that are ordered out and not yet gone; shown: the day of the price; reinvests: dividends as units.
    """

    owner: np.ndarray
    product: np.ndarray
    day: np.ndarray
    units: np.ndarray
    frozen: np.ndarray
    shown: np.ndarray
    market: np.ndarray
    cost: np.ndarray
    start: np.ndarray
    due: np.ndarray
    free: np.ndarray
    reinvests: np.ndarray


def holdings(lots: Lots, shelf: Shelf, first: int, last: int) -> Holdings:
    """Holdings of every day from `first` to `last`, in the order of days, customers and products."""
    begin, end = np.maximum(lots.held, first), np.minimum(lots.leaves - 1, last)
    length = np.maximum(end - begin + 1, 0)
    row = np.repeat(np.arange(len(length)), length)
    day = np.repeat(begin, length) + np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    order = np.lexsort((lots.product[row], lots.owner[row], day))
    row, day = row[order], day[order]
    owner, product = lots.owner[row], lots.product[row]
    new = np.ones(len(row), dtype=bool)
    new[1:] = (owner[1:] != owner[:-1]) | (product[1:] != product[:-1]) | (day[1:] != day[:-1])
    at = np.flatnonzero(new)
    if not len(at):
        return Holdings(*(np.empty(0, dtype=np.int64) for _ in range(12)))
    frozen = np.where(lots.ordered_out[row] <= day, lots.units[row], 0)
    units = np.add.reduceat(lots.units[row], at)
    owner, product, day = owner[at], product[at], day[at]
    return Holdings(
        owner,
        product,
        day,
        units,
        np.add.reduceat(frozen, at),
        shelf.shown[product, day].astype(np.int64),
        np.round(units * shelf.value(product, day) / 100).astype(np.int64),
        np.add.reduceat(lots.cost[row], at),
        np.minimum.reduceat(lots.held[row], at),
        np.minimum.reduceat(lots.due[row], at),
        np.minimum.reduceat(lots.free[row], at),
        takes_units(owner, product),
    )
