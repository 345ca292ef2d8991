"""What customers moved on their deposit accounts up to a date, by the conventions of the domain: for the answer files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tagmart.synth import fx, ledger
from tagmart.synth.cards.feeds import is_begun_by_holder
from tagmart.synth.write import day_dates, integers, money

if TYPE_CHECKING:
    from tagmart.synth.world import World

WINDOWS = (30, 90, 365)


def per_customer(world: World, owner: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Whole numbers summed by customer, exactly."""
    sums = np.zeros(world.people.size, dtype=np.int64)
    np.add.at(sums, owner, values.astype(np.int64))
    return sums


def flows(world: World, last: int) -> dict[str, pa.Array]:
    """Movements per window, by the conventions of the domain; see NOTES."""
    legs, owner = world.legs, world.holder(last)[world.accounts.owner]
    who = owner[legs.acct]
    is_own = (legs.cp_acct >= 0) & (owner[np.maximum(legs.cp_acct, 0)] == who)
    is_own |= legs.cp_kind == ledger.OWN_FX
    is_invest = legs.purpose == ledger.PURPOSE["invest"]
    number = legs.day.astype(np.int64) * 10_000_000 + legs.serial
    same_day = legs.is_red & (legs.orig_day == legs.day)
    undone = (
        np.isin(number, legs.orig_day[same_day].astype(np.int64) * 10_000_000 + legs.orig_serial[same_day]) | same_day
    )
    selfs = legs.init == ledger.INIT["C"]
    columns: dict[str, pa.Array] = {}
    for window in WINDOWS:
        inside = (legs.day > last - window) & (legs.day <= last) & ~undone
        outer = inside & ~is_own & ~is_invest
        for name, sign in (("in", 1), ("out", -1)):
            chosen, counted = outer & (legs.sign == sign), outer & (legs.sign == sign) & ~legs.is_red
            columns[f"{name}_amt_{window}"] = money(per_customer(world, who[chosen], legs.amt[chosen]))
            columns[f"{name}_cnt_{window}"] = integers(per_customer(world, who[counted], np.ones(counted.sum())))
            mine = counted & selfs
            columns[f"self_{name}_cnt_{window}"] = integers(per_customer(world, who[mine], np.ones(mine.sum())))
            put = inside & is_invest & (legs.sign == sign)
            columns[f"invest_{name}_amt_{window}"] = money(per_customer(world, who[put], legs.amt[put]))
            begun = chosen & selfs
            columns[f"self_{name}_amt_{window}"] = money(per_customer(world, who[begun], legs.amt[begun]))
            _add_fx_flows(world, columns, name, sign, window, last)
    acted = np.flatnonzero(selfs & ~undone & ~legs.is_red & (legs.day <= last))
    last_self = np.full(world.people.size, -1)
    np.maximum.at(last_self, who[acted], legs.day[acted])
    outside = acted[~is_own[acted] & ~is_invest[acted]]
    last_outer = np.full(world.people.size, -1)
    np.maximum.at(last_outer, who[outside], legs.day[outside])
    sent = np.flatnonzero((world.fx.legs.kind == fx.OUT) & (world.fx.legs.day <= last))
    for latest in (last_self, last_outer):
        np.maximum.at(latest, world.fx.accounts.owner[world.fx.legs.acct[sent]], world.fx.legs.day[sent])
    columns["last_self_date"] = day_dates(world.horizon, last_self, last_self < 0)
    every = world.cards.entries
    card = np.flatnonzero(is_begun_by_holder(world, every) & (every.day <= last))
    last_act = last_self.copy()
    np.maximum.at(last_act, world.holder(last)[world.cards.owner[every.card[card]]], every.day[card])
    columns["last_act_date"] = day_dates(world.horizon, last_act, last_act < 0)
    columns["last_self_outer_date"] = day_dates(world.horizon, last_outer, last_outer < 0)
    return columns


def _add_fx_flows(world: World, columns: dict[str, pa.Array], name: str, sign: int, window: int, last: int) -> None:
    """Add to the movements of one side what came from and went abroad, in yuan at the rates of its days."""
    legs, size = world.fx.legs, world.people.size
    at = np.flatnonzero((legs.day > last - window) & (legs.day <= last) & ~legs.is_own & (legs.sign == sign))
    mine = at[legs.init[at] == ledger.INIT["C"]]
    for prefix, rows in (("", at), ("self_", mine)):
        amt, cnt = f"{prefix}{name}_amt_{window}", f"{prefix}{name}_cnt_{window}"
        more = fx.summed_by_owner(world.fx, size, legs.base[rows], rows)
        columns[amt] = pc.add(columns[amt], money(more)).cast(columns[amt].type)
        count = integers(fx.summed_by_owner(world.fx, size, np.ones(len(rows), dtype=np.int64), rows))
        columns[cnt] = pc.add(columns[cnt], count)
