"""The night, as Airflow sees it: when, in what order, and what to do if it fails. What is done is in src/tagmart."""

from __future__ import annotations

import os
from datetime import timedelta

from airflow.sdk import (
    CronTriggerTimetable,
    DeadlineAlert,
    DeadlineReference,
    Param,
    SyncCallback,
    dag,
    get_current_context,
    task,
    task_group,
)

from tagmart.night.launch import biz_date_for
from tagmart.night.tasks import run_step
from tagmart.night.tell import alert, deadline_missed, done, is_by_hand, until_deadline
from tagmart.night.waiting import WaitForDeliveries, WaitForTurn

DOC = """
**What**: builds the customer tags of one business date, from the files in `landing` to the published mart.

**When**: every night at 02:00 (Asia/Shanghai) for the day before; for any other date trigger it with the parameter
`biz_date`, or use `tagmart backfill`.

**Waits**, before it begins, for the deliveries due on the date: until `wait_minutes` after 02:00 of the next morning,
or not at all (0). Meanwhile it holds no worker. What has not come by then is for the contracts to judge.
Then for its turn: two nights never share the warehouse, and a backfill lets the nightly run go first.

**Must be published** by 07:30 (`TAGMART_PUBLISH_BY`); if not, that is told as a failure is (`TAGMART_ALERT_WEBHOOK`, `alerts.log`).

**If red**: the published mart is still the last good one. `tagmart status` says which stage failed and why,
`tagmart gate show RUN` what a gate found; `docs/runbook.md` says what to do. Clear the failed task to go on from there.
"""


def stage(name: str, minutes: int):
    """A task that runs one stage of the run that `begin` has named."""

    @task(
        task_id=name, pool="tagmart_writer", execution_timeout=timedelta(minutes=minutes),
        on_success_callback=done if name == "publish" else None,
    )  # fmt: skip
    def run(night: str) -> None:
        run_step(name, "--run-id", night)

    return run


@dag(
    dag_id="nightly",
    # No start date: with one, Airflow would begin with the night just missed. `False` would too, within a tenth of a day.
    schedule=CronTriggerTimetable("0 2 * * *", timezone="Asia/Shanghai", run_immediately=timedelta(0)),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    # Ten tries of two minutes outlast a replay or an export that holds the lock.
    default_args={"retries": 10, "retry_delay": timedelta(minutes=2), "on_failure_callback": alert},
    deadline=None if is_by_hand() else DeadlineAlert(DeadlineReference.DAGRUN_LOGICAL_DATE, until_deadline(), SyncCallback(deadline_missed)),
    params={
        "biz_date": Param(None, type=["null", "string"], format="date", description="Business date; empty: yesterday"),
        "wait_minutes": Param(
            int(os.environ.get("TAGMART_WAIT_MINUTES", "0")), type="integer", minimum=0, maximum=1440,
            description="Minutes after 02:00 of the morning after, until which late deliveries are waited for",
        ),
        "backfill": Param(False, type="boolean", description="A past night, which gives way to the nightly run"),
    },
    doc_md=DOC,
    tags=["tagmart"],
)
def nightly():
    """wait → turn → begin → ingest → gate 1 → layers → tags → gate 2 → segments → gate 3 → publish."""

    @task(pool="tagmart_writer", execution_timeout=timedelta(minutes=5))
    def begin() -> str:
        context = get_current_context()
        return run_step("begin", "--date", biz_date_for(context["params"], context.get("logical_date")))

    def in_order(night: str, *stages: tuple[str, int]) -> None:
        previous = None
        for name, minutes in stages:
            current = stage(name, minutes)(night)
            if previous is not None:
                previous >> current
            previous = current

    @task_group
    def take_in(night: str):
        in_order(night, ("ingest", 120), ("gate1", 20))

    @task_group
    def build(night: str):
        in_order(night, ("dwd", 120), ("dws", 120), ("tags", 120), ("wide", 60), ("profile", 30), ("gate2", 20))

    @task_group
    def serve(night: str):
        in_order(night, ("segments", 60), ("gate3", 20), ("publish", 30))

    night = begin()
    WaitForDeliveries(task_id="wait") >> WaitForTurn(task_id="turn") >> night
    take_in(night) >> build(night) >> serve(night)


nightly()
