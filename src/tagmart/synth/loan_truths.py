"""What is true of loans that did not go as agreed, and of those that are not the bank's own: for the answer files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tagmart.synth.finance.details import note_facts
from tagmart.synth.population import NEVER
from tagmart.synth.write import day_dates, money, text

if TYPE_CHECKING:
    from tagmart.synth.note_facts import NoteFacts
    from tagmart.synth.world import World

KINDS = ("write_off", "extension", "restructure", "entrusted")


def loan_truths(world: World, last: int) -> dict[str, pa.Table]:
    """loan_events: what happened to loans by the end of day `last`, and the entrusted ones that are there."""
    tables = [
        _events(world, facts, kind, day, last)
        for facts in note_facts(world)
        for kind, day in zip(
            KINDS,
            (facts.write_off, facts.ext_day, facts.restructured, np.where(facts.entrusted, facts.start, NEVER)),
            strict=True,
        )
    ]
    return {"loan_events": pa.concat_tables(tables)}


def _events(world: World, facts: NoteFacts, kind: str, day: np.ndarray, last: int) -> pa.Table:
    """The events of one kind, with what is owed at the end of day `last`."""
    at = np.flatnonzero(day <= last)
    watched = facts.observe_to[at]
    return pa.table(
        {
            "kind": text([kind] * len(at)),
            "note_no": text([facts.note_no[row] for row in at]),
            "ecif_no": text([facts.ecif_no[row] for row in at]),
            "event_date": day_dates(world.horizon, day[at]),
            "observe_to": day_dates(world.horizon, watched, (watched >= NEVER) | (kind != "restructure")),
            "principal_amt": money(np.where(facts.there[at, last], facts.principal[at, last], 0)),
        }
    )
