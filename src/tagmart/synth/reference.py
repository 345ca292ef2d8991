"""Organisations, products and the prices of products."""

from __future__ import annotations

from dataclasses import dataclass

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
    """One product; `rate` is the yearly drift of its price, `noise` the daily noise, `face` about where it begins."""

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
    face: float = 1.0

    @property
    def l1_code(self) -> str:
        """The first level: deposit, credit, or agency (what is sold for others or held off the balance sheet)."""
        return {"dep": "deposit", "loan": "credit", "cc": "credit"}.get(self.line_code, "agency")

    @property
    def shelf_from(self) -> str:
        """The date from which it is sold; an assumption of the demo bank."""
        return f"{2019 + sum(self.prod_id.encode()) % 4}-0{1 + sum(self.prod_id.encode()) % 9}-01"

    @property
    def open_type(self) -> str:
        """closed (until its end), open (any trading day), min_hold (from some day on), or empty where nothing is held."""
        if self.line_code in ("tb", "trust") or self.kind_code == "closed":
            return "closed"
        if self.kind_code == "min_hold":
            return "min_hold"
        return "open" if self.line_code in ("wm", "fund", "pm") else ""


def products() -> list[Product]:
    """All products: deposits, wealth, funds, loans, the credit card, metals, savings bonds, trust plans and insurance."""
    deposit = [
        Product("D001", "个人活期存款", "dep", "demand", "retail", None, True, "201101", 0, 0),
        Product("D002", "二类账户活期", "dep", "demand", "retail", None, True, "201101", 0, 0),
        Product("D003", "整存整取定期", "dep", "term", "retail", None, True, "201102", 5_000, 0),
        Product("D004", "个人大额存单", "dep", "cd", "retail", None, True, "201103", 20_000_000, 0),
        Product("D005", "个人通知存款", "dep", "call", "retail", None, True, "201104", 5_000_000, 7),
        Product("D006", "结构性存款", "dep", "structured", "retail", None, True, "201105", 1_000_000, 90),
        Product("D007", "个人外汇活期存款", "dep", "demand", "retail", None, True, "201101", 0, 0),
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
        Product("L001", "个人住房贷款", "loan", "mtg", "retail_loan", None, True, "130301", 0, 0),
        Product("L002", "个人消费贷款", "loan", "cons", "retail_loan", None, True, "130302", 0, 0),
        Product("L003", "信用消费贷", "loan", "cons", "retail_loan", None, True, "130302", 0, 0),
        Product("L004", "个人经营贷款", "loan", "biz", "inclusive", None, True, "130303", 0, 0),
        Product("L005", "公积金委托贷款", "loan", "entrusted", "retail_loan", None, False, "7006", 0, 0),
        Product("L105", "委托贷款", "loan", "entrusted", "corporate", None, False, "7006", 0, 0),
        Product("D101", "单位活期存款", "dep", "demand", "corporate", None, True, "201111", 0, 0),
        Product("D102", "单位定期存款", "dep", "term", "corporate", None, True, "201112", 1_000_000, 0),
        Product("D103", "保证金存款", "dep", "margin", "corporate", None, True, "2002", 0, 0),
        Product("D104", "单位外汇活期存款", "dep", "demand", "corporate", None, True, "201111", 0, 0),
        Product("L101", "流动资金贷款", "loan", "wcap", "corporate", None, True, "130311", 0, 0),
        Product("L102", "固定资产贷款", "loan", "fixed", "corporate", None, True, "130312", 0, 0),
        Product("L103", "贸易融资", "loan", "trade", "corporate", None, True, "130313", 0, 0),
        Product("L104", "个体工商户经营贷款", "loan", "sole", "inclusive", None, True, "130314", 0, 0),
        Product("K001", "标准信用卡", "cc", "std", "credit_card", None, True, "1305", 0, 0),
    ]
    return [*deposit, *closed, *opened, *minimum, *funds, *loans, *_agency_products()]


def _agency_products() -> list[Product]:
    """What is sold for others besides wealth products and funds."""
    metals = [
        Product("G001", "积存金", "pm", "gold", "retail", 3, False, "", 65_000, 0, 0.08, 9e-3, 560.0),
        Product("G002", "示例金条代保管", "pm", "gold", "private", 3, False, "", 650_000, 0, 0.08, 9e-3, 560.0),
    ]
    bonds = [
        Product(f"T{years}0{at}", f"储蓄国债(电子式){years}年{at}期", "tb", "saving", "retail", 1, False, "", 10_000, days, rate)
        for years, days, rate in ((3, 1095, 0.0163), (5, 1826, 0.0170))
        for at in (1, 2, 3)
    ]
    trusts = [
        Product(f"R00{at}", f"示例信托计划{at}号", "trust", "trust", "private", 3 + at % 2, False, "", 30_000_000, days, 0.05, 3e-4)
        for at, days in ((1, 364), (2, 546), (3, 728))
    ]
    kinds = (("protect", "定期寿险"), ("protect", "重大疾病保险"), ("protect", "医疗保险"), ("annuity", "年金保险"), ("endow", "两全保险"), ("unit_linked", "投资连结保险"))
    policies = [
        Product(f"I00{at + 1}", f"示例{label}", "ins", kind, "retail", 3 if kind == "unit_linked" else None, False, "", 10_000, 0)
        for at, (kind, label) in enumerate(kinds)
    ]
    return [*metals, *bonds, *trusts, *policies]
