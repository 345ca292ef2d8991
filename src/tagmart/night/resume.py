"""Going on with a run without Airflow: its remaining stages, or those from a stage on, one process each, in order."""

from __future__ import annotations

from collections.abc import Callable

from tagmart.core.errors import BusyError, TagmartError, nearest
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.night.launch import StepBusyError, StepFailedError, step
from tagmart.night.stages import STAGES


def resume(settings: Settings, state: State, run_id: str | None, start: str | None, run_step: Callable[..., str] = step) -> list[str]:
    """Run the stages of a run from one on, to its end; stop at the first that fails.

    Args:
        settings: the home.
        state: its state.
        run_id: the run; None for the newest.
        start: the first stage; None for the first that is not done.
        run_step: runs one stage, as Airflow does.

    Returns:
        The stages that were run.

    Raises:
        BusyError: if another process is writing.
        TagmartError: if there is no such run or stage, the run is published, or a stage failed.
    """
    run = state.row("select * from run where run_id = coalesce(?, run_id) order by rowid desc limit 1", run_id)
    if run is None:
        raise TagmartError("there is no such run", where="run_id", seen=repr(run_id), do="see `tagmart status`")
    if run["status"] == "published":
        raise TagmartError("this run is published, and published runs do not change", where=run["run_id"],
                           do=f"run the night again: `tagmart run --date {run['biz_date']}`")
    names = [stage.name for stage in STAGES]
    done = {row["stage"] for row in state.rows("select stage from stage where run_id = ? and status = 'done'", run["run_id"])}
    first = start or next(name for name in names if name not in done)
    if first not in names:
        raise TagmartError("there is no such stage", where="--from", seen=repr(first), do=nearest(first, names) or f"use one of {', '.join(names)}")
    rest = names[names.index(first):]
    for name in rest:
        try:
            run_step(name, "--run-id", run["run_id"], environment=settings.environment())
        except StepBusyError as error:
            raise BusyError("another process is writing", where=name, seen=str(error), do="wait, then run this again") from error
        except StepFailedError as error:
            raise TagmartError(f"the stage {name} has failed", where=run["run_id"], do=f"mend what it says, then `tagmart resume {run['run_id']}`") from error
    return rest
