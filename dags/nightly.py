"""The night, as Airflow sees it: when, in what order, and what to do if it fails. What is done is in src/tagmart."""

from __future__ import annotations

import os
from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, Param, dag, get_current_context, task, task_group
from airflow.sdk.exceptions import AirflowFailException

from tagmart.night.launch import StepBusyError, alert, biz_date_for
from tagmart.night.launch import step as start
from tagmart.night.waiting import WaitForDeliveries

DOC = """
**What**: builds the customer tags of one business date, from the files in `landing` to the published mart.

**When**: every night at 02:00 (Asia/Shanghai) for the day before; for any other date trigger it with the parameter
`biz_date`, or use `tagmart backfill`.

**Waits**, before it begins, for the deliveries due on the date: until `wait_minutes` after 02:00 of the next morning,
or not at all (0). Meanwhile it holds no worker. What has not come by then is for the contracts to judge.

**If red**: the published mart is still the last good one. `tagmart status` says which stage failed and why,
`tagmart gate show RUN` what a gate found; `docs/runbook.md` says what to do. Clear the failed task to go on from there.
"""


def step(*words: str) -> str:
    """Run one step. Only "somebody else is writing" is worth a retry; any other failure would come again."""
    try:
        return start(*words)
    except StepBusyError:
        raise
    except Exception as error:
        raise AirflowFailException(str(error)) from error


def stage(name: str, minutes: int):
    """A task that runs one stage of the run that `begin` has named."""

    @task(task_id=name, pool="tagmart_writer", execution_timeout=timedelta(minutes=minutes))
    def run(night: str) -> None:
        step(name, "--run-id", night)

    return run


@dag(
    dag_id="nightly",
    # No start date: with one, Airflow would begin by running the night that has just been missed.
    schedule=CronTriggerTimetable("0 2 * * *", timezone="Asia/Shanghai", run_immediately=False),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=2), "on_failure_callback": alert},
    params={
        "biz_date": Param(None, type=["null", "string"], format="date", description="Business date; empty: yesterday"),
        "wait_minutes": Param(
            int(os.environ.get("TAGMART_WAIT_MINUTES", "0")), type="integer", minimum=0, maximum=1440,
            description="Minutes after 02:00 of the morning after, until which late deliveries are waited for",
        ),
    },
    doc_md=DOC,
    tags=["tagmart"],
)
def nightly():
    """wait → begin → ingest → gate 1 → layers → tags → gate 2 → segments → gate 3 → publish."""

    @task(pool="tagmart_writer", execution_timeout=timedelta(minutes=5))
    def begin() -> str:
        context = get_current_context()
        return step("begin", "--date", biz_date_for(context["params"], context.get("logical_date")))

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
    WaitForDeliveries(task_id="wait") >> night
    take_in(night) >> build(night) >> serve(night)


nightly()
