"""Names, document numbers and phone numbers: valid in form, and impossible for a real person to hold.

Document numbers use region codes that were never assigned, phone numbers a segment that no operator has.
"""

from __future__ import annotations

import numpy as np

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范"
DOUBLE_SURNAMES = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫")
GIVEN_M = "伟强磊洋勇军杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆旭宁龙林峰建国志文海山仁庆"
GIVEN_F = "芳娜敏静丽艳娟霞秀燕玲桂英梅红萍雪琳慧婷颖欣悦瑶洁莉兰凤珍云倩雯佳怡梦琪露"
RARE = "㛃𠮷䶮𬭚㼆"
# Pairs of letters that are taken for each other.
LOOKALIKES = (
    "伟玮强墙磊垒洋扬勇永军君杰捷涛滔超朝明名刚钢平萍辉晖鹏朋飞非鑫新波博斌彬浩昊"
    "健建俊峻帆凡林琳峰锋芳方敏民静婧丽莉艳燕娟捐霞侠秀绣玲铃英瑛梅玫"
)
MINORITY = ("阿依古丽", "买买提", "古丽娜尔", "吐尔逊", "阿卜杜拉", "热依汗", "扎西", "卓玛", "努尔兰", "艾力")
FOREIGN = (("Anna", "Beispiel"), ("John Q.", "Sample"), ("María José", "Prueba"), ("Jean·Paul", "Exemple"))
REGIONS = ("990101", "990102", "990203", "991201", "999999")
OTHER_BANKS = ("B102", "B103", "B104", "B105", "B308", "B403")
PHONE_PREFIX = "100"
TOWNS = ("示例市东城区", "示例市西城区", "样本县城关镇", "样本县河口乡", "测试市高新区", "测试市老港区")
ROADS = ("和平路", "建设路", "解放街", "学府路", "滨河大道", "工业一路")
FIRMS = ("华远", "鼎新", "瑞丰", "天一", "合众", "金桥", "长青", "恒泰", "远大", "中和", "新光", "万里")
TRADES = ("机械制造", "商贸", "信息技术", "纺织", "物流", "建筑工程", "食品", "医药", "教育咨询", "化工")
SHOPS = ("便利店", "超市", "餐馆", "加油站", "药房", "服装店", "书店", "水果店")

_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECK = np.array(list("10X98765432"))


def person_names(rng: np.random.Generator, is_male: np.ndarray, with_rare: bool = True) -> list[str]:
    """One Chinese name per person; some with rare characters, of minorities with a dot, or foreign with blanks."""
    size = len(is_male)
    surname = rng.choice(len(SURNAMES), size, p=_zipf(len(SURNAMES)))
    given = rng.integers(0, 30, (size, 2))
    is_short = rng.random(size) < 0.25
    special = rng.random(size) if with_rare else np.ones(size)
    picks = rng.integers(0, 1000, size)
    names = []
    for at in range(size):
        chars = GIVEN_M if is_male[at] else GIVEN_F
        first, second = chars[given[at, 0]], chars[given[at, 1]]
        family = SURNAMES[surname[at]]
        if special[at] < 0.006:
            second = RARE[picks[at] % len(RARE)]
        elif special[at] < 0.016:
            names.append(f"{MINORITY[picks[at] % 10]}·{MINORITY[(picks[at] // 10) % 10]}")
            continue
        elif special[at] < 0.017:
            names.append(" ".join(FOREIGN[picks[at] % len(FOREIGN)]))
            continue
        elif special[at] < 0.022:
            family = DOUBLE_SURNAMES[picks[at] % len(DOUBLE_SURNAMES)]
        names.append(family + (second if is_short[at] else first + second))
    return names


def _zipf(size: int) -> np.ndarray:
    weight = 1.0 / np.arange(3, size + 3)
    return weight / weight.sum()


def resident_numbers(
    rng: np.random.Generator, birth: np.ndarray, is_male: np.ndarray, block: int = 0, blocks: int = 1
) -> list[str]:
    """18-digit resident numbers with a right check digit, a reserved region, and no number twice.

    Of several blocks each has a range of the day's order numbers to itself; where it is used up, another region is taken.
    """
    size = len(birth)
    region = rng.integers(0, len(REGIONS), size)
    drawn = rng.integers(0, 499, size)
    low, high = 499 * block // blocks, 499 * (block + 1) // blocks
    day = [str(value).replace("-", "") for value in birth]
    seen: set[str] = set()
    bodies = []
    for at in range(size):
        tries = 0
        while True:
            order = low + (int(drawn[at]) + tries) % (high - low)
            place = REGIONS[(int(region[at]) + tries // (high - low)) % len(REGIONS)]
            body = f"{place}{day[at]}{order * 2 + int(is_male[at]):03d}"
            if body not in seen:
                break
            tries += 1
        seen.add(body)
        bodies.append(body)
    digits = np.array([list(body) for body in bodies], dtype=np.int64)
    check = _CHECK[(digits * _WEIGHTS).sum(axis=1) % 11]
    return [body + mark for body, mark in zip(bodies, check, strict=True)]


def permit_number(number: str, at: int) -> str:
    """The number of a residence permit for Hong Kong, Macao or Taiwan (81, 82, 83), in a region that does not exist."""
    body = f"8{at % 3 + 1}9900{number[6:17]}"
    return body + str(_CHECK[(np.array(list(body), dtype=np.int64) * _WEIGHTS).sum() % 11])


def old_number(number: str) -> str:
    """The 15-digit form of an 18-digit number of someone born in the twentieth century."""
    return number[:6] + number[8:17]


def phone_numbers(rng: np.random.Generator, size: int) -> list[str]:
    """Eleven-digit numbers in an unassigned segment."""
    return [f"{PHONE_PREFIX}{value:08d}" for value in rng.integers(0, 10**8, size)]


def varied_name(name: str, variant: int) -> str:
    """An own name as another bank wrote it: as it is, with a blank, with full-width blanks or a bad case of both."""
    if variant == 1:
        return f"{name[:1]} {name[1:]}"
    if variant == 2:
        return f"{name}　"
    if variant == 3:
        return name.replace("·", "．")
    return name


def typo_name(name: str) -> str:
    """A name with one letter taken for one that looks or sounds like it."""
    for at in range(len(name) - 1, 0, -1):
        place = LOOKALIKES.find(name[at])
        if place >= 0:
            return name[:at] + LOOKALIKES[place ^ 1] + name[at + 1 :]
    return name[:-1] + ("文" if name[-1] != "文" else "雯")


def employer_name(at: int, block: int = 0) -> str:
    """The name of employer number `at` of a block."""
    number = f"{at // 120 or ''}" if not block else f"{block:02d}{at // 120:03d}"
    return f"示例{FIRMS[at % len(FIRMS)]}{TRADES[(at // len(FIRMS)) % len(TRADES)]}有限公司{number}"


def address_of(at: int) -> str:
    """An address in a town that does not exist."""
    return f"{TOWNS[at % 6]}{ROADS[(at // 6) % 6]}{at % 389 + 1}号{at % 30 + 1}栋{at % 18 + 1}0{at % 4 + 1}室"
