"""Waiting for the night's deliveries, then for its turn, without holding a worker: tasks that hand themselves over to
Airflow's triggerer.

Nothing heavy is imported at the top, because DAG parsing imports this module.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException
from airflow.triggers.base import BaseTrigger, TriggerEvent

from tagmart.core import clock
from tagmart.core.errors import TagmartError
from tagmart.night.launch import biz_date_for

POLL_SECONDS = 30.0
TURN_SECONDS = 15.0
# Beyond the deadline, for a triggerer that was busy or down.
GRACE = timedelta(minutes=30)


class DeliveriesTrigger(BaseTrigger):
    """Looks into the landing folder until the deliveries of a date are all there, or a deadline passes.

    Args:
        biz_date: the date, ISO.
        until: the deadline, ISO with its zone.
        poll_seconds: between two looks.
    """

    def __init__(self, biz_date: str, until: str, poll_seconds: float = POLL_SECONDS) -> None:
        super().__init__()
        self.biz_date, self.until, self.poll_seconds = biz_date, until, poll_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """How the triggerer makes it anew."""
        return "tagmart.night.waiting.DeliveriesTrigger", {
            "biz_date": self.biz_date, "until": self.until, "poll_seconds": self.poll_seconds,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """One event, with the feeds that are still missing."""
        until = datetime.fromisoformat(self.until)
        # In a thread: the folder may be on a slow network disk, and other triggers share this loop.
        awaited = await asyncio.to_thread(_awaited, self.biz_date)
        while missing := await asyncio.to_thread(awaited.missing):
            left = (until - clock.now()).total_seconds()
            if left <= 0:
                break
            await asyncio.sleep(min(self.poll_seconds, left))
        yield TriggerEvent({"biz_date": self.biz_date, "missing": missing})


class WaitForDeliveries(BaseOperator):
    """Waits until the deliveries of the run's business date are there, at most as long as the parameter `wait_minutes` says.

    The deadline is a time of the morning after the business date, so nobody waits for a night that is long past.
    """

    def execute(self, context: Mapping[str, Any]) -> None:
        """Look once, and give the worker away if there is something to wait for."""
        params = context["params"]
        biz_date = biz_date_for(params, context.get("logical_date"))
        until = clock.logical_date_of(date.fromisoformat(biz_date)) + timedelta(minutes=int(params["wait_minutes"]))
        try:
            missing = _awaited(biz_date).missing()
        except TagmartError as error:
            # A contract that cannot be read is not cured by another try.
            raise AirflowFailException(str(error)) from error
        left = until - clock.now()
        if not missing or not params["wait_minutes"] or left <= timedelta(0):
            _tell(biz_date, missing)
            return
        print(f"waiting until {until:%Y-%m-%d %H:%M} for {len(missing)} of the deliveries of {biz_date}: {', '.join(missing)}")
        self.defer(
            trigger=DeliveriesTrigger(biz_date, until.isoformat()), method_name="go_on", timeout=left + GRACE,
        )

    def go_on(self, context: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Say what has not come; what becomes of it is for the contracts to say.

        All that it knows comes with the event: `airflow dags test` drops any other argument.
        """
        _tell(event["biz_date"], event["missing"])


class TurnTrigger(BaseTrigger):
    """Asks for the turn of a night until it is granted.

    Args:
        who: who asks.
        kind: nightly or backfill.
        biz_date: the date, ISO.
        poll_seconds: between two questions.
    """

    def __init__(self, who: str, kind: str, biz_date: str, poll_seconds: float = TURN_SECONDS) -> None:
        super().__init__()
        self.who, self.kind, self.biz_date, self.poll_seconds = who, kind, biz_date, poll_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """How the triggerer makes it anew."""
        return "tagmart.night.waiting.TurnTrigger", {
            "who": self.who, "kind": self.kind, "biz_date": self.biz_date, "poll_seconds": self.poll_seconds,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """One event, when the turn is granted."""
        said = ""
        while reason := await asyncio.to_thread(_ask, self.who, self.kind, self.biz_date):
            if reason != said:
                self.log.info("waiting: %s", reason)
                said = reason
            await asyncio.sleep(self.poll_seconds)
        yield TriggerEvent({"biz_date": self.biz_date})


class WaitForTurn(BaseOperator):
    """Waits until no other night is under way; a backfill waits for the nightly run too. Marked as success, it goes on at once."""

    def execute(self, context: Mapping[str, Any]) -> None:
        """Ask once, and give the worker away if it is another's turn."""
        from tagmart.night.turn import BACKFILL, NIGHTLY

        run, params = context["dag_run"], context["params"]
        # An enumeration of Airflow's, whose value is `backfill` too.
        kind = BACKFILL if params.get("backfill") or getattr(run.run_type, "value", run.run_type) == BACKFILL else NIGHTLY
        biz_date = biz_date_for(params, context.get("logical_date"))
        reason = _ask(run.run_id, kind, biz_date)
        if reason:
            print(f"waiting: {reason}")
            self.defer(trigger=TurnTrigger(run.run_id, kind, biz_date), method_name="go_on")

    def go_on(self, context: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """The turn has come."""
        print(f"it is the turn of {event['biz_date']}")


def _ask(who: str, kind: str, biz_date: str) -> str:
    """Ask for the turn; reads and writes the state."""
    from tagmart.core.settings import Settings
    from tagmart.core.state import State
    from tagmart.night.turn import ask

    settings = Settings.load()
    settings.claim_home()
    return ask(settings, State(settings.state_db), who, kind, date.fromisoformat(biz_date))


def _awaited(biz_date: str) -> Any:
    """What is due on a date; reads the contracts."""
    from tagmart.core.settings import Settings
    from tagmart.ingest import Awaited

    return Awaited.on(Settings.load(), date.fromisoformat(biz_date))


def _tell(biz_date: str, missing: list[str]) -> None:
    """A line for the task's log."""
    if missing:
        print(f"{len(missing)} deliveries of {biz_date} have not come: {', '.join(missing)}. Their contracts say what to do.")
    else:
        print(f"all deliveries of {biz_date} are there")
