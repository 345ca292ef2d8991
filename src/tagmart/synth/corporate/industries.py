"""What companies do: classes of GB/T 4754-2017, with the words that their names are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Industry:
    """One class.

    Attributes:
        code: section letter and four digits of GB/T 4754-2017.
        word: what stands in the name of a company of the class.
        weight: how common it is among the bank's companies.
        exports: the share of its companies that have dealings with customs.
    """

    code: str
    word: str
    weight: float
    exports: float = 0.0


INDUSTRIES = (
    Industry("C1461", "酿造", 1),
    Industry("C1711", "纺织", 3, 0.3),
    Industry("C1811", "服饰", 3, 0.4),
    Industry("C2614", "化工", 2, 0.2),
    Industry("C2720", "制药", 1, 0.2),
    Industry("C2929", "塑料制品", 3, 0.3),
    Industry("C3311", "金属结构", 3, 0.2),
    Industry("C3421", "机床", 2, 0.3),
    Industry("C3484", "机械零部件", 5, 0.3),
    Industry("C3670", "汽车零部件", 3, 0.3),
    Industry("C3982", "电子电路", 3, 0.5),
    Industry("D4420", "供电", 0.5),
    Industry("E4710", "建筑工程", 5),
    Industry("E4910", "电气安装", 3),
    Industry("F5123", "果品批发", 4, 0.1),
    Industry("F5164", "金属贸易", 4, 0.2),
    Industry("F5174", "五金商贸", 7, 0.2),
    Industry("F5212", "超市", 4),
    Industry("F5251", "医药零售", 3),
    Industry("G5431", "货运", 4),
    Industry("H6210", "餐饮", 6),
    Industry("I6513", "软件", 4, 0.1),
    Industry("I6531", "系统集成", 3),
    Industry("K7010", "置业", 1),
    Industry("K7020", "物业服务", 3),
    Industry("L7212", "投资管理", 2),
    Industry("N7721", "水污染治理", 2),
    Industry("M7320", "技术研究", 2),
    Industry("O8111", "汽车维修", 3),
    Industry("P8391", "职业培训", 2),
)
# Shops of sole traders, and what is no enterprise.
SHOPS = (
    Industry("F5213", "便利店", 5),
    Industry("H6220", "小吃店", 4),
    Industry("O8111", "汽修店", 2),
    Industry("F5251", "药房", 1),
    Industry("H6210", "餐馆", 4),
    Industry("F5174", "五金店", 2),
)
OF_TYPE = {
    "institution": Industry("Q8421", "社区卫生服务中心", 1),
    "government": Industry("S9221", "综合事务管理局", 1),
    "social": Industry("S9521", "行业协会", 1),
    "fi": Industry("J6629", "合作金融机构", 1),
}
