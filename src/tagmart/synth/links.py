"""How other systems name an entry of the core: the transaction number of an accepted intent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tagmart.synth.write import numbered

if TYPE_CHECKING:
    from tagmart.synth.world import World


def core_numbers(world: World, intents: np.ndarray) -> pa.Array:
    """The numbers of the core transactions that intents became; NULL for -1 and for what was not accepted."""
    legs = world.legs
    place = np.full(len(world.accepted) + 1, -1, dtype=np.int32)
    # Of the two legs of a transfer either has the number; interest has no intent and lands on the spare element.
    place[legs.intent] = np.arange(len(legs.intent))
    place[-1] = -1
    at = place[intents]
    none = at < 0
    day, serial = np.where(none, 0, legs.day[at]), np.where(none, 0, legs.serial[at])
    return numbered("T", world.horizon, day, serial + world.place.base(7), 9, none)
