"""Merchants: who owns them, what they trade, when they are open, and which of them are not what they seem."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.accounts import Accounts
from tagmart.synth.calendar import Horizon
from tagmart.synth.corporate import Companies
from tagmart.synth.corporate.companies import ENTERPRISE, SOLE
from tagmart.synth.population import ACTIVE, NEVER, Population
from tagmart.synth.sizes import Place

KINDS = ("enterprise", "sole", "micro")
CYCLES = ("T1", "D0")
MICRO_SHARE, SOLE_SHARE = 0.85, 0.08
ELSEWHERE_SHARE, SEASONAL_SHARE, CASHOUT_SHARE, DAY0_SHARE = 0.45, 0.06, 0.005, 0.15
VANISH_A_QUARTER, QUARTER_DAYS = 0.02, 91
NEW_SHARE, CLOSED_WEEKDAY_SHARE, TOKENLESS_SHARE = 0.12, 0.2, 0.05
MOST_SHOPS = 9
CASHOUT_DAYS = 150
OTHER_BANK = "OB01"


@dataclass(frozen=True)
class Trade:
    """What shops of a category are like.

    Attributes:
        ticket: usual amount in yuan, with `spread`; a_day: purchases a day of a micro merchant.
        weekend: how much more is sold at weekends; opens, closes: seconds of the day; night: share of sales at night.
    """

    mcc: str
    label: str
    share: float
    ticket: float
    spread: float
    a_day: float
    weekend: float
    opens: int
    closes: int
    night: float
    fee_bp: int


_H = 3600
TRADES = (
    Trade("5812", "餐馆", 0.24, 62, 0.7, 5.5, 1.3, 10 * _H, 22 * _H, 0.05, 38),
    Trade("5411", "便利店", 0.20, 28, 0.8, 8.0, 1.1, 7 * _H, 23 * _H, 0.08, 38),
    Trade("5499", "食品店", 0.12, 35, 0.7, 5.0, 1.2, 8 * _H, 21 * _H, 0.01, 38),
    Trade("5651", "服装店", 0.10, 220, 0.8, 2.2, 1.6, 10 * _H, 22 * _H, 0.01, 45),
    Trade("5912", "药房", 0.06, 70, 0.8, 4.0, 1.0, 8 * _H, 22 * _H, 0.02, 38),
    Trade("7230", "美发店", 0.07, 88, 0.7, 2.6, 1.5, 10 * _H, 21 * _H, 0.01, 38),
    Trade("5211", "建材店", 0.05, 900, 1.0, 1.2, 0.9, 8 * _H, 19 * _H, 0.0, 45),
    Trade("5732", "数码店", 0.04, 1300, 0.8, 1.4, 1.3, 9 * _H, 21 * _H, 0.01, 55),
    Trade("5541", "加油站", 0.03, 260, 0.4, 9.0, 1.0, 6 * _H, 23 * _H, 0.12, 38),
    Trade("7011", "宾馆", 0.03, 280, 0.5, 2.4, 1.4, 9 * _H, 23 * _H, 0.3, 55),
    Trade("8299", "培训学校", 0.06, 1500, 0.8, 1.6, 1.8, 9 * _H, 20 * _H, 0.0, 30),
)  # fmt: skip
SCHOOL = len(TRADES) - 1


@dataclass(frozen=True)
class Shops:
    """Merchants, one array element a merchant.

    Attributes:
        owner: the retail customer who owns it, -1; company: the company, -1. One of the two is there.
        settles_here: whether the settlement account is at this bank; cycle: of CYCLES.
        scale: how much busier than a micro merchant; trend: yearly growth, as a logarithm.
        start: its first day; vanishes: no sale from this day on, NEVER; ends: the bank closes it, NEVER.
        weekday: busyness of each weekday (merchants by seven), 0 where closed.
        seasonal: trades in school terms only; cashout: sells cash for cards in the last months of the world.
        tokenless: its terminals deliver few tokens of payers; regulars: the number of its regular payers; loyal: their share.
    """

    mer_no: list[str]
    name: list[str]
    owner: np.ndarray
    company: np.ndarray
    kind: np.ndarray
    trade: np.ndarray
    region: np.ndarray
    settles_here: np.ndarray
    cycle: np.ndarray
    scale: np.ndarray
    trend: np.ndarray
    start: np.ndarray
    vanishes: np.ndarray
    ends: np.ndarray
    weekday: np.ndarray
    seasonal: np.ndarray
    cashout: np.ndarray
    tokenless: np.ndarray
    regulars: np.ndarray
    loyal: np.ndarray
    terminals: np.ndarray

    @property
    def size(self) -> int:
        """The number of merchants."""
        return len(self.owner)

    @property
    def mcc(self) -> np.ndarray:
        """The category code of each merchant."""
        return np.array([trade.mcc for trade in TRADES])[self.trade]


def _owners(
    rng: np.random.Generator, place: Place, people: Population, accounts: Accounts, companies: Companies
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Owner, company and kind of each merchant. One owner has 1 to 9 shops, mostly one."""
    count = place.sizes.merchants
    kind = rng.choice(3, count, p=(1 - MICRO_SHARE - SOLE_SHARE, SOLE_SHARE, MICRO_SHARE))
    fits = np.flatnonzero(
        (accounts.first >= 0) & (people.activity == ACTIVE) & (people.closing_day == NEVER) & (people.band > 0)
        & (people.open_day < 0)
    )  # fmt: skip
    works = np.array([people.occupation[at] == "owner" for at in fits])
    fits = fits[np.lexsort((rng.random(len(fits)), ~works))]
    owner, company = np.full(count, -1), np.full(count, -1)
    micro = np.flatnonzero(kind == 2)
    owner[micro] = fits[_shared(rng, len(micro), len(fits))]
    for code, corp_kind in ((0, ENTERPRISE), (1, SOLE)):
        trades = (companies.closing_day == NEVER) & (companies.quiet_day == NEVER) & (companies.open_day < 0)
        firms = np.flatnonzero(trades & (companies.kind == corp_kind))
        at = np.flatnonzero(kind == code)
        if len(firms):
            company[at] = rng.permutation(firms)[_shared(rng, len(at), len(firms))]
        else:
            # A bank too small to have such companies: a person owns it.
            owner[at], kind[at] = fits[_shared(rng, len(at), len(fits))], 2
    return owner, company, kind


def _shared(rng: np.random.Generator, count: int, owners: int) -> np.ndarray:
    """For each of `count` shops the number of its owner: most have one, few up to nine."""
    many = np.minimum(rng.zipf(2.6, count), MOST_SHOPS)
    return np.repeat(np.arange(count), many)[:count] % owners


def make_shops(
    rng: np.random.Generator, place: Place, people: Population, accounts: Accounts, companies: Companies, horizon: Horizon
) -> Shops:
    """All merchants of a block."""
    owner, company, kind = _owners(rng, place, people, accounts, companies)
    size = len(owner)
    shares = np.array([trade.share for trade in TRADES])
    trade = rng.choice(len(TRADES), size, p=shares / shares.sum())
    seasonal = np.zeros(size, dtype=bool)
    seasonal[rng.permutation(size)[: max(1, round(size * SEASONAL_SHARE))]] = True
    trade = np.where(seasonal, SCHOOL, trade)
    start = np.where(
        rng.random(size) < NEW_SHARE, rng.integers(60, horizon.size - 30, size), -rng.integers(30, 1500, size)
    )
    gone = np.maximum(start, 0) + rng.exponential(QUARTER_DAYS / VANISH_A_QUARTER, size).astype(np.int64) + 30
    cashout = np.zeros(size, dtype=bool)
    honest = np.flatnonzero(~seasonal & (start < 0) & (gone >= horizon.size))
    cashout[rng.permutation(honest)[: max(1, round(size * CASHOUT_SHARE))]] = True
    vanishes = np.where(gone < horizon.size, gone, NEVER)
    noticed = (vanishes < NEVER) & (rng.random(size) < 0.5)
    weekend = np.array([line.weekend for line in TRADES])[trade]
    weekday = np.ones((size, 7))
    weekday[:, 5:] = weekend[:, None]
    rests = np.flatnonzero((rng.random(size) < CLOSED_WEEKDAY_SHARE) & ~cashout)
    weekday[rests, rng.integers(0, 5, len(rests))] = 0
    base = place.base(6)
    return Shops(
        mer_no=[f"103{4900 + at % 10}{base + at + 1:08d}" for at in range(size)],
        name=[f"示例{TRADES[trade[at]].label}{place.block:02d}{at + 1:04d}号" for at in range(size)],
        owner=owner,
        company=company,
        kind=kind,
        trade=trade,
        region=rng.integers(0, 3, size),
        settles_here=rng.random(size) >= ELSEWHERE_SHARE,
        cycle=(rng.random(size) < DAY0_SHARE).astype(np.int64),
        scale=np.choose(kind, (3.5, 1.6, 1.0)) * rng.lognormal(-0.1, 0.5, size),
        trend=rng.normal(0.04, 0.25, size),
        start=start,
        vanishes=vanishes,
        ends=np.where(noticed, vanishes + rng.integers(40, 120, size), NEVER),
        weekday=weekday,
        seasonal=seasonal,
        cashout=cashout,
        tokenless=(rng.random(size) < TOKENLESS_SHARE) & ~cashout,
        regulars=np.where(cashout, 8, rng.integers(20, 200, size)),
        loyal=np.where(cashout, 0.85, rng.uniform(0.15, 0.7, size)),
        terminals=rng.integers(1, 4, size),
    )


def open_share(shops: Shops, horizon: Horizon, first: int) -> np.ndarray:
    """How busy each merchant is on each day from `first` on (merchants by days), 1 on an ordinary day, 0 when closed."""
    day = np.arange(first, horizon.size)
    dates = horizon.dates[first : horizon.size]
    weekday = (dates.astype(np.int64) + 3) % 7
    busy = shops.weekday[:, weekday]
    offset = horizon.table.festival_offset[first : horizon.size]
    # Most shops are closed on the days around Spring Festival.
    busy = np.where((offset >= -1) & (offset <= 4), busy * 0.25, busy)
    month = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    term = ~np.isin(month, (7, 8)) & ~((offset >= -20) & (offset <= 10))
    busy = np.where(shops.seasonal[:, None] & ~term[None, :], 0, busy)
    busy = busy * np.exp(shops.trend[:, None] * (day - horizon.size)[None, :] / 365)
    return busy * (day[None, :] >= shops.start[:, None]) * (day[None, :] < shops.vanishes[:, None])
