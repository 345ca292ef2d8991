"""The door to companies' feeds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tagmart.synth.corporate import feeds_core, feeds_credit, feeds_party
from tagmart.synth.write import Feed

if TYPE_CHECKING:
    from tagmart.synth.world import World


def corporate_feeds(world: World, first: int, daily_from: int, last: int) -> Iterator[Feed]:
    """Every feed with rows of companies: daily rows from `daily_from` to `last`, history before the load of `first`."""
    yield from feeds_party.party_feeds(world)
    yield from feeds_core.core_feeds(world, first, daily_from, last)
    yield from feeds_credit.credit_feeds(world, first, daily_from, last)
