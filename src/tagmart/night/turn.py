"""Whose turn it is when nights meet: the nightly run goes first, a backfill waits between its nights and says so.

The writer's lock keeps two processes from writing at once; between two stages it is free, and a run that begins there takes
the warehouse over. So whoever wants to begin asks first. What is asked and granted stands in the state; a claim that is not
renewed is given up, so a process that was killed blocks nobody for long.
"""

from __future__ import annotations

import sqlite3
from datetime import date, datetime, timedelta

from tagmart.core import clock
from tagmart.core.locking import writing
from tagmart.core.settings import Settings
from tagmart.core.state import State

NIGHTLY, BACKFILL = "nightly", "backfill"
# A claim not renewed for so long is given up; so is one that was granted and not used.
GIVEN_UP = timedelta(minutes=5)
# Between the end of a stage and the begin of the next; after that a run that says it is running was killed.
PAUSE = timedelta(minutes=3)
# The nightly run waits at most so long for a night that is under way, then takes the warehouse over.
PATIENCE = timedelta(hours=2)


def ask(settings: Settings, state: State, who: str, kind: str, biz_date: date) -> str:
    """Ask for the turn to begin a night; to be asked again until it is granted.

    Args:
        settings: the home.
        state: its state.
        who: who asks, always by the same name.
        kind: nightly or backfill.
        biz_date: of the night.

    Returns:
        "" if it is granted; else, in a sentence, what is waited for.
    """
    at = clock.now()
    now = at.isoformat(timespec="microseconds")
    with state.connect() as connection:
        connection.execute("begin immediate")
        old = (at - GIVEN_UP).isoformat(timespec="microseconds")
        connection.execute("delete from turn where seen_at < ?", (old,))
        connection.execute(
            "insert into turn (who, kind, biz_date, asked_at, seen_at) values (?, ?, ?, ?, ?)"
            " on conflict (who) do update set seen_at = excluded.seen_at", (who, kind, biz_date.isoformat(), now, now),
        )
        asked = datetime.fromisoformat(connection.execute("select asked_at from turn where who = ?", (who,)).fetchone()[0])
        reason = "" if kind == NIGHTLY and at - asked >= PATIENCE else _reason(settings, connection, who, kind, at)
        connection.execute("update turn set reason = ?, granted_at = ? where who = ?", (reason, None if reason else now, who))
    return reason


def _reason(settings: Settings, connection: sqlite3.Connection, who: str, kind: str, at: datetime) -> str:
    """What stands in the way, or ""."""
    granted = connection.execute("select biz_date from turn where granted_at is not null and who <> ?", (who,)).fetchone()
    if granted:
        return f"the night of {granted[0]} is about to begin"
    run = connection.execute("select * from run order by rowid desc limit 1").fetchone()
    if run and run["status"] == "running":
        last = connection.execute(
            "select stage, coalesce(ended_at, started_at) as at from stage where run_id = ? order by rowid desc limit 1",
            (run["run_id"],),
        ).fetchone()
        moved = datetime.fromisoformat(last["at"] if last else run["started_at"])
        holder = writing(settings.home)
        if (holder and holder["run_id"] == run["run_id"]) or at - moved < PAUSE:
            stage = f", stage {last['stage']}" if last else ""
            return f"the night of {run['biz_date']} is under way (run {run['run_id']}{stage})"
    if kind == BACKFILL:
        first = connection.execute(
            "select biz_date from turn where kind = ? and granted_at is null and who <> ? order by asked_at", (NIGHTLY, who)
        ).fetchone()
        if first:
            return f"the nightly run of {first[0]} goes first"
    return ""
