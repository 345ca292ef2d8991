"""Accounts of companies: settlement accounts by nature, term deposits and the margin behind bills and guarantees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.calendar import Horizon
from tagmart.synth.corporate.companies import ENTERPRISE, FI, SOLE, Companies
from tagmart.synth.corporate.lending import OffBalance
from tagmart.synth.population import NEVER
from tagmart.synth.sizes import Place

NATURES = ("basic", "general", "special", "temporary", "margin")
BASIC, GENERAL, SPECIAL, TEMPORARY, MARGIN = range(5)
KINDS = ("demand", "term", "margin")
DEMAND, TERM, HELD = range(3)
PRODUCTS = ("D101", "D102", "D103")
SUBJECTS = ("201111", "201112", "2002")
SPECIAL_SHARE, TEMPORARY_SHARE, TERM_SHARE = 0.12, 0.03, 0.18


@dataclass(frozen=True)
class CorporateAccounts:
    """Accounts, one array element an account; `main`, `special`, `term`, `margin` give a company's account or -1.

    Attributes:
        opening: cents before the first day; usual: the balance that a company spends down to.
    """

    owner: np.ndarray
    nature: np.ndarray
    kind: np.ndarray
    opened: np.ndarray
    closing: np.ndarray
    opening: np.ndarray
    usual: np.ndarray
    main: np.ndarray
    special: np.ndarray
    term: np.ndarray
    margin: np.ndarray
    numbers: np.ndarray


@dataclass(frozen=True)
class Deposits:
    """Term deposits of companies, one array element each; those of the future are opened by a transfer of their day."""

    owner: np.ndarray
    principal: np.ndarray
    rate_bp: np.ndarray
    term: np.ndarray
    start: np.ndarray
    due: np.ndarray
    pledged: np.ndarray


TERM_CODES = ("3m", "6m", "1y", "2y", "3y")
_TERM_DAYS = np.array((91, 182, 365, 730, 1095))
_RATE_BP = np.array((80, 100, 110, 120, 150))


def make_deposits(rng: np.random.Generator, firms: Companies, horizon: Horizon) -> Deposits:
    """Companies with money to spare place some of it again and again."""
    fits = np.flatnonzero((firms.kind != SOLE) & (firms.open_day < -60) & (firms.closing_day == NEVER))
    holders = rng.permutation(fits)[: max(2, round(firms.size * TERM_SHARE))]
    rows = []
    for who in holders:
        term = int(rng.choice(5, p=(0.2, 0.25, 0.35, 0.1, 0.1)))
        cents = max(5, int(firms.revenue[who] * rng.uniform(0.1, 0.6)) // 1_000_000) * 1_000_000
        start = max(-int(rng.integers(1, _TERM_DAYS[term])), int(firms.open_day[who]) + 5)
        while start < min(horizon.size, firms.quiet_day[who]):
            due = start + int(_TERM_DAYS[term])
            rows.append((who, cents, _RATE_BP[term], term, start, due, rng.random() < 0.05))
            if rng.random() > 0.95:
                break
            start = due + 1
    owner, cents, rate, term, start, due, pledged = (np.array(column) for column in zip(*rows, strict=True))
    return Deposits(owner, cents, rate, term, start, due, pledged)


def make_accounts(
    rng: np.random.Generator, firms: Companies, deposits: Deposits, offbal: OffBalance, place: Place
) -> CorporateAccounts:
    """One settlement account for every company, basic for those whose main bank this is, and others as needed."""
    size = firms.size
    everyone = np.ones(size, dtype=bool)
    lasting = (firms.closing_day == NEVER) & (firms.open_day < 0)
    holds, needs = np.isin(np.arange(size), deposits.owner), np.isin(np.arange(size), offbal.owner[offbal.margin > 0])
    special = lasting & (firms.kind != SOLE) & (rng.random(size) < SPECIAL_SHARE)
    temporary = lasting & (firms.kind == ENTERPRISE) & (rng.random(size) < TEMPORARY_SHARE)
    groups = (
        (everyone, np.where(firms.has_basic, BASIC, GENERAL), DEMAND),
        (special, np.full(size, SPECIAL), DEMAND),
        (temporary, np.full(size, TEMPORARY), DEMAND),
        (holds, np.full(size, GENERAL), TERM),
        (needs, np.full(size, MARGIN), HELD),
    )
    owner, nature, kind, places, offset = [], [], [], [], 0
    for mask, natures, what in groups:
        who = np.flatnonzero(mask)
        at = np.full(size, -1)
        at[who] = offset + np.arange(len(who))
        offset += len(who)
        owner.append(who)
        nature.append(natures[who])
        kind.append(np.full(len(who), what))
        places.append(at)
    owners, natures, kinds = np.concatenate(owner), np.concatenate(nature), np.concatenate(kind)
    main = places[0]
    is_main = np.arange(len(owners)) < size
    usual = np.maximum(firms.revenue[owners] * np.where(firms.has_basic[owners], 0.35, 0.15), 500_000).astype(np.int64)
    usual = np.where(firms.kind[owners] == FI, usual * 4, usual)
    usual = np.where(is_main, usual, usual // 4)
    opening = (usual * rng.lognormal(0, 0.5, len(owners))).astype(np.int64)
    opened = firms.open_day[owners] + np.where(is_main, 0, 3)
    opening = np.where((kinds == DEMAND) & (opened < 0), opening, 0)
    first_held = _first_days(size, deposits.owner, deposits.start)
    first_margin = _first_days(size, offbal.owner[offbal.margin > 0], offbal.start[offbal.margin > 0])
    opened = np.select([kinds == TERM, kinds == HELD], [first_held[owners], first_margin[owners]], opened)
    old = np.flatnonzero(deposits.start < 0)
    np.add.at(opening, places[3][deposits.owner[old]], deposits.principal[old])
    held = np.flatnonzero((offbal.start < 0) & (offbal.margin > 0))
    np.add.at(opening, places[4][offbal.owner[held]], offbal.margin[held])
    count = len(owners)
    numbers = np.array([f"980{place.block:02d}{at:011d}" for at in rng.permutation(count * 9)[:count] + 10**9])
    return CorporateAccounts(
        owners, natures, kinds, opened, firms.closing_day[owners], opening, usual,
        main, places[1], places[3], places[4], numbers,
    )


def _first_days(size: int, owner: np.ndarray, start: np.ndarray) -> np.ndarray:
    found = np.full(size, NEVER)
    np.minimum.at(found, owner, start)
    return found
