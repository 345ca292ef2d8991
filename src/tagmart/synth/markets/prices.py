"""What can be invested in and what it is worth on each day: fund prices, gold, exchange rates, dividends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth import reference
from tagmart.synth.calendar import Horizon

LINES = ("wm", "fund", "pm", "tb", "trust")
# Lines whose price of a day is known only the day after: on the night of D they are valued with the price of the last
# trading day before D, and that value is kept, not restated (a bank decides this once; DOMAIN.md C).
LATE_LINES = ("fund", "trust")
FX = (("USD", 7.12, 1), ("EUR", 7.85, 1), ("HKD", 0.912, 1), ("GBP", 9.25, 1), ("JPY", 4.86, 100))
GOLD = "AU9999"
DIVIDEND_KINDS = ("bond", "mixed")
DIVIDENDS_A_YEAR = 2


@dataclass(frozen=True)
class Dividends:
    """Days on which a product goes ex dividend, and yuan per unit; in the order of the days."""

    product: np.ndarray
    day: np.ndarray
    rate: np.ndarray


@dataclass(frozen=True)
class Shelf:
    """What can be invested in.

    Attributes:
        items: the products.
        price: yuan per unit, by product and known day; on a day without trade the last one before it.
        shown: by product and known day, the day whose price the night of that day values with.
        dividends: what the products pay out.
    """

    items: list[reference.Product]
    price: np.ndarray
    shown: np.ndarray
    dividends: Dividends

    def of(self, line: str, kind: str | None = None) -> np.ndarray:
        """Indexes of the products of a line, and of a kind if given."""
        return np.array(
            [at for at, item in enumerate(self.items) if item.line_code == line and kind in (None, item.kind_code)],
            dtype=np.int64,
        )

    def value(self, product: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Yuan per unit with which the night of each day values a product."""
        return self.price[product, self.shown[product, day]]

    @property
    def lines(self) -> list[str]:
        """The line of each product."""
        return [item.line_code for item in self.items]

    @property
    def open_types(self) -> np.ndarray:
        """How each product can be left: closed, open or min_hold."""
        return np.array([item.open_type for item in self.items])


def invest_shelf(rng: np.random.Generator, horizon: Horizon) -> Shelf:
    """Products with prices that move on trading days only, rounded to four decimals."""
    items = [item for item in reference.products() if item.line_code in LINES]
    size = len(horizon.dates)
    traded = horizon.table.is_trading_day
    # One market factor moves all equity together: a bad week is a bad week for everybody.
    market = rng.normal(0, 1, size)
    gold = np.cumsum(0.08 / 365 + 9e-3 * rng.normal(0, 1, size) * traded)
    carried = last_true(traded)
    price = np.empty((len(items), size))
    for at, item in enumerate(items):
        noise = item.noise * (0.8 * market + 0.6 * rng.normal(0, 1, size)) * traded
        path = gold if item.line_code == "pm" else np.cumsum(item.rate / 365 + noise)
        start = 1.0 if item.line_code in ("tb", "pm") else rng.uniform(0.95, 1.3)
        # Bonds are worth their face: their interest is paid out every year.
        grown = np.ones(size) if item.line_code == "tb" else np.exp(path)
        price[at] = np.round(item.face * start * grown, 4)[carried]
    dividends = _dividends(rng, items, price, horizon)
    for product, day, rate in zip(dividends.product, dividends.day, dividends.rate, strict=True):
        price[product, day:] = np.round(price[product, day:] - rate, 4)
    shown = np.empty(price.shape, dtype=np.int32)
    before = np.r_[carried[0], carried[:-1]]
    for at, item in enumerate(items):
        shown[at] = before if item.line_code in LATE_LINES else carried
    return Shelf(items, price, shown, dividends)


def last_true(flags: np.ndarray) -> np.ndarray:
    """For each day the index of the last flagged day up to it, 0 where there is none."""
    return np.maximum.accumulate(np.where(flags, np.arange(len(flags)), 0))


def _dividends(
    rng: np.random.Generator, items: list[reference.Product], price: np.ndarray, horizon: Horizon
) -> Dividends:
    """Two dividends a year of bond and mixed funds, of 1 to 2 % of the price, on days with trade before and after."""
    traded = horizon.table.is_trading_day
    fits = np.flatnonzero(traded[2 : horizon.size - 2] & traded[3 : horizon.size - 1]) + 2
    found = []
    for at, item in enumerate(items):
        if item.kind_code not in DIVIDEND_KINDS:
            continue
        left = 0.0
        for day in np.sort(rng.choice(fits, horizon.months * DIVIDENDS_A_YEAR // 12, replace=False)):
            rate = round(float(price[at, day] - left) * rng.uniform(0.01, 0.02), 4)
            left += rate
            found.append((int(day), at, rate))
    found.sort()
    columns = list(zip(*found, strict=True)) if found else ((), (), ())
    return Dividends(np.array(columns[1], dtype=np.int64), np.array(columns[0], dtype=np.int64), np.array(columns[2]))


def fx_rates(rng: np.random.Generator, horizon: Horizon) -> np.ndarray:
    """Middle rates of the currencies of FX (rows) on all known days (columns): yuan for the units that FX names."""
    size, traded = len(horizon.dates), horizon.table.is_trading_day
    noise = rng.normal(0, 1, (len(FX), size)) * 2.2e-3 * traded
    start = np.array([rate for _, rate, _ in FX])[:, None]
    return np.round(start * np.exp(np.cumsum(noise, axis=1)), 4)[:, last_true(traded)]
