"""How large a bank is, and how it is cut into blocks that are worlds of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from tagmart.synth.write import Feed

BLOCK_RETAIL = 10_000
MOST_BLOCKS = 100
# Rows of a large feed that are made at a time.
SLICE_ROWS = 1_200_000


@dataclass(frozen=True)
class Sizes:
    """How many customers of each entity."""

    retail: int
    corporate: int
    merchants: int


def usual_sizes(retail: int, corporate: int | None = None, merchants: int | None = None) -> Sizes:
    """Sizes with the usual numbers of companies (5 % of retail) and merchants (3 %) where none are given."""
    return Sizes(
        retail,
        max(8, round(retail * 0.05)) if corporate is None else corporate,
        max(6, round(retail * 0.03)) if merchants is None else merchants,
    )


@dataclass(frozen=True)
class Place:
    """One block of a bank: its number among `count`, what it holds, and the bank that it is a part of.

    Attributes:
        block: from 0. Every serial number in a file contains it, so that blocks never collide (`base`).
        count: how many blocks the bank has.
        seed: of the random numbers.
        sizes: customers of this block.
        whole: customers of the bank.
    """

    block: int
    count: int
    seed: int
    sizes: Sizes
    whole: Sizes

    def dice(self, stream: int) -> np.random.Generator:
        """A generator of its own for every part, so that a change in one part leaves the others as they were."""
        if self.block:
            return np.random.default_rng([self.seed, self.whole.retail, stream, self.block])
        return self.common_dice(stream)

    def common_dice(self, stream: int) -> np.random.Generator:
        """A generator that is the same in every block: for what the whole bank shares, such as prices."""
        return np.random.default_rng([self.seed, self.whole.retail, stream])

    def base(self, digits: int) -> int:
        """What to add to a serial number of `digits` digits: written with two digits more, it begins with the block."""
        return self.block * 10**digits


def cut(whole: Sizes, seed: int) -> list[Place]:
    """The blocks of a bank, of nearly equal size; one, up to `BLOCK_RETAIL` retail customers."""
    count = max(1, -(-whole.retail // BLOCK_RETAIL))
    return [
        Place(block, count, seed, Sizes(*(_share(size, block, count) for size in whole.__dict__.values())), whole)
        for block in range(count)
    ]


def _share(size: int, block: int, count: int) -> int:
    return size * (block + 1) // count - size * block // count


def in_slices(
    make: Callable[[int, int], Feed], daily_from: int, first: int, last: int, rows_per_day: int
) -> Iterator[Feed]:
    """A large feed in slices of days, made one after the other so that only one is in memory.

    Args:
        make: gives the feed's rows from a day to another, both included.
        daily_from: first day of the rows.
        first: day of the initial load; a slice that reaches beyond it would be two deliveries.
        last: last day of the rows.
        rows_per_day: about how many; small feeds come in one slice for the initial load and one for the rest.
    """
    step = max(1, SLICE_ROWS // max(1, rows_per_day))
    for low, high in ((daily_from, first), (first + 1, last)):
        for start in range(low, high + 1, step):
            end = min(start + step - 1, high)
            yield replace(make(start, end), span=(start, end))
