"""The demo bank's landing: an initial load, a folder of files per night, and the answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from tagmart.core.errors import TagmartError
from tagmart.synth import answers, feeds_core, feeds_party, feeds_product
from tagmart.synth.calendar import WORLD_MONTHS, first_of_month, horizon_for
from tagmart.synth.world import World, make_world
from tagmart.synth.write import Feed, write_feed

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
    landing: Path, *, customers: int, seed: int, biz_date: date, days: int = 1, history_months: int = 13
) -> SynthSummary:
    """Write the demo bank's files up to `biz_date`, and what is true of them into landing/answers.

    The world depends on `customers`, `seed` and the month of `biz_date` only: other values of `days` say the same about
    every date, in other files.

    Args:
        landing: folder of the dated folders.
        customers: number of retail customers, at least 20.
        seed: of the random numbers; the same arguments give the same bytes.
        biz_date: date of the last delivery.
        days: number of daily deliveries; the initial load is dated that many days before `biz_date`.
        history_months: complete months of daily rows before the month of the initial load.

    Raises:
        TagmartError: if the bank cannot be made from these arguments.
    """
    _check(customers, days, history_months)
    horizon = horizon_for(biz_date)
    last = horizon.index(biz_date)
    first = last - days
    initial = biz_date - timedelta(days=days)
    daily_from = horizon.index(first_of_month(horizon.dates[first], -history_months))
    events_from = int(horizon.month_first[max(0, horizon.months - EVENT_MONTHS)])
    world = make_world(customers, seed, horizon, events_from)
    landing.mkdir(parents=True, exist_ok=True)
    rows = {
        feed.name: write_feed(feed, landing, horizon, first, last)
        for feed in world_feeds(world, first, daily_from, last)
    }
    answers.write_answers(
        world,
        landing / "answers",
        last,
        {"customers": customers, "seed": seed, "days": days, "biz_date": str(biz_date)},
    )
    return SynthSummary(landing, biz_date, initial, rows)


def _check(customers: int, days: int, history_months: int) -> None:
    if customers < LEAST_CUSTOMERS:
        raise TagmartError(
            "the demo bank needs more customers",
            where="customers",
            seen=str(customers),
            do=f"ask for {LEAST_CUSTOMERS} or more",
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
    yield from feeds_party.ref_feeds()
    yield feeds_party.ecif_retail(world)
    yield feeds_party.ecif_contact(world)
    yield from feeds_party.crm_feeds(world)
    yield from feeds_core.core_feeds(world, first, daily_from, last)
    yield feeds_product.pay_detail(world, daily_from)
    yield feeds_product.card_debit(world)
    yield from feeds_product.cc_feeds(world, daily_from, last)
    yield from feeds_product.credit_feeds(world, daily_from, last)
    yield from feeds_product.invest_feeds(world, daily_from, last)
    yield feeds_party.chn_event(world, daily_from)
    yield feeds_party.ext_court(world)
