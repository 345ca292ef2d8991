"""The night, as Airflow sees it: when, in what order, and what to do if it fails. What is done is in src/tagmart."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import CronTriggerTimetable, Param, dag, get_current_context, task, task_group
from airflow.sdk.exceptions import AirflowFailException

from tagmart.night.launch import StepFailedError, alert, biz_date_for
from tagmart.night.launch import step as start

DOC = """
**What**: builds the customer tags of one business date, from the files in `landing` to the published mart.

**When**: every night at 02:00 (Asia/Shanghai) for the day before; for any other date trigger it with the parameter
`biz_date`, or use `tagmart backfill`.

**If red**: the published mart is still the last good one. `tagmart status` says which stage failed and why,
`tagmart gate show RUN` what a gate found; `docs/runbook.md` says what to do. Clear the failed task to go on from there.
"""


def stage(name: str, minutes: int):
    """A task that runs one stage; it is retried only if somebody else was writing."""

    @task(task_id=name, pool="tagmart_writer", execution_timeout=timedelta(minutes=minutes))
    def run(run_id: str) -> None:
        try:
            start(name, "--run-id", run_id)
        except StepFailedError as error:
            raise AirflowFailException(str(error)) from error

    return run


@dag(
    dag_id="nightly",
    schedule=CronTriggerTimetable("0 2 * * *", timezone="Asia/Shanghai"),
    start_date=pendulum.datetime(1993, 1, 1, tz="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=2), "on_failure_callback": alert},
    params={"biz_date": Param(None, type=["null", "string"], format="date", description="Business date; empty: yesterday")},
    doc_md=DOC,
    tags=["tagmart"],
)
def nightly():
    """ingest → gate 1 → layers → tags → gate 2 → segments → gate 3 → publish."""

    @task(pool="tagmart_writer", execution_timeout=timedelta(minutes=5))
    def begin() -> str:
        context = get_current_context()
        return start("begin", "--date", biz_date_for(context["params"], context.get("logical_date")))

    def in_order(run_id: str, *stages: tuple[str, int]) -> None:
        previous = None
        for name, minutes in stages:
            current = stage(name, minutes)(run_id)
            if previous is not None:
                previous >> current
            previous = current

    @task_group
    def take_in(run_id: str):
        in_order(run_id, ("ingest", 120), ("gate1", 20))

    @task_group
    def build(run_id: str):
        in_order(run_id, ("dwd", 120), ("dws", 120), ("tags", 120), ("wide", 60), ("profile", 30), ("gate2", 20))

    @task_group
    def serve(run_id: str):
        in_order(run_id, ("segments", 60), ("gate3", 20), ("publish", 30))

    run_id = begin()
    take_in(run_id) >> build(run_id) >> serve(run_id)


nightly()
