"""What follows when the current run has moved: the file of many dates is made anew, and what the policy lets go is removed."""

from __future__ import annotations

from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.publish.across import refresh_across
from tagmart.publish.parquet import drop_parquet
from tagmart.publish.retention import Policy, remove, to_remove
from tagmart.publish.store import Published, rollback


def settle(settings: Settings, state: State, spare: str | None = None, policy: Policy | None = None) -> list[Published]:
    """Bring `across.duckdb` in line with what is published, then remove what is not kept; in this order, so that it never
    names a file that is gone. Can be repeated, after a kill too.

    Args:
        settings: the home.
        state: its state.
        spare: a run that is kept whatever its date: the one just published, which somebody asked for.
        policy: how much to keep; else what the environment says.

    Returns:
        The runs that were removed.
    """
    doomed = to_remove(settings, state, policy or Policy.load(), spare)
    refresh_across(settings, state, without=doomed)
    remove(settings, state, doomed)
    drop_parquet(settings, state)
    return doomed


def roll_back(settings: Settings, state: State, to_run: str | None, reason: str) -> str:
    """Lead readers back, in `current` and in `across.duckdb`; as `store.rollback`.

    Returns:
        <biz_date>/<run_id> of the run that is now current.

    Raises:
        TagmartError: as `store.rollback`, or if the file of many dates cannot be made.
    """
    import duckdb

    said = rollback(settings, state, to_run, reason)
    try:
        refresh_across(settings, state)
    except (OSError, duckdb.Error) as error:
        raise TagmartError("current was led back, and across.duckdb was not made anew", where=said, seen=str(error).splitlines()[0],
                           do="mend what is seen (mostly the disk), then `tagmart published settle`") from error
    return said
