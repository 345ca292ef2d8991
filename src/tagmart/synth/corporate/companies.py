"""The companies of the demo bank: what they are, how large, who runs them, whom they employ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth import names, reference
from tagmart.synth.calendar import Horizon
from tagmart.synth.corporate import uscc
from tagmart.synth.corporate.industries import INDUSTRIES, OF_TYPE, SHOPS, Industry
from tagmart.synth.population import NEVER, Population
from tagmart.synth.sizes import Place

CORP_TYPES = ("enterprise", "sole", "institution", "government", "social", "fi", "own")
ENTERPRISE, SOLE, INSTITUTION, GOVERNMENT, SOCIAL, FI, OWN = range(7)
TYPE_SHARES = (0.80, 0.15, 0.022, 0.01, 0.012, 0.006)
SIZES = ("large", "medium", "small", "micro")
LARGE, MEDIUM, SMALL, MICRO = range(4)
# Shares from the largest down; the rest is micro.
SIZE_EDGES = (0.01, 0.05, 0.25)
GROUP_SHARE, WRONG_CODE_SHARE, QUIET_SHARE, CLOSED_SHARE, NEW_SHARE = 0.012, 0.01, 0.05, 0.015, 0.08
BASIC_SHARE = 0.4
# Registering authority and kind of entity in the code, by type of company.
_HEADS = ("91", "92", "12", "11", "51", "91", "91")
_SYLLABLES = "华鼎瑞天合金长恒远中新万盛泰隆昌和裕丰源通达信诚明辉宏伟佳嘉康安顺利兴旺荣祥福禄永久正大同德仁义美海江山川云星月光晨曦"
_WORDS = len(_SYLLABLES)


@dataclass(frozen=True)
class Companies:
    """Facts of companies, one array element a company. Days are indexes of the horizon, negative before it.

    Attributes:
        uscc: the code of the register; `written_uscc` what the customer file says, wrong for a few.
        kind: index of CORP_TYPES; scale: index of SIZES.
        revenue: usual monthly revenue in cents, over all its banks.
        employer: the employer (index of the population) that the company is, -1 for none.
        of_employer: for each employer of the population the company, -1 where it is none of the bank's.
        legal_rep: retail customer who represents it by law, -1 where known by name only (`rep_name`).
        operator: retail customer who runs a sole trader, -1 for others.
        group: number of the group, -1 for none; a group's first company is its head.
        circle: number of the guarantee circle, -1 for none.
        quiet_day: no movement of its own from this day on; closing_day: its accounts are closed.
    """

    size: int
    ecif_no: np.ndarray
    name: list[str]
    uscc: list[str]
    written_uscc: list[str]
    kind: np.ndarray
    industry: list[Industry]
    scale: np.ndarray
    staff: np.ndarray
    revenue: np.ndarray
    capital: np.ndarray
    founded: np.ndarray
    open_day: np.ndarray
    quiet_day: np.ndarray
    closing_day: np.ndarray
    outlet: np.ndarray
    employer: np.ndarray
    of_employer: np.ndarray
    legal_rep: np.ndarray
    rep_name: list[str]
    operator: np.ndarray
    group: np.ndarray
    groups: int
    circle: np.ndarray
    circles: int
    has_basic: np.ndarray
    serial: np.ndarray

    @property
    def is_wrong(self) -> np.ndarray:
        """Whose code the customer file has wrong."""
        return np.array([mine != written for mine, written in zip(self.uscc, self.written_uscc, strict=True)])


def make_companies(rng: np.random.Generator, place: Place, people: Population, horizon: Horizon) -> Companies:
    """All companies of a block, those who join during the world included.

    Args:
        rng: stream 40.
        place: the block; `place.sizes.corporate` companies are made.
        people: the retail customers, some of whom own, run or work for a company.
        horizon: the days to live.
    """
    size = place.sizes.corporate
    serial = np.arange(1, size + 1) + place.whole.corporate * place.block // place.count
    kind = _kinds(rng, size)
    employer, of_employer = _employers(rng, people, kind)
    heads = np.bincount(people.employer[people.employer >= 0], minlength=people.employers)
    payroll = np.bincount(
        people.employer[people.employer >= 0],
        weights=people.income[people.employer >= 0],
        minlength=people.employers,
    ).astype(np.int64)
    is_employer = employer >= 0
    mine = np.where(is_employer, heads[np.maximum(employer, 0)], 0)
    scale = _scales(rng, kind, mine)
    open_day = np.where(rng.random(size) < NEW_SHARE, rng.integers(20, horizon.size - 60, size), 0)
    open_day = np.where((open_day == 0) | is_employer, -rng.integers(60, 5000, size), open_day)
    group, groups, circle, circles = _ties(rng, place, kind, open_day)
    bound = is_employer | (group >= 0) | (circle >= 0)
    draw = rng.random(size)
    quiet = ~bound & (open_day < 0) & (draw < QUIET_SHARE)
    closes = ~bound & (open_day < 0) & (draw > 1 - CLOSED_SHARE)
    industry = _industries(rng, kind)
    legal_rep, operator, rep_name = _leaders(rng, people, kind)
    head = [
        f"{_HEADS[what]}{names.REGIONS[spot]}"
        for what, spot in zip(kind, rng.integers(0, len(names.REGIONS), size), strict=True)
    ]
    code = uscc.codes(head, serial * 9_973 % 99_999_989)
    wrong = np.zeros(size, dtype=bool)
    wrong[rng.permutation(size)[: max(1, round(size * WRONG_CODE_SHARE))]] = True
    low, high = np.array([(300, 3000), (100, 300), (12, 100), (1, 10)])[scale].T
    yearly = np.array([(4e8, 2e9), (5e7, 4e8), (3e6, 5e7), (2e5, 3e6)])[scale]
    revenue = (np.exp(rng.uniform(*np.log(yearly).T)) / 12 * 100).astype(np.int64)
    pays = np.where(is_employer, payroll[np.maximum(employer, 0)], 0)
    return Companies(
        size=size,
        ecif_no=np.array([f"2{place.block:02d}{at + 1:07d}" for at in range(size)]),
        name=_names(serial, kind, industry, employer, place.block),
        uscc=code,
        written_uscc=[uscc.miswritten(mine) if bad else mine for mine, bad in zip(code, wrong, strict=True)],
        kind=kind,
        industry=industry,
        scale=scale,
        staff=np.maximum(rng.integers(low, high), mine),
        # Whoever pays wages through the bank earns enough to pay them.
        revenue=np.maximum(revenue, (pays * rng.uniform(2, 5, size)).astype(np.int64)),
        capital=(np.maximum(revenue * rng.uniform(0.5, 6, size), 1_000_000) / 1e7).astype(np.int64) * 10**7 + 10**7,
        founded=np.minimum(open_day, 0) - rng.integers(30, 4000, size),
        open_day=open_day,
        quiet_day=np.where(quiet, rng.integers(60, horizon.size - 30, size), NEVER),
        closing_day=np.where(closes, rng.integers(120, horizon.size - 5, size), NEVER),
        outlet=rng.integers(0, reference.OUTLETS, size),
        employer=employer,
        of_employer=of_employer,
        legal_rep=legal_rep,
        rep_name=rep_name,
        operator=operator,
        group=group,
        groups=groups,
        circle=circle,
        circles=circles,
        has_basic=_chosen(rng, is_employer, BASIC_SHARE),
        serial=serial,
    )


def _kinds(rng: np.random.Generator, size: int) -> np.ndarray:
    """Types of companies in exact shares: of small banks only enterprises and sole traders are certain."""
    edges = np.round(np.cumsum(TYPE_SHARES) / sum(TYPE_SHARES) * size).astype(np.int64)
    return np.searchsorted(edges, rng.permutation(size), side="right")


def _employers(rng: np.random.Generator, people: Population, kind: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which company each employer is; employers that find no company pay through another bank's agency."""
    fits = rng.permutation(np.flatnonzero(kind == ENTERPRISE))
    count = min(people.employers, len(fits))
    employer, of_employer = np.full(len(kind), -1), np.full(people.employers, -1)
    employer[fits[:count]] = np.arange(count)
    of_employer[:count] = fits[:count]
    return employer, of_employer


def _scales(rng: np.random.Generator, kind: np.ndarray, heads: np.ndarray) -> np.ndarray:
    """Sizes in exact shares: who employs more is larger, and sole traders are micro before anybody else."""
    size = len(kind)
    weight = np.log1p(heads) + rng.normal(0, 1.2, size) - 20 * (kind == SOLE)
    rank = np.empty(size, dtype=np.int64)
    rank[np.argsort(-weight, kind="stable")] = np.arange(size)
    return np.searchsorted(np.array(SIZE_EDGES), (rank + 0.5) / size)


def _chosen(rng: np.random.Generator, first: np.ndarray, share: float) -> np.ndarray:
    """A share of all, those with `first` before the others."""
    order = np.argsort(rng.random(len(first)) - 0.4 * first, kind="stable")
    found = np.zeros(len(first), dtype=bool)
    found[order[: round(len(first) * share)]] = True
    return found


def _ties(
    rng: np.random.Generator, place: Place, kind: np.ndarray, open_day: np.ndarray
) -> tuple[np.ndarray, int, np.ndarray, int]:
    """Groups of 2 to 6 companies, and the bank's three guarantee circles of 4 to 7, as far as the size allows."""
    size = len(kind)
    group, circle = np.full(size, -1), np.full(size, -1)
    free = list(rng.permutation(np.flatnonzero((kind == ENTERPRISE) & (open_day < -200))))
    circles = sum(1 for number in range(3) if number % place.count == place.block)
    circles = min(circles, max(1, size // 40)) if circles else 0
    made = 0
    for _ in range(circles):
        members = [free.pop() for _ in range(min(int(rng.integers(4, 8)), len(free), max(4, size // 8)))]
        if len(members) >= 3:
            circle[members] = made
            made += 1
    groups = 0
    for _ in range(max(1, round(size * GROUP_SHARE))):
        members = [free.pop() for _ in range(min(int(rng.integers(2, 7)), len(free)))]
        if len(members) >= 2:
            group[members] = groups
            groups += 1
    return group, groups, circle, made


def _industries(rng: np.random.Generator, kind: np.ndarray) -> list[Industry]:
    weight = np.array([item.weight for item in INDUSTRIES])
    usual = rng.choice(len(INDUSTRIES), len(kind), p=weight / weight.sum())
    shop_weight = np.array([item.weight for item in SHOPS])
    shop = rng.choice(len(SHOPS), len(kind), p=shop_weight / shop_weight.sum())
    return [
        SHOPS[small] if what == SOLE else OF_TYPE.get(CORP_TYPES[what], INDUSTRIES[large])
        for what, large, small in zip(kind, usual, shop, strict=True)
    ]


def _leaders(
    rng: np.random.Generator, people: Population, kind: np.ndarray
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Legal representatives, a third of them retail customers; sole traders are run by customers, as owners are."""
    size = len(kind)
    owners = np.array([occupation == "owner" for occupation in people.occupation])
    adult = (people.birth < np.datetime64("2002-01-01")) & (people.open_day < 0) & (people.closing_day == NEVER)
    fits = np.flatnonzero(adult & (people.band > 0))
    fits = fits[np.argsort(rng.random(len(fits)) - 0.5 * owners[fits], kind="stable")]
    person = fits[np.arange(size) % max(len(fits), 1)] if len(fits) else np.full(size, -1)
    operator = np.where(kind == SOLE, person, -1)
    legal_rep = np.where((kind == SOLE) | (rng.random(size) < 0.35), person, -1)
    strangers = names.person_names(rng, rng.random(size) < 0.7)
    return legal_rep, operator, [people.name[who] if who >= 0 else strangers[at] for at, who in enumerate(legal_rep)]


def _names(
    serial: np.ndarray, kind: np.ndarray, industry: list[Industry], employer: np.ndarray, block: int
) -> list[str]:
    """Invented names, no name twice in the bank; employers are called what their people say."""
    mixed = serial * 7919 % _WORDS**3
    found = []
    for at, number in enumerate(mixed):
        word = "".join(_SYLLABLES[number // _WORDS**place % _WORDS] for place in range(3))
        if kind[at] == SOLE:
            found.append(f"示例市{word}{industry[at].word}")
        elif employer[at] >= 0:
            found.append(names.employer_name(int(employer[at]), block))
        elif kind[at] == ENTERPRISE:
            found.append(f"示例{word}{industry[at].word}{'股份有限公司' if number % 9 == 0 else '有限公司'}")
        else:
            found.append(f"示例市{word}{industry[at].word}")
    return found
