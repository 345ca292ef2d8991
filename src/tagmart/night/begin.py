"""The first step of a night: give the run its name, its date and its empty candidate."""

from __future__ import annotations

import os
import subprocess
from datetime import date, timedelta

from tagmart.contracts import canonical_feeds, load_contracts, present_feeds
from tagmart.core import clock
from tagmart.core.duck import connect, identifier, literal
from tagmart.core.errors import TagmartError
from tagmart.core.locking import writer_lock
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.night.leads import remember_for_leads
from tagmart.night.lists import write_lists
from tagmart.night.partials import make_bookkeeping
from tagmart.night.past import write_past
from tagmart.night.space import note_space, require_space
from tagmart.night.stays import POLICY, nights_bridged, write_prior_members
from tagmart.night.version import require_version
from tagmart.publish import Policy, latest_good, remember_sources, rotate_runs

BEGIN = "begin"


def begin(settings: Settings, biz_date: date) -> str:
    """Start a run for a business date and return its run_id, such as 20260630-001.

    A run that was still open is superseded: nobody writes now (the lock says so), and two runs must not
    take turns in one warehouse. Its next step will be refused with the name of this run.

    Raises:
        TagmartError: if another process is writing, the home belongs to another bank or to another version of the code, or the
            disk has no room for a night.
    """
    settings.claim_home()
    state = State(settings.state_db)
    with writer_lock(settings.home, "(new)", "begin"):
        require_version(settings)
        require_space(settings, state, biz_date)
        run_id = _next_run_id(state, biz_date)
        state.do(
            "update run set status = 'superseded', ended_at = ?, message = ? where status = 'running'",
            _now(), f"run {run_id} was started before this one had finished",
        )
        state.put("run", {
            "run_id": run_id, "bank": settings.bank, "biz_date": biz_date.isoformat(), "status": "running",
            "code_revision": code_revision(settings), "started_at": _now(),
        })
        state.do("delete from turn where granted_at is not null")
        _make_candidate(settings, run_id)
        try:
            rotate_runs(settings, state, Policy.load())
        except OSError as error:
            print(f"files of old runs could not be removed: {error}")
        remember_sources(settings, run_id)
        _write_ops(settings, state, run_id, biz_date)
        note_space(settings, state, run_id, biz_date, BEGIN)
        # The mark that the first stage asks for: a run whose begin was killed half-way has none, and goes no further.
        state.put("stage", {
            "run_id": run_id, "stage": BEGIN, "status": "done", "started_at": _now(), "ended_at": _now(), "seconds": 0,
            "message": "",
        })
    return run_id


def require_turn(settings: Settings, state: State, run_id: str, before: str) -> dict:
    """The run's row, if it is this run's turn to write and the stage `before` is done.

    Raises:
        TagmartError: if there is no such run, it is published or another bank's, a newer run has taken the warehouse
            over, or the stage before has not been done: what it would have made is still that of an earlier run.
    """
    run = state.row("select * from run where run_id = ?", run_id)
    if run is None:
        raise TagmartError("there is no such run", where="run_id", seen=repr(run_id), do="see `tagmart status`")
    if run["status"] == "published":
        raise TagmartError("this run is published, and published runs do not change", where=run_id,
                           do="start the night again for a new run")
    # By the order in which they were written down, and not by the clock: that one may have been set back.
    newest = state.row("select run_id from run order by rowid desc limit 1")
    if newest and newest["run_id"] != run_id:
        raise TagmartError("a newer run has taken over the warehouse", where=run_id, seen=newest["run_id"],
                           do="start the night again instead of continuing this run")
    if run["bank"] != settings.bank:
        raise TagmartError(f"this run is of bank '{run['bank']}'", where=run_id, seen=f"bank '{settings.bank}'",
                           do="set TAGMART_BANK, or give --bank")
    done = state.row("select status from stage where run_id = ? and stage = ?", run_id, before)
    if not done or done["status"] != "done":
        raise TagmartError(f"the stage before is not done: {before}", where=run_id, seen=done["status"] if done else "nothing",
                           do="start the night again" if before == BEGIN else f"run `tagmart night {before} --run-id {run_id}`")
    return run


def code_revision(settings: Settings) -> str:
    """The commit that the code stands at, with `+` if files differ from it; `unknown` outside a checkout."""
    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=settings.root, capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _now() -> str:
    return clock.now().isoformat(timespec="microseconds")


def _next_run_id(state: State, biz_date: date) -> str:
    earlier = state.rows("select run_id from run where biz_date = ?", biz_date.isoformat())
    return f"{biz_date:%Y%m%d}-{len(earlier) + 1:03d}"


def _make_candidate(settings: Settings, run_id: str) -> None:
    """An empty folder for the run, and the `candidate` link on it: replaced in one step, so it always leads somewhere."""
    run_dir = settings.run_dir(run_id)
    run_dir.mkdir(parents=True, mode=0o700, exist_ok=True)
    for name in ("tagmart.duckdb", "restricted.duckdb"):
        connect(run_dir / name).close()
        (run_dir / name).chmod(0o600)
    fresh = settings.home / ".candidate.new"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(run_dir.relative_to(settings.home))
    os.replace(fresh, settings.candidate)


def _write_ops(settings: Settings, state: State, run_id: str, biz_date: date) -> None:
    """The facts that dbt reads about the run: its date, the feeds this bank has, yesterday's segment members and tags."""
    present = present_feeds(load_contracts(settings.contracts_dir))
    known = sorted(canonical_feeds(settings.contracts_dir.parent))
    bridged = nights_bridged(settings.suites_dir.parent / POLICY)
    yesterday, *before = (latest_good(state, biz_date - timedelta(days=days)) for days in range(1, bridged + 2))
    state.do("update run set yesterday = ? where run_id = ?", yesterday.name if yesterday else None, run_id)
    with connect(settings.warehouse) as warehouse:
        settings.warehouse.chmod(0o600)
        warehouse.execute("create schema if not exists ops")
        if yesterday is not None:
            warehouse.execute(f"attach {literal(yesterday / 'tagmart.duckdb')} as yesterday (read_only)")
        # Before the transaction: it attaches a file, and what it makes is made anew by whoever begins again.
        asked = write_prior_members(warehouse, yesterday, before)
        state.do("update run set bridged_from = ? where run_id = ?", " ".join(asked) or None, run_id)
        warehouse.execute("begin")
        # Literals and not parameters: binding a parameter makes DuckDB import pandas, which takes longer than this step.
        warehouse.execute(
            f"create or replace table ops.run_context as select {literal(run_id)} as run_id,"
            f" cast({literal(biz_date)} as date) as biz_date, {literal(settings.bank)} as bank"
        )
        columns = ", ".join(f"{literal(feed in present)} as {identifier(feed)}" for feed in known)
        warehouse.execute(f"create or replace table ops.feed_present as select {columns}")
        remember_for_leads(warehouse, settings.leads_dir, state, biz_date, yesterday is not None)
        make_bookkeeping(warehouse)
        warehouse.execute("commit")
        write_past(warehouse, settings, state, biz_date)
        write_lists(warehouse, settings)
