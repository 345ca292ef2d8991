"""The demo bank's landing: an initial load, a folder of files per night, and the answers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import pyarrow.parquet as pq

from tagmart.core.errors import TagmartError
from tagmart.synth import answers, feeds_core, feeds_credit, feeds_party, feeds_product
from tagmart.synth.calendar import WORLD_MONTHS, Horizon, first_of_month, horizon_for
from tagmart.synth.cards.feeds import card_feeds
from tagmart.synth.corporate.feeds import corporate_feeds
from tagmart.synth.finance import faults as gl_faults
from tagmart.synth.finance.book import BASE_CCY, Book, added
from tagmart.synth.finance.contributions import fin_contrib
from tagmart.synth.finance.details import make_book
from tagmart.synth.finance.feeds import gl_balance
from tagmart.synth.finance.totals import Totals, added_totals, make_totals, total_feeds
from tagmart.synth.fx.feeds import fx_books, fx_feeds
from tagmart.synth.identity import feeds as identity
from tagmart.synth.marketing import feeds as marketing
from tagmart.synth.markets.feeds import market_feeds
from tagmart.synth.merchants.feeds import merchant_feeds
from tagmart.synth.pension import core_pension
from tagmart.synth.sizes import BLOCK_RETAIL, MOST_BLOCKS, Place, cut, usual_sizes
from tagmart.synth.world import World, make_world
from tagmart.synth.write import Feed, Part, finish, write_feed

LEAST_CUSTOMERS, MOST_DAYS = 20, 59
# Mobile bank events are made from this many months before the last one, however much of them is delivered.
EVENT_MONTHS = 16


@dataclass(frozen=True)
class SynthSummary:
    """What was written: rows per feed over all deliveries, and the days of the deliveries."""

    landing: Path
    biz_date: date
    initial_date: date
    rows: dict[str, int]

    @property
    def total_rows(self) -> int:
        """All rows of all deliveries."""
        return sum(self.rows.values())


def generate(
    landing: Path,
    *,
    customers: int,
    seed: int,
    biz_date: date,
    days: int = 1,
    history_months: int = 13,
    corporates: int | None = None,
    merchants: int | None = None,
    processes: int = 2,
    gl_differences: int = 0,
) -> SynthSummary:
    """Write the demo bank's files up to `biz_date`, and what is true of them into landing/answers.

    The world depends on the numbers of customers, `seed` and the month of `biz_date` only: other values of `days` say the
    same about every date, in other files. A large bank is made in blocks, one world each (see `sizes`).

    Args:
        landing: folder of the dated folders.
        customers: number of retail customers, at least 20.
        seed: of the random numbers; the same arguments give the same bytes.
        biz_date: date of the last delivery.
        days: number of daily deliveries; the initial load is dated that many days before `biz_date`.
        history_months: complete months of daily rows before the month of the initial load.
        corporates: number of corporate customers; None for 5 % of the retail ones.
        merchants: number of merchants; None for 3 % of them.
        processes: how many blocks are made at a time; it changes no byte.
        gl_differences: so many differences between general ledger and details are planted (answers/gl_difference.parquet).

    Raises:
        TagmartError: if the bank cannot be made from these arguments.
    """
    _check(customers, days, history_months)
    horizon = horizon_for(biz_date)
    last = horizon.index(biz_date)
    first = last - days
    plan = Plan(
        horizon=horizon,
        first=first,
        last=last,
        daily_from=horizon.index(first_of_month(horizon.dates[first], -history_months)),
        events_from=int(horizon.month_first[max(0, horizon.months - EVENT_MONTHS)]),
        scratch=landing / ".blocks",
    )
    places = cut(usual_sizes(customers, corporates, merchants), seed)
    landing.mkdir(parents=True, exist_ok=True)
    done = _make_blocks(plan, places, processes)
    parts = [part for block in done for part in block.parts]
    books = {ccy: added([block.books[ccy] for block in done]) for ccy in done[0].books}
    ledger_parts, differences = _write_ledger(plan, books, seed, gl_differences)
    parts += ledger_parts + _write_totals(plan, done, books)
    finish(parts, landing, horizon)
    whole = places[0].whole
    arguments = {
        "customers": customers,
        "corporates": whole.corporate,
        "merchants": whole.merchants,
        "seed": seed,
        "days": days,
        "biz_date": str(biz_date),
    }
    answers.join_answers(
        [plan.answers(place) for place in places], [block.summary for block in done], landing / "answers", arguments
    )
    if differences:
        pq.write_table(gl_faults.differences_table(differences, horizon), landing / "answers" / "gl_difference.parquet")
    shutil.rmtree(plan.scratch)
    rows: dict[str, int] = {}
    for part in parts:
        rows[part.feed] = rows.get(part.feed, 0) + part.rows
    return SynthSummary(landing, biz_date, biz_date - timedelta(days=days), rows)


@dataclass(frozen=True)
class Plan:
    """What every block of a bank needs to know to write its files.

    Attributes:
        first, last: days of the initial load and of the last delivery.
        daily_from: the first day of daily rows.
        events_from: mobile bank events are made from this day on.
        scratch: where blocks leave their parts and answers.
    """

    horizon: Horizon
    first: int
    last: int
    daily_from: int
    events_from: int
    scratch: Path

    def answers(self, place: Place) -> Path:
        """Where a block leaves its answers."""
        return self.scratch / f"{place.block:02d}" / "answers"


@dataclass(frozen=True)
class BlockDone:
    """What a block left: its parts in the order of the feeds, the totals of its answers, its part of each currency's ledger, and of
    what is reported as totals of the bank."""

    parts: list[Part]
    summary: dict[str, object]
    books: dict[str, Book]
    totals: Totals


def make_block(plan: Plan, place: Place) -> BlockDone:
    """Simulate one block of the bank and write its parts and answers."""
    world = make_world(place, plan.horizon, plan.events_from)
    folder = plan.scratch / f"{place.block:02d}"
    feeds = world_feeds(world, plan.first, plan.daily_from, plan.last)
    parts = []
    for number, feed in enumerate(feeds):
        parts.extend(write_feed(feed, folder / f"{number:04d}", plan.horizon, plan.first, plan.last))
    summary = answers.write_answers(world, plan.answers(place), plan.last)
    return BlockDone(parts, summary, make_books(world), make_totals(world, plan.first, plan.daily_from, plan.last))


def _write_ledger(
    plan: Plan, books: dict[str, Book], seed: int, gl_differences: int
) -> tuple[list[Part], list[gl_faults.Difference]]:
    """The general ledger of the whole bank, one per currency, with the differences that are planted in that of yuan."""
    differences = gl_faults.plan_differences(seed, gl_differences, books[BASE_CCY], plan.last)
    parts = []
    for ccy, book in books.items():
        planted = differences if ccy == BASE_CCY else []
        feed = gl_balance(book, plan.horizon, plan.daily_from, plan.last, planted, ccy)
        parts += write_feed(feed, plan.scratch / "ledger" / ccy, plan.horizon, plan.first, plan.last)
    return parts, differences


def _write_totals(plan: Plan, done: list[BlockDone], books: dict[str, Book]) -> list[Part]:
    """What systems report as totals of the whole bank."""
    return [
        part
        for feed in total_feeds(added_totals([block.totals for block in done]), books, plan.horizon)
        for part in write_feed(feed, plan.scratch / "totals" / feed.name, plan.horizon, plan.first, plan.last)
    ]


def make_books(world: World) -> dict[str, Book]:
    """The general ledger of one block, by currency."""
    return {BASE_CCY: make_book(world), **fx_books(world)}


def _make_blocks(plan: Plan, places: list[Place], processes: int) -> list[BlockDone]:
    """All blocks, in their order; several at a time, each in a process of its own that gives its memory back."""
    if len(places) == 1:
        return [make_block(plan, places[0])]
    with ProcessPoolExecutor(processes, get_context("spawn"), max_tasks_per_child=1) as pool:
        return list(pool.map(make_block, repeat(plan), places))


def _check(customers: int, days: int, history_months: int) -> None:
    if not LEAST_CUSTOMERS <= customers <= BLOCK_RETAIL * MOST_BLOCKS:
        raise TagmartError(
            "the demo bank cannot have so few or so many customers",
            where="customers",
            seen=f"{customers:,}",
            do=f"ask for {LEAST_CUSTOMERS} to {BLOCK_RETAIL * MOST_BLOCKS:,}",
        )
    if not 1 <= days <= MOST_DAYS:
        raise TagmartError(
            "the demo bank cannot write so many nights", where="days", seen=str(days), do=f"ask for 1 to {MOST_DAYS}"
        )
    if not 1 <= history_months <= WORLD_MONTHS - 3:
        raise TagmartError(
            "the demo bank has no such history",
            where="history_months",
            seen=str(history_months),
            do=f"ask for 1 to {WORLD_MONTHS - 3}",
        )


def world_feeds(world: World, first: int, daily_from: int, last: int) -> Iterator[Feed]:
    """Every feed, made when it is asked for: daily rows from `daily_from` to `last`, history before `first`."""
    if world.block == 0:
        # What the whole bank shares is written once.
        yield from feeds_party.ref_feeds()
    yield feeds_party.ecif_retail(world)
    yield feeds_party.ecif_contact(world)
    yield from identity.identity_feeds(world)
    yield from marketing.marketing_feeds(world)
    yield from feeds_core.core_feeds(world, first, daily_from, last)
    yield feeds_product.pay_detail(world, daily_from)
    yield core_pension(world)
    yield from card_feeds(world, first, daily_from, last)
    yield from feeds_credit.credit_feeds(world, first, daily_from, last)
    yield from market_feeds(world, first, daily_from, last)
    yield from merchant_feeds(world, first, daily_from, last)
    yield feeds_party.chn_event(world, daily_from)
    yield feeds_party.ext_court(world)
    yield from corporate_feeds(world, first, daily_from, last)
    yield from fx_feeds(world, first, daily_from, last)
    yield from fin_contrib(world, daily_from, last)
