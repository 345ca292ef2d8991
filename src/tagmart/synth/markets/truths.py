"""What is true of investments at a date: the bridge, tiers and their crossings, savings plans, policies, fortunes to come."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tagmart.synth.markets import orders as order_kinds
from tagmart.synth.markets.bridge import PARTS, Bridge, make_bridge, month_averages, summed
from tagmart.synth.write import day_dates, integers, money, pick

if TYPE_CHECKING:
    from tagmart.synth.world import World

# The lines of the tiers in cents, and their names (DOMAIN.md B); an assumption of the demo bank.
TIER_LINES = np.array((5_000_000, 50_000_000, 300_000_000, 600_000_000))
TIERS = ("mass", "growth", "wealth", "high", "private")
TIER_MONTHS = 13


def market_truths(world: World, last: int) -> dict[str, pa.Table]:
    """bridge, tier_crossings, investments and rising, as of the end of day `last`."""
    averages = {month: month_averages(world, *_month(world, month)) for month in _complete(world, last)}
    return {
        "bridge": _bridge_table(world, last),
        "tier_crossings": _crossings(world, averages),
        "investments": _investments(world, last, averages),
        "rising": _rising(world, last),
    }


def bridge_totals(world: World, last: int) -> dict[str, dict[str, Decimal]]:
    """The bridge of all customers, in yuan, for the last day and the month so far."""
    found = {}
    for span, before in _spans(world, last).items():
        bridge = make_bridge(world, before, last)
        sums = {"before": bridge.before, **dict(zip(PARTS, bridge.parts, strict=True))}
        sums |= {"unexplained": bridge.unexplained, "after": bridge.after}
        found[span] = {name: Decimal(int(cents.sum())).scaleb(-2) for name, cents in sums.items()}
    return found


def _spans(world: World, last: int) -> dict[str, int]:
    """The day after which each span begins."""
    month = int(world.horizon.month_of(np.array([last]))[0])
    return {"day": last - 1, "month": int(world.horizon.month_first[month]) - 1}


def _month(world: World, month: int) -> tuple[int, int]:
    """First and last day of a lived month."""
    return int(world.horizon.month_first[month]), int(world.horizon.month_first[month + 1]) - 1


def _complete(world: World, last: int) -> range:
    """The last complete months before the month of a day: on its last day a month is still the running one."""
    end = int(world.horizon.month_of(np.array([last]))[0])
    return range(max(0, end - TIER_MONTHS), end)


def _bridge_table(world: World, last: int) -> pa.Table:
    tables = []
    for span, before in _spans(world, last).items():
        bridge = make_bridge(world, before, last)
        at = np.flatnonzero((bridge.before != 0) | (bridge.after != 0) | bridge.parts.any(axis=0))
        tables.append(_bridge_rows(world, bridge, at, span, before, last))
    return pa.concat_tables(tables)


def _bridge_rows(world: World, bridge: Bridge, at: np.ndarray, span: str, before: int, last: int) -> pa.Table:
    days = np.full(len(at), before), np.full(len(at), last)
    return pa.table(
        {
            "ecif_no": pick(list(world.people.ecif_no), at),
            "span": pa.array([span] * len(at), pa.string()),
            "after_date": day_dates(world.horizon, days[0]),
            "to_date": day_dates(world.horizon, days[1]),
            "aum_before": money(bridge.before[at]),
            **{name: money(part[at]) for name, part in zip(PARTS, bridge.parts, strict=True)},
            "unexplained": money(bridge.unexplained[at]),
            "aum_after": money(bridge.after[at]),
        }
    )


def _crossings(world: World, averages: dict[int, np.ndarray]) -> pa.Table:
    """Complete months whose day average lies in another tier than that of the month before."""
    months = sorted(averages)
    found = []
    for before, month in pairwise(months):
        old, new = (np.searchsorted(TIER_LINES, averages[at], side="right") for at in (before, month))
        at = np.flatnonzero(old != new)
        found.append((at, np.full(len(at), _month(world, month)[1]), averages[month][at], old[at], new[at]))
    empty = tuple(np.empty(0, dtype=np.int64) for _ in range(5))
    owner, day, cents, old, new = (np.concatenate(column) for column in zip(empty, *found, strict=True))
    return pa.table(
        {
            "ecif_no": pick(list(world.people.ecif_no), owner),
            "month_end": day_dates(world.horizon, day),
            "aum_davg": money(cents),
            "from_tier": pick(TIERS, old),
            "to_tier": pick(TIERS, new),
        }
    )


def _investments(world: World, last: int, averages: dict[int, np.ndarray]) -> pa.Table:
    """One row per customer: savings plans, dividends, policies, and the measure of the tier."""
    orders, income, states = world.markets.orders, world.markets.income, world.markets.states
    policies = world.markets.policies
    months = sorted(averages)
    low, high = _month(world, months[-3])[0], _month(world, months[-1])[1]
    tried = orders.kind == order_kinds.SIP
    day = np.where(orders.failed, orders.ordered, orders.confirmed)
    recent = tried & (day > last - 90) & (day <= last)
    # A plan runs by the day of its order, whatever became of the order.
    ran = tried & (orders.ordered > last - 90) & (orders.ordered <= last)
    complete = tried & (day >= low) & (day <= high)
    paid = (income.day > last - 365) & (income.day <= last)
    known = np.flatnonzero(states.day <= last)
    final = np.full(len(policies.owner), -1)
    final[states.policy[known]] = known
    there = np.flatnonzero(final >= 0)
    state = final[there]
    live, lapsed = states.status[state] == 0, states.status[state] == 1
    owner, protects = policies.owner[there], policies.kind[there] == 0
    davg, holder = averages[months[-1]], world.holder(last)

    plans = np.unique(np.stack((holder[orders.owner[ran]], orders.product[ran])), axis=1)

    def count(who: np.ndarray) -> pa.Array:
        return integers(summed(world, who, np.ones(len(who))))

    table = pa.table(
        {
            "ecif_no": pick(list(world.people.ecif_no), np.arange(world.people.size)),
            "aum_davg_lm": money(davg),
            "tier_lm": pick(TIERS, np.searchsorted(TIER_LINES, davg, side="right")),
            "sip_prod_cnt_90": count(plans[0]),
            "sip_cnt_90": count(holder[orders.owner[recent & ~orders.failed]]),
            "sip_fail_cnt_90": count(holder[orders.owner[recent & orders.failed]]),
            "sip_fail_cnt_l3m": count(holder[orders.owner[complete & orders.failed]]),
            "dividend_amt_365": money(summed(world, holder[income.owner[paid]], income.amt[paid])),
            "policy_cnt": count(owner[live]),
            "protect_policy_cnt": count(owner[live & protects]),
            "lapsed_policy_cnt": count(owner[lapsed]),
            "premium_paid_amt": money(summed(world, owner[live], states.paid[state][live])),
        }
    )
    return table.filter(pa.array(world.people.open_day <= last))


def _rising(world: World, last: int) -> pa.Table:
    rising = world.markets.rising
    return pa.table(
        {
            "ecif_no": pick(list(world.people.ecif_no), rising.owner),
            "rise_date": day_dates(world.horizon, rising.day),
            "amt": money(rising.amt),
            "signs_from": day_dates(world.horizon, rising.signs_from),
            "has_arrived": pa.array(rising.day <= last),
        }
    )
