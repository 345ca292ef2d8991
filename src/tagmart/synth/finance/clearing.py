"""What the clearing networks cleared of quick payments, as they report it: a total by settle day, network and direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tagmart.synth.calendar import Horizon
from tagmart.synth.finance.book import BASE_CCY
from tagmart.synth.ledger import CHANNEL
from tagmart.synth.write import DATED, Feed, constant, day_dates, day_times, integers, money, pick

if TYPE_CHECKING:
    from tagmart.synth.world import World

DAY_SECONDS = 86_400
# Each network's day ends with a second of its own: one with the calendar day, one an hour before, when the core's day ends too.
NETWORKS = ("netsunion", "unionpay")
LAST_SECOND = np.array((DAY_SECONDS - 1, 23 * 3600))
DIRECTIONS = ("in", "out")


def settle_days(horizon: Horizon, first: int, last: int) -> np.ndarray:
    """The days from `first` to `last` on which networks settle, and before them the last one of before `first`."""
    days = np.flatnonzero(horizon.table.is_workday[: last + 1])
    return days[np.searchsorted(days, first) - 1 :]


def cleared(world: World, days: np.ndarray) -> np.ndarray:
    """What was cleared, by settle day, network and direction: number and cents.

    A network counts by its own clock and not by the core's day: a rest day's payments belong to the settle day behind it,
    and so do those after the network's last second. A payment that is taken back counts as a negative one.

    Args:
        world: one block of the bank.
        days: settle days; the first one is only the beginning of the second.

    Returns:
        An array of len(days) - 1 settle days, networks, directions and two.
    """
    legs = world.legs
    at = np.flatnonzero(legs.channel == CHANNEL["qpay"])
    # The two payment institutions, in the order in which `feeds_core` counts them: each goes through one network.
    network = legs.cp_ref[at] % len(NETWORKS)
    moment = legs.day[at].astype(np.int64) * DAY_SECONDS + legs.second[at]
    found = np.zeros((len(days) - 1, len(NETWORKS), len(DIRECTIONS), 2), dtype=np.int64)
    for number, last_second in enumerate(LAST_SECOND):
        place = np.searchsorted(days * DAY_SECONDS + last_second, moment, side="left") - 1
        mine = np.flatnonzero((network == number) & (place >= 0) & (place < len(found)))
        direction = (legs.sign[at[mine]] < 0).astype(np.int64)
        amounts = np.stack([np.ones(len(mine), dtype=np.int64), legs.amt[at[mine]]], axis=1)
        np.add.at(found[:, number], (place[mine], direction), amounts)
    return found


def pay_clear(days: np.ndarray, totals: np.ndarray, horizon: Horizon) -> Feed:
    """One row per settle day, network and direction, with nothing in it where nothing was cleared.

    Args:
        days: settle days; the first one is only the beginning of the second.
        totals: as `cleared` gives them, of all blocks.
        horizon: of the world.
    """
    at, network, direction = (index.ravel() for index in np.indices(totals.shape[:3]))
    columns = {
        "settle_date": day_dates(horizon, days[at + 1]),
        "network_code": pick(NETWORKS, network),
        "direction_code": pick(DIRECTIONS, direction),
        "ccy": constant(BASE_CCY, len(at)),
        "from_time": day_times(horizon, days[at], LAST_SECOND[network]),
        "cut_time": day_times(horizon, days[at + 1], LAST_SECOND[network]),
        "txn_cnt": integers(totals[..., 0].ravel()),
        "amt": money(totals[..., 1].ravel()),
    }
    return Feed("pay_clear", DATED, columns, days[at + 1])
