"""What was published before: the nights that a night is compared with. Nothing else is kept; what retention removes is forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from tagmart.core.duck import connect, literal
from tagmart.core.mart import MART_FILE, table_columns

if TYPE_CHECKING:
    from tagmart.gates.facts import GateInput

# Nights that are looked at, at most and at least: fewer say nothing of what is usual.
MOST_NIGHTS, LEAST_NIGHTS = 12, 3


@dataclass(frozen=True)
class Past:
    """The last good run of an earlier business date.

    Attributes:
        biz_date: its date.
        path: its file.
    """

    biz_date: date
    path: Path


def past_nights(given: GateInput, days: Iterable[date] | None = None) -> list[Past]:
    """The newest nights before the one under test, the newest first: of each date the last good run that is still there.

    A run from which somebody went back is not good, and is no measure for others.

    Args:
        given: the night under test; it and later ones are left out.
        days: only these dates, or None for any.
    """
    wanted = None if days is None else {day.isoformat() for day in days}
    away = _withdrawn(given)
    rows = given.state.rows(
        "select run_id, biz_date, path from publish where biz_date < ? and removed_at is null"
        " order by biz_date desc, rowid desc",
        given.biz_date.isoformat(),
    )
    found: dict[str, Past] = {}
    for row in rows:
        path = given.settings.home / row["path"] / MART_FILE
        if (wanted is None or row["biz_date"] in wanted) and row["run_id"] not in away and path.is_file():
            found.setdefault(row["biz_date"], Past(date.fromisoformat(row["biz_date"]), path))
    return list(found.values())[:MOST_NIGHTS]


def read_past(nights: Sequence[Past], table: str, columns: Sequence[str], source: str) -> Iterator[tuple]:
    """Rows of a query over each of the nights, the newest first; a night whose table lacks a column is passed over.

    Args:
        nights: what to read.
        table: of schema mart; columns of it are looked for.
        columns: that it must have.
        source: the query, as it is written when the night's file is the current database.
    """
    with connect() as connection:
        for number, night in enumerate(nights):
            connection.execute(f"attach {literal(str(night.path))} as past{number} (read_only); use past{number}")
            if set(columns) <= table_columns(connection, table).keys():
                yield from connection.execute(source).fetchall()
            connection.execute(f"use memory; detach past{number}")


def past_sizes(given: GateInput, table: str, key: str, size: str, source: str) -> dict[str, list[int]]:
    """What sizes there were on the last nights, whatever kind of day: by key, the newest first; a key that was not there has none.

    Args:
        given: the night under test.
        table: of schema mart.
        key, size: its columns that the query gives.
        source: the query, of key and size.
    """
    found: dict[str, list[int]] = {}
    for name, count in read_past(past_nights(given), table, (key, size), source):
        found.setdefault(str(name), []).append(int(count or 0))
    return found


def beside(size: object, before: Sequence[int]) -> dict[str, float | int | None]:
    """A size beside those of the nights before: what is usual (the median), and how many deviations it is away from that.

    A deviation is the median one, but never less than chance (the root of the number) or a tenth. Without enough nights
    nothing is usual.
    """
    if size is None or len(before) < LEAST_NIGHTS:
        return {"night_cnt": len(before), "usual": None, "deviations": None}
    usual = median(before)
    spread = max(median(abs(one - usual) for one in before), usual**0.5, usual / 10, 1)
    return {"night_cnt": len(before), "usual": usual, "deviations": abs(int(size) - usual) / spread}


def _withdrawn(given: GateInput) -> set[str]:
    """Runs from which an operator went back, and not to them again since; run ids sort by date, then by number."""
    away: set[str] = set()
    for row in given.state.rows("select kind, from_run_id, to_run_id from current_switch order by rowid"):
        if row["kind"] == "rollback" and row["to_run_id"] < row["from_run_id"]:
            away.add(row["from_run_id"])
        away.discard(row["to_run_id"])
    return away
