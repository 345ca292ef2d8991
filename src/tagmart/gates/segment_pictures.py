"""Segments on the page of a run: how each has grown over the last nights, and which of the large ones share most customers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from tagmart.core.mart import SEGMENT_CATALOG, SEGMENT_DAILY, SEGMENT_MEMBER, qualified, table_columns
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.gates.facts import GateInput
from tagmart.gates.past import past_sizes

if TYPE_CHECKING:
    import duckdb

# The picture's size in pixels, and what it leaves free above and below, so that the line is not cut.
WIDTH, HEIGHT, EDGE = 120, 20, 2
# Overlaps are looked for among so many of the largest segments, and so many are shown; `tagmart segment overlap` has all.
LARGEST, MOST_PAIRS = 30, 10

_OVERLAPS = """
with largest as (
    select daily.segment_id, catalog.zh, catalog.en, catalog.entity, daily.size
    from {daily} as daily join {catalog} as catalog using (segment_id)
    where daily.size > 0
    order by daily.size desc, daily.segment_id
    limit {largest}
),
member as (select segment_id, customer_id from {member} where segment_id in (select segment_id from largest)),
pair as (
    select one.segment_id as first, other.segment_id as second, count(*) as shared
    from member as one
    join member as other on one.customer_id = other.customer_id and one.segment_id <> other.segment_id
    group by all
)
select small.zh, small.en, big.zh, big.en, pair.shared, small.size, big.size
from pair
join largest as small on small.segment_id = pair.first
join largest as big on big.segment_id = pair.second
where (small.size, small.segment_id) < (big.size, big.segment_id)
order by pair.shared / (small.size + big.size - pair.shared) desc, small.segment_id, big.segment_id
limit {pairs}
"""


def segments_shown(settings: Settings, state: State, run_id: str, biz_date: date, mart: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """The segments of a run, the largest first, each with the line of its sizes over past nights and this one.

    Args:
        mart: the run's file, open; without segments there is nothing to show.
    """
    if not (table_columns(mart, SEGMENT_DAILY) and table_columns(mart, SEGMENT_CATALOG)):
        return []
    found = mart.execute(
        "select daily.segment_id, catalog.zh, catalog.en, daily.size, daily.entered, daily.left_cnt"
        f" from {qualified(SEGMENT_DAILY)} as daily join {qualified(SEGMENT_CATALOG)} as catalog"
        " using (segment_id) order by daily.size desc nulls last, daily.segment_id"
    ).fetchall()
    before = past_sizes(
        GateInput(settings, state, run_id, biz_date), SEGMENT_DAILY, "segment_id", "size",
        f"select segment_id, size from {qualified(SEGMENT_DAILY)} where size is not null",
    )  # fmt: skip
    names = ("segment_id", "zh", "en", "size", "entered", "left_cnt")
    return [
        {**dict(zip(names, row, strict=True)), "line": line_of([*reversed(before.get(row[0], [])), *([] if row[3] is None else [row[3]])])}
        for row in found
    ]


def overlaps_shown(mart: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """The pairs of large segments that share most: names, customers in both, and the share of all customers of either, in per cent."""
    if not all(table_columns(mart, table) for table in (SEGMENT_DAILY, SEGMENT_CATALOG, SEGMENT_MEMBER)):
        return []
    query = _OVERLAPS.format(
        daily=qualified(SEGMENT_DAILY), catalog=qualified(SEGMENT_CATALOG), member=qualified(SEGMENT_MEMBER), largest=LARGEST, pairs=MOST_PAIRS
    )
    return [
        {"zh": f"{small_zh} · {large_zh}", "en": f"{small_en} · {large_en}", "shared": shared, "width": round(100 * shared / (small + large - shared), 1)}
        for small_zh, small_en, large_zh, large_en, shared, small, large in mart.execute(query).fetchall()
    ]


def line_of(sizes: Sequence[int]) -> str:
    """The points of a line through sizes, the oldest first, from nobody (below) to the largest (above); empty for one night alone."""
    if len(sizes) < 2:
        return ""
    step, most = WIDTH / (len(sizes) - 1), max(*sizes, 1)
    return " ".join(
        f"{number * step:.1f},{HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * size / most:.1f}" for number, size in enumerate(sizes)
    )
