"""Mobile bank behaviour: log-ins and what is looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.calendar import Horizon
from tagmart.synth.population import ACTIVE, Population

EVENTS = ("login", "view", "click")
PAGES = ("wm", "fund", "loan", "dep", "cc", "pay", "other")
LOGIN, VIEW, CLICK = range(3)
NO_PAGE = -1


@dataclass(frozen=True)
class Events:
    """Mobile bank events, one array element an event; `page` is NO_PAGE for log-ins."""

    owner: np.ndarray
    day: np.ndarray
    second: np.ndarray
    kind: np.ndarray
    page: np.ndarray
    stay: np.ndarray


def make_events(rng: np.random.Generator, people: Population, horizon: Horizon, first: int) -> Events:
    """Log-ins from day `first` on, each followed by views and clicks of pages that the customer likes."""
    users = np.flatnonzero(people.has_mbank)
    rate = np.where(people.activity[users] == ACTIVE, rng.gamma(2.0, 0.16, len(users)), 0.04)
    span = horizon.size - first
    count = rng.poisson(np.minimum(rate, 2.5) * span)
    owner = np.repeat(users, count)
    day = first + rng.integers(0, span, len(owner))
    stays = (day >= people.open_day[owner]) & (day < people.quiet_day[owner]) & (day < people.closing_day[owner])
    owner, day = owner[stays], day[stays]
    second = rng.integers(6 * 3600, 23 * 3600, len(owner))
    like = rng.gamma(np.array((1.2, 0.8, 0.5, 1.2, 0.8, 2.5, 1.5)), size=(people.size, len(PAGES)))
    edges = np.cumsum(like / like.sum(axis=1, keepdims=True), axis=1)
    views = rng.poisson(1.6, len(owner))
    visit = np.repeat(np.arange(len(owner)), views)
    page = (rng.random(len(visit))[:, None] > edges[owner[visit]]).sum(axis=1)
    page = np.minimum(page, len(PAGES) - 1)
    clicked = np.flatnonzero(rng.random(len(visit)) < 0.3)
    after = second[visit] + rng.integers(5, 600, len(visit))
    stay = rng.geometric(1 / 25, len(visit))
    parts = (
        (owner, day, second, np.full(len(owner), LOGIN), np.full(len(owner), NO_PAGE), np.zeros(len(owner), int)),
        (owner[visit], day[visit], after, np.full(len(visit), VIEW), page, stay),
        (
            owner[visit[clicked]],
            day[visit[clicked]],
            after[clicked] + 3,
            np.full(len(clicked), CLICK),
            page[clicked],
            np.zeros(len(clicked), int),
        ),
    )
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.lexsort((columns[3], columns[0], columns[2], columns[1]))
    return Events(*(column[order] for column in columns))
