"""A step of the night as a task of Airflow: which failures are worth another try."""

from __future__ import annotations

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException, AirflowTaskTimeout

from tagmart.night.launch import StepBusyError, StepKilledError, step


def run_step(*words: str) -> str:
    """Run one step. Another try helps where somebody else is writing, and once where its process was killed; nowhere else.

    Raises:
        StepBusyError, StepKilledError: which Airflow tries again.
        AirflowFailException: for everything else, a step that took too long included: it would only end the same way again.
    """
    try:
        return step(*words)
    except StepBusyError:
        raise
    except StepKilledError as error:
        if get_current_context()["ti"].try_number > 1:
            raise AirflowFailException(str(error)) from error
        raise
    except (Exception, AirflowTaskTimeout) as error:
        raise AirflowFailException(str(error)) from error
