"""Organisations, products and the prices of products."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.calendar import Horizon

TIER1_PLACES = (("东城", "990100"), ("西城", "990200"), ("滨河", "991200"))
OUTLET_PLACES = ("和平路", "建设路", "解放街", "学府路", "滨河", "工业园", "老港", "新港", "高新", "人民广场")
OUTLETS = 20
HEAD_ID = "H000"


@dataclass(frozen=True)
class Organisation:
    """One organisation of the bank."""

    org_id: str
    org_name: str
    parent_id: str
    level_code: str
    region_code: str
    gl_org_id: str
    open_date: str


def organisations() -> list[Organisation]:
    """Head office, three branches and their outlets; outlets keep their books at the branch above."""
    found = [Organisation(HEAD_ID, "示例银行总行", "", "head", "990101", HEAD_ID, "1996-05-18")]
    for at, (place, region) in enumerate(TIER1_PLACES):
        found.append(
            Organisation(
                f"B{at + 1}00", f"示例银行{place}分行", HEAD_ID, "tier1", region, f"B{at + 1}00", f"{1997 + at}-03-01"
            )
        )
    found.extend(
        Organisation(
            f"B{at % 3 + 1}{at // 3 + 1:02d}",
            f"示例银行{TIER1_PLACES[at % 3][0]}{OUTLET_PLACES[at % 10]}支行",
            f"B{at % 3 + 1}00",
            "outlet",
            TIER1_PLACES[at % 3][1],
            f"B{at % 3 + 1}00",
            f"{1998 + at}-0{at % 9 + 1}-15",
        )
        for at in range(OUTLETS)
    )
    return found


def outlet_ids() -> list[str]:
    """The outlets, in the order that the population counts them."""
    return [org.org_id for org in organisations() if org.level_code == "outlet"]


@dataclass(frozen=True)
class Product:
    """One product; `rate` is the yearly drift of its price, `noise` the daily noise."""

    prod_id: str
    prod_name: str
    line_code: str
    kind_code: str
    business_line: str
    risk_level: int | None
    is_on_balance: bool
    gl_subject: str
    min_cents: int
    hold_days: int
    rate: float = 0.0
    noise: float = 0.0


def products() -> list[Product]:
    """Forty products: deposits, wealth, funds, loans and the credit card."""
    deposit = [
        Product("D001", "个人活期存款", "dep", "demand", "retail", None, True, "2011", 0, 0),
        Product("D002", "二类账户活期", "dep", "demand", "retail", None, True, "2011", 0, 0),
        Product("D003", "整存整取定期", "dep", "term", "retail", None, True, "2012", 5_000, 0),
        Product("D004", "个人大额存单", "dep", "cd", "retail", None, True, "2013", 20_000_000, 0),
        Product("D005", "个人通知存款", "dep", "call", "retail", None, True, "2014", 5_000_000, 7),
        Product("D006", "结构性存款", "dep", "structured", "retail", None, True, "2015", 1_000_000, 90),
    ]
    closed = [
        Product(
            f"W1{days:02d}",
            f"安稳封闭{days}天{level}号",
            "wm",
            "closed",
            "retail",
            level,
            False,
            "",
            1_000_000,
            days,
            0.032,
            2e-5,
        )
        for days, level in ((35, 2), (63, 2), (91, 2), (98, 3), (182, 2), (365, 3), (370, 2))
    ]
    opened = [
        Product(f"W20{at}", f"日日宝{at}号", "wm", "open", "retail", 1 + at % 2, False, "", 100, 0, 0.022, 1e-5)
        for at in range(1, 6)
    ]
    minimum = [
        Product(
            f"W30{at}",
            f"最短持有{days}天{at}号",
            "wm",
            "min_hold",
            "private" if at > 3 else "retail",
            2 + at % 2,
            False,
            "",
            100_000,
            days,
            0.034,
            2e-4,
        )
        for at, days in ((1, 7), (2, 14), (3, 30), (4, 90), (5, 180))
    ]
    fund_kinds = (
        ("money", 1, 0.018, 0.0),
        ("bond", 2, 0.035, 6e-4),
        ("mixed", 3, 0.05, 7e-3),
        ("equity", 4, 0.06, 1.2e-2),
        ("equity", 5, 0.08, 1.6e-2),
    )
    labels = {"money": "货币", "bond": "债券", "mixed": "混合", "equity": "股票"}
    funds = [
        Product(
            f"F{at + 1:03d}",
            f"示例{labels[kind]}基金{at + 1}号",
            "fund",
            kind,
            "retail",
            level,
            False,
            "",
            1_000,
            0,
            rate,
            noise,
        )
        for at in range(12)
        for kind, level, rate, noise in (fund_kinds[at % 5],)
    ]
    loans = [
        Product("L001", "个人住房贷款", "loan", "mtg", "retail_loan", None, True, "1301", 0, 0),
        Product("L002", "个人消费贷款", "loan", "cons", "retail_loan", None, True, "1302", 0, 0),
        Product("L003", "信用消费贷", "loan", "cons", "retail_loan", None, True, "1302", 0, 0),
        Product("L004", "个人经营贷款", "loan", "biz", "inclusive", None, True, "1303", 0, 0),
        Product("K001", "标准信用卡", "cc", "std", "credit_card", None, True, "1305", 0, 0),
    ]
    return [*deposit, *closed, *opened, *minimum, *funds, *loans]


@dataclass(frozen=True)
class Shelf:
    """What can be invested in: products and their price per lived day."""

    items: list[Product]
    price: np.ndarray

    def of(self, line: str, kind: str | None = None) -> np.ndarray:
        """Indexes of the products of a line, and of a kind if given."""
        return np.array(
            [at for at, item in enumerate(self.items) if item.line_code == line and kind in (None, item.kind_code)],
            dtype=np.int64,
        )


def invest_shelf(rng: np.random.Generator, horizon: Horizon) -> Shelf:
    """Wealth and fund products with prices that move on trading days only, rounded to four decimals."""
    items = [item for item in products() if item.line_code in ("wm", "fund")]
    size = len(horizon.dates)
    traded = horizon.table.is_trading_day
    # One market factor moves all equity together: a bad week is a bad week for everybody.
    market = rng.normal(0, 1, size)
    price = np.empty((len(items), size))
    for at, item in enumerate(items):
        noise = item.noise * (0.8 * market + 0.6 * rng.normal(0, 1, size)) * traded
        price[at] = np.round(rng.uniform(0.95, 1.3) * np.exp(np.cumsum(item.rate / 365 + noise)), 4)
        price[at] = price[at][_carried(traded)]
    return Shelf(items, price)


def _carried(traded: np.ndarray) -> np.ndarray:
    """For each day the index of the last trading day up to it."""
    return np.maximum.accumulate(np.where(traded, np.arange(len(traded)), 0))
