"""How segments lie over each other: the customers that every two of them share, and which are the same or one inside the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    import numpy as np


@dataclass(frozen=True)
class Pair:
    """Two segments that share customers.

    Attributes:
        first, second: their numbers, the smaller segment first.
        first_size, second_size: their customers.
        both: those in both.
    """

    first: str
    second: str
    first_size: int
    second_size: int
    both: int

    @property
    def relation(self) -> str:
        """identical, nested (the first lies inside the second) or overlapping."""
        if self.both == self.first_size:
            return "identical" if self.first_size == self.second_size else "nested"
        return "overlapping"

    @property
    def share(self) -> float:
        """The part of all customers of either that is in both, 0 to 1."""
        return self.both / (self.first_size + self.second_size - self.both)


def shared_counts(segments: np.ndarray, customers: np.ndarray, segment_cnt: int) -> np.ndarray:
    """The customers that every two segments share.

    Counted from the segment's members and what else these are in, segment by segment: two hundred million pairs are counted
    and never stored, where a join of the memberships with themselves would make a row of each.

    Args:
        segments: of every membership the segment, 0 to segment_cnt - 1.
        customers: of every membership the customer, as numbers from 0.
        segment_cnt: how many segments.

    Returns:
        A square of segment_cnt; on its diagonal the sizes.
    """
    import numpy as np

    shared = np.zeros((segment_cnt, segment_cnt), dtype=np.int32)
    if not len(segments):
        return shared
    by_customer = np.argsort(customers, kind="stable")
    held = segments[by_customer].astype(np.int32)
    starts = np.concatenate(([0], np.cumsum(np.bincount(customers))))
    by_segment = np.argsort(segments, kind="stable")
    members = customers[by_segment]
    bounds = np.concatenate(([0], np.cumsum(np.bincount(segments, minlength=segment_cnt))))
    for number in range(segment_cnt):
        of = members[bounds[number] : bounds[number + 1]]
        begins, counts = starts[of], starts[of + 1] - starts[of]
        # Where each customer's memberships begin in the list that is put together, and from there one by one.
        places = np.repeat(begins - np.concatenate(([0], np.cumsum(counts)[:-1])), counts) if len(of) else of
        shared[number] = np.bincount(held[places + np.arange(len(places))], minlength=segment_cnt)
    return shared


def overlaps(mart: duckdb.DuckDBPyConnection, least_share: float = 0.0) -> list[Pair]:
    """Every two segments of a published night that share customers, the closest first.

    Args:
        mart: a published file, open.
        least_share: pairs below this share are left out, identical and nested ones never.
    """
    import numpy as np

    names = [name for (name,) in mart.execute("select distinct segment_id from mart.segment_member order by 1").fetchall()]
    found = mart.execute(
        "select cast(dense_rank() over (order by segment_id) - 1 as integer) as segment,"
        " cast(dense_rank() over (order by customer_id) - 1 as integer) as customer from mart.segment_member"
    ).fetchnumpy()
    shared = shared_counts(np.asarray(found["segment"]), np.asarray(found["customer"]), len(names))
    sizes = shared.diagonal()
    pairs = []
    for left, right in zip(*np.nonzero(np.triu(shared, 1)), strict=True):
        small, large = (left, right) if (sizes[left], left) <= (sizes[right], right) else (right, left)
        pairs.append(Pair(names[small], names[large], int(sizes[small]), int(sizes[large]), int(shared[left, right])))
    order = {"identical": 0, "nested": 1, "overlapping": 2}
    kept = [pair for pair in pairs if pair.relation != "overlapping" or pair.share >= least_share]
    return sorted(kept, key=lambda pair: (order[pair.relation], -pair.share, pair.first, pair.second))
