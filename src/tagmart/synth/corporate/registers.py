"""What registers outside the bank say of companies: business registry, tax, customs, courts, lists of the good ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth import names
from tagmart.synth.calendar import Horizon
from tagmart.synth.corporate.companies import ENTERPRISE, LARGE, MEDIUM, MICRO, SMALL, SOLE, Companies
from tagmart.synth.population import NEVER

LIST_CODES = ("above_scale", "listed", "innovative", "srdi", "little_giant", "high_tech")
ABOVE_SCALE, LISTED, INNOVATIVE, SRDI, LITTLE_GIANT, HIGH_TECH = range(6)
CASE_KINDS = ("civil", "enforce", "dishonest", "limit_consume")
GRADES = ("A", "B", "M", "C", "D")
AUTHORISED_SHARE, LAPSED_SHARE, ABNORMAL_SHARE, NEW_REP_SHARE, COURT_SHARE = 0.6, 0.15, 0.02, 0.04, 0.025
LIST_YEARS = 3


@dataclass(frozen=True)
class Registers:
    """Facts of companies (one array element a company) and of court cases and list entries (one element each).

    Attributes:
        new_rep_day, new_rep: when another legal representative was registered, and who; NEVER for most.
        abnormal_from, abnormal_to: when the company was on the list of abnormal operation; NEVER for most.
        auth_from, auth_to: of the authorisation to read its tax and customs data, NEVER where it gave none.
        grade: tax credit grade, index of GRADES.
        sales: cents of sales by company (rows) and lived month (columns) as declared for VAT.
        exports, imports: cents by company and lived month; 0 for those without dealings abroad.
        case_owner ...: court cases; `case_end` NEVER while open.
        list_owner ...: entries of lists in force from `list_from` to before `list_to`; `list_batch` is the year.
    """

    new_rep_day: np.ndarray
    new_rep: list[str]
    abnormal_from: np.ndarray
    abnormal_to: np.ndarray
    auth_from: np.ndarray
    auth_to: np.ndarray
    grade: np.ndarray
    sales: np.ndarray
    exports: np.ndarray
    imports: np.ndarray
    case_owner: np.ndarray
    case_kind: np.ndarray
    case_is_plaintiff: np.ndarray
    case_cents: np.ndarray
    case_start: np.ndarray
    case_end: np.ndarray
    list_owner: np.ndarray
    list_code: np.ndarray
    list_batch: np.ndarray
    list_from: np.ndarray
    list_to: np.ndarray


def make_registers(rng: np.random.Generator, firms: Companies, late: np.ndarray, horizon: Horizon) -> Registers:
    """Make what registers know.

    Args:
        rng: of this part.
        firms: the companies.
        late: companies that stop paying the bank: some of them have a case.
        horizon: the lived days.
    """
    size = firms.size
    changes = _some(rng, firms.kind == ENTERPRISE, NEW_REP_SHARE)
    rep_day = np.where(changes, rng.integers(20, horizon.size - 5, size), NEVER)
    # One change lies in the last month, so that somebody has to be warned of it.
    rep_day[np.flatnonzero(changes)[:1]] = horizon.size - 20
    abnormal = _some(rng, firms.open_day < 0, ABNORMAL_SHARE)
    since = np.where(abnormal, rng.integers(60, horizon.size - 30, size), NEVER)
    until = np.where(abnormal & (rng.random(size) < 0.3), since + rng.integers(20, 200, size), NEVER)
    authorised = _some(rng, firms.kind != SOLE, AUTHORISED_SHARE)
    lapsed = authorised & _some(rng, authorised, LAPSED_SHARE)
    auth_from = np.where(authorised, np.maximum(firms.open_day, -rng.integers(10, 700, size)), NEVER)
    auth_to = np.where(lapsed, rng.integers(horizon.size - 300, horizon.size - 40, size), horizon.size + 200)
    auth_to = np.where(authorised, np.maximum(auth_to, auth_from + 30), NEVER)
    grade = rng.choice(5, size, p=(0.25, 0.45, 0.1, 0.15, 0.05))
    grade = np.where(firms.founded > horizon.size - 400, GRADES.index("M"), grade)
    growth = np.exp(rng.normal(0.004, 0.012, size))[:, None] ** np.arange(horizon.months)[None, :]
    noise = rng.lognormal(-0.02, 0.2, (size, horizon.months))
    sales = (firms.revenue[:, None] * growth * noise).astype(np.int64)
    exposure = np.array([item.exports for item in firms.industry])
    trades = rng.random(size) < exposure
    share = np.where(trades, rng.uniform(0.1, 0.7, size), 0)[:, None]
    exports = (sales * share * rng.lognormal(-0.05, 0.3, sales.shape)).astype(np.int64)
    imports = (exports * rng.uniform(0, 0.6, size)[:, None]).astype(np.int64)
    return Registers(
        rep_day, names.person_names(rng, rng.random(size) < 0.7), since, until, auth_from, auth_to, grade, sales, exports,
        imports, *_cases(rng, firms, late, horizon), *_lists(rng, firms, horizon),
    )


def _some(rng: np.random.Generator, fits: np.ndarray, share: float) -> np.ndarray:
    """A share of all that fit, at least one."""
    found = np.zeros(len(fits), dtype=bool)
    chosen = rng.permutation(np.flatnonzero(fits))
    found[chosen[: max(1, round(fits.sum() * share))]] = True
    return found


def _cases(rng: np.random.Generator, firms: Companies, late: np.ndarray, horizon: Horizon) -> tuple[np.ndarray, ...]:
    """Cases of a few companies, first of those who do not pay: one of them is a dishonest debtor."""
    others = rng.permutation(np.setdiff1d(np.arange(firms.size), late))
    owner = np.r_[late[: max(1, len(late) // 2)], others[: max(1, round(firms.size * COURT_SHARE))]]
    count = len(owner)
    kind = rng.choice(4, count, p=(0.6, 0.25, 0.08, 0.07))
    kind[:1] = CASE_KINDS.index("dishonest")
    start = rng.integers(-100, horizon.size - 5, count)
    end = np.where(rng.random(count) < 0.35, start + rng.integers(30, 300, count), NEVER)
    end[:1] = NEVER
    plaintiff = (kind == 0) & (rng.random(count) < 0.4)
    cents = np.maximum((firms.revenue[owner] * rng.uniform(0.05, 1.5, count)).astype(np.int64) // 100_000, 1) * 100_000
    return owner, kind, plaintiff, cents, start, end


def _lists(rng: np.random.Generator, firms: Companies, horizon: Horizon) -> tuple[np.ndarray, ...]:
    """Entries of a few years' batches; a little giant is also srdi, and that is also innovative."""
    is_firm, draw = firms.kind == ENTERPRISE, rng.random(firms.size)
    middle = np.isin(firms.scale, (MEDIUM, SMALL))
    holds = {
        ABOVE_SCALE: is_firm & np.isin(firms.scale, (LARGE, MEDIUM)),
        LISTED: is_firm & (firms.scale == LARGE) & (draw < 0.5),
        INNOVATIVE: is_firm & middle & (draw < 0.35),
        SRDI: is_firm & middle & (draw < 0.2),
        LITTLE_GIANT: is_firm & middle & (draw < 0.08),
        HIGH_TECH: is_firm & (firms.scale < MICRO) & (draw < 0.3),
    }
    issued = {ABOVE_SCALE: 40, LISTED: 70, INNOVATIVE: 100, SRDI: 160, LITTLE_GIANT: 190, HIGH_TECH: 330}
    first_year = int(horizon.origin.astype("datetime64[Y]").astype(int)) + 1970
    rows = []
    for code, mask in holds.items():
        for who in np.flatnonzero(mask):
            year = first_year - LIST_YEARS + 1 + int(firms.serial[who] * 7 + code) % 4
            # Above scale is judged anew every year, and some fall below it; the others are valid for three years.
            until = first_year + (2 if firms.serial[who] % 3 == 0 else 3)
            years = range(first_year - 1, until) if code == ABOVE_SCALE else (year, year + LIST_YEARS)
            for batch in years:
                start = horizon.index(f"{batch}-01-01") + issued[code]
                rows.append((who, code, batch, start, start + (365 if code == ABOVE_SCALE else 1095)))
    rows = [row for row in rows if row[3] < horizon.size] or [(0, INNOVATIVE, first_year - 1, -100, 995)]
    return tuple(np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
