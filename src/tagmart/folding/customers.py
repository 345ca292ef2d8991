"""The customers whose rows are folded."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Customers:
    """The customers of a block, or of a part of it.

    Attributes:
        relation: where they lie: `customer_id`, and `row_no` from 0 in the order of the ids.
        ids: the same ids in the same order.
    """

    relation: str
    ids: pa.Array

    def parts(self, count: int) -> list[Customers]:
        """The same customers in so many parts of equal length, each numbered from 0."""
        ends = [len(self.ids) * number // count for number in range(count + 1)]
        numbered = "(select customer_id, row_no - {0} as row_no from {2} where row_no >= {0} and row_no < {1})"
        return [Customers(numbered.format(begin, end, self.relation), self.ids[begin:end]) for begin, end in pairwise(ends)]
