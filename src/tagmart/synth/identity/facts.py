"""What the bank knows beside the customer file: identity checks, overrides, households, co-managers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.calendar import Horizon
from tagmart.synth.identity.doubles import HOWS
from tagmart.synth.population import NEVER, Population
from tagmart.synth.relations import MANAGERS_PER_OUTLET, Spans

CHECK_RESULTS = ("match", "mismatch", "not_found")
CHECK_BY = ("open_account", "card_apply", "id_update", "remote")
OVERRIDE_KINDS = ("tier", "exclude", "family")
OVERRIDE_VALUES = ("growth", "wealth", "high", "private", "all", "call", "sms")
OVERRIDE_REASONS = ("campaign", "relationship", "complaint", "litigation", "staff", "key_client")
HOUSEHOLD_KINDS = ("spouse", "child", "supplementary")
CO_SHARE = 3_000
WHOLE = 10_000


@dataclass(frozen=True)
class Checks:
    """Identity checks (联网核查), one array element a check, in the order of time."""

    owner: np.ndarray
    day: np.ndarray
    second: np.ndarray
    result: np.ndarray
    by: np.ndarray


def make_checks(rng: np.random.Generator, people: Population, horizon: Horizon) -> Checks:
    """A check when a number is opened (of the last five years) and now and then later.

    One number with two names answers mismatch, a wrong digit not found, as the police's register would.
    """
    is_resident = [
        kind == "resident" and number != "" for kind, number in zip(people.id_type, people.id_no, strict=True)
    ]
    has_number = np.array(is_resident)
    opened = np.flatnonzero(has_number & (people.open_day > -1800))
    again = np.repeat(np.flatnonzero(has_number), rng.poisson(0.08, int(has_number.sum())))
    owner = np.r_[opened, again]
    low = np.clip(people.open_day[again] + 1, 0, horizon.size - 1)
    later = rng.integers(low, horizon.size)
    day = np.r_[people.open_day[opened], later]
    by = np.r_[np.zeros(len(opened), int), rng.integers(1, len(CHECK_BY), len(again))]
    truth = np.zeros(people.size, dtype=np.int64)
    truth[people.twins[:, 1]] = 1
    pairs = people.doubles
    truth[pairs.copied[pairs.how == HOWS.index("name_typo")]] = 1
    truth[pairs.copied[pairs.how == HOWS.index("number_typo")]] = 2
    noise = (rng.random(len(owner)) < 0.002) & (truth[owner] == 0)
    second = rng.integers(8 * 3600, 20 * 3600, len(owner))
    order = np.lexsort((owner, second, day))
    result = np.where(noise, 2, truth[owner])
    return Checks(owner[order], day[order], second[order], result[order], by[order])


def make_overrides(rng: np.random.Generator, people: Population, horizon: Horizon) -> Spans:
    """Tiers and lists set by hand. `kind` is kind * 16 + value, `extra` the reason."""
    rich = np.flatnonzero((people.band >= 3) & (people.open_day < horizon.size - 60))
    known = np.flatnonzero(people.has_account & (people.open_day < horizon.size - 60))
    parts = []
    for kind, who, share, values in (
        (0, rich, 0.001, (0, 1, 2, 3)),
        (1, known, 0.002, (4, 5, 6)),
        (2, rich, 0.001, (1, 2, 3)),
    ):
        chosen = rng.permutation(who)[: max(1, round(people.size * share))]
        start = np.maximum(rng.integers(-200, horizon.size - 30, len(chosen)), people.open_day[chosen] + 1)
        # One tier and one family tier is in force at the end.
        start[:1] = start[:1] if kind == 1 else horizon.size - 60
        ends = (rng.random(len(chosen)) < 0.6) | (kind == 0)
        end = np.where(ends, start + rng.choice((90, 180, 365), len(chosen)), NEVER)
        parts.append((chosen, kind * 16 + rng.choice(values, len(chosen)), start, end, rng.integers(0, 6, len(chosen))))
    return Spans(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def with_co_managers(rng: np.random.Generator, managers: Spans, people: Population) -> Spans:
    """Assignments with shares (`extra`, in ten-thousandths): a sixth of the rich have a second manager with 30 %."""
    shared = np.flatnonzero((people.band[managers.owner] >= 4) & (rng.random(len(managers.owner)) < 0.17))
    main = np.full(len(managers.owner), WHOLE)
    main[shared] -= CO_SHARE
    number = managers.kind[shared]
    other = number // MANAGERS_PER_OUTLET * MANAGERS_PER_OUTLET + (number + 1) % MANAGERS_PER_OUTLET
    return Spans(
        np.r_[managers.owner, managers.owner[shared]],
        np.r_[managers.kind, other],
        np.r_[managers.start, managers.start[shared]],
        np.r_[managers.end, managers.end[shared]],
        np.r_[main, np.full(len(shared), CO_SHARE)],
    )


@dataclass(frozen=True)
class Households:
    """Declared ties between two customers, one array element a tie; days from which they are known."""

    first: np.ndarray
    second: np.ndarray
    kind: np.ndarray
    start: np.ndarray


def make_households(rng: np.random.Generator, people: Population, horizon: Horizon) -> Households:
    """Declared spouses (4 % of customers), children and holders of supplementary cards; nobody is in two households."""
    age = (horizon.origin + horizon.size - people.birth).astype(np.int64) / 365.25
    order = rng.permutation(np.flatnonzero(people.open_day < horizon.size - 30))
    men = order[(age[order] > 24) & (age[order] < 80) & people.is_male[order]]
    women = order[(age[order] > 24) & (age[order] < 80) & ~people.is_male[order]]
    minors, grown = order[age[order] < 17], order[(age[order] > 18) & (age[order] <= 24)]
    couples = min(len(men), len(women), max(1, round(people.size * 0.02)))
    parts = [(men[:couples], women[:couples], np.zeros(couples, int))]
    for kind, young, share in ((1, minors, 0.01), (2, grown, 0.004)):
        count = min(len(young), couples, max(1, round(people.size * share)))
        parts.append((men[:count], young[:count], np.full(count, kind)))
    first, second, kind = (np.concatenate(column) for column in zip(*parts, strict=True))
    known = np.maximum(people.open_day[first], people.open_day[second]) + rng.integers(1, 400, len(first))
    return Households(first, second, kind, np.minimum(known, horizon.size - 1))
