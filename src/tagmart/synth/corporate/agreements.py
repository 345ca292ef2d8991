"""What companies have signed: e-banking, direct link, cash management, payroll, point of sale, foreign exchange."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tagmart.synth.corporate.companies import LARGE, MEDIUM, SMALL
from tagmart.synth.population import NEVER

if TYPE_CHECKING:
    from tagmart.synth.world import World

AGREEMENTS = ("ebank", "direct_link", "cashmgmt", "payroll", "pos", "fx", "sms", "autopay")
STREAM = 51


@dataclass(frozen=True)
class Agreements:
    """Agreements, one array element each; `extra` is the usual day of the month of payroll contracts."""

    owner: np.ndarray
    kind: np.ndarray
    start: np.ndarray
    end: np.ndarray
    extra: np.ndarray


def make_agreements(world: World) -> Agreements:
    """Who has signed what; employers that pay through another bank later end their payroll contract on that day."""
    firms, people = world.companies, world.people
    rng = world.place.dice(STREAM)
    draw = rng.random((len(AGREEMENTS), firms.size))
    big, middle = np.isin(firms.scale, (LARGE, MEDIUM)), np.isin(firms.scale, (LARGE, MEDIUM, SMALL))
    exports = np.array([item.exports for item in firms.industry])
    holds = {
        "ebank": draw[0] < 0.75,
        "direct_link": big & (draw[1] < 0.35),
        "cashmgmt": middle & (draw[2] < 0.2),
        "payroll": firms.employer >= 0,
        "pos": draw[4] < 0.15,
        "fx": (draw[5] < exports * 0.8) | np.isin(np.arange(firms.size), world.corporate_ledger.fx.accounts.owner),
        "sms": draw[6] < 0.4,
        "autopay": draw[7] < 0.3,
    }
    parts = []
    for kind, name in enumerate(AGREEMENTS):
        who = np.flatnonzero(holds[name])
        start = np.maximum(firms.open_day[who] + 1, -rng.integers(1, 1500, len(who)))
        end = np.where(firms.closing_day[who] < NEVER, firms.closing_day[who], NEVER)
        extra = np.zeros(len(who), dtype=np.int64)
        if name == "payroll":
            # An employer's contract is older than the first wage that it paid.
            start = np.minimum(start, -20)
            end = np.minimum(end, people.moved_day[firms.employer[who]])
            payday = np.zeros(people.employers, dtype=np.int64)
            paid = people.employer >= 0
            payday[people.employer[paid]] = people.pay_day[paid]
            extra = payday[firms.employer[who]]
        parts.append((who, np.full(len(who), kind), start, end, extra))
    return Agreements(*(np.concatenate(column) for column in zip(*parts, strict=True)))
