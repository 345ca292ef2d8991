"""Mobile bank behaviour: log-ins and what is looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tagmart.synth.calendar import Horizon
from tagmart.synth.markets.rising import Rising
from tagmart.synth.population import ACTIVE, Population

SYSTEMS = ("android", "ios", "harmony")
LOGINS = ("device", "sms", "qr")
LOGIN_SHARES = (0.8, 0.15, 0.05)
# What becomes interesting to those whose fortune is on its way: visits a day, and the pages that they open.
KEEN_RATE, KEEN_PAGES = 0.6, ("wm", "fund")
EVENTS = ("login", "view", "click")
PAGES = ("wm", "fund", "loan", "dep", "cc", "pay", "other")
LOGIN, VIEW, CLICK = range(3)
NO_PAGE = -1


@dataclass(frozen=True)
class Events:
    """Mobile bank events, one array element an event; `page` is NO_PAGE for log-ins, `login` (how) -1 for the others."""

    owner: np.ndarray
    day: np.ndarray
    second: np.ndarray
    kind: np.ndarray
    page: np.ndarray
    stay: np.ndarray
    login: np.ndarray


def make_events(
    rng: np.random.Generator, people: Population, horizon: Horizon, first: int, keen: Rising, keen_rng: np.random.Generator
) -> Events:
    """Log-ins from day `first` on, each followed by views and clicks of pages that the customer likes.

    Args:
        rng: random numbers.
        people, horizon: of the world.
        first: the first day with events.
        keen: customers whose fortune is on its way: they look at investments more often before it arrives.
        keen_rng: random numbers of those visits, so that all others stay as they are without them.
    """
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
    parts = _visits(rng, owner, day, second, edges)
    only = np.cumsum([1.0 / len(KEEN_PAGES) if name in KEEN_PAGES else 0.0 for name in PAGES])
    begin, end = np.maximum(keen.signs_from, first), np.minimum(keen.day, horizon.size)
    times = keen_rng.poisson(KEEN_RATE * np.maximum(end - begin, 0))
    at = np.repeat(np.arange(len(times)), times)
    keen_day = begin[at] + (keen_rng.random(len(at)) * (end - begin)[at]).astype(np.int64)
    more = _visits(
        keen_rng, keen.owner[at], keen_day, keen_rng.integers(19 * 3600, 23 * 3600, len(at)),
        np.broadcast_to(only, (people.size, len(PAGES))),
    )  # fmt: skip
    columns = [np.concatenate(column) for column in zip(*parts, *more, strict=True)]
    order = np.lexsort((columns[3], columns[0], columns[2], columns[1]))
    sorted_columns = [column[order] for column in columns]
    how = np.searchsorted(np.cumsum(LOGIN_SHARES), keen_rng.random(len(order)))
    return Events(*sorted_columns, np.where(sorted_columns[3] == LOGIN, np.minimum(how, len(LOGINS) - 1), -1))


def _visits(
    rng: np.random.Generator, owner: np.ndarray, day: np.ndarray, second: np.ndarray, edges: np.ndarray
) -> tuple[tuple[np.ndarray, ...], ...]:
    """Log-ins with the views and clicks behind them, as columns of events; `edges` are cumulated likings of pages."""
    views = rng.poisson(1.6, len(owner))
    visit = np.repeat(np.arange(len(owner)), views)
    page = (rng.random(len(visit))[:, None] > edges[owner[visit]]).sum(axis=1)
    page = np.minimum(page, len(PAGES) - 1)
    clicked = np.flatnonzero(rng.random(len(visit)) < 0.3)
    after = second[visit] + rng.integers(5, 600, len(visit))
    stay = rng.geometric(1 / 25, len(visit))
    return (
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
