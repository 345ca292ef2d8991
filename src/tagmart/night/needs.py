"""What needs a person, the worst first, each with the command to run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tagmart.core.errors import TagmartError
from tagmart.core.locking import writing
from tagmart.core.settings import Settings
from tagmart.core.state import State
from tagmart.gates.alarms import Told

# Airflow starts the next stage within seconds; a run that does nothing for longer was ended from outside.
IDLE = timedelta(minutes=10)
# From which stage a run goes on once what a gate found is mended.
MENDED_FROM = {"gate1": "ingest"}


@dataclass(frozen=True)
class Need:
    """One thing that a person must do.

    Attributes:
        tone: bad if the night stands or readers wait; warn if somebody should look.
        zh, en: what it is.
        said: what was seen, for those who want to know more.
        owner: who acts.
        do: what to do, in words.
        command: the command to run.
    """

    tone: str
    zh: str
    en: str
    said: str
    owner: str
    do: str
    command: str


def needs(
    settings: Settings, state: State, run: Mapping[str, object] | None, stages: Mapping[str, Mapping[str, object]], said: Told,
    deadline: datetime | None, at: datetime, *, look: bool,
) -> list[Need]:  # fmt: skip
    """What needs a person now.

    Args:
        run: the newest run.
        stages: its rows of `stage`, by name.
        said: its alarms.
        deadline: when it must be published, if it must.
        at: now.
        look: ask too which deliveries came after their night.

    Raises:
        TagmartError: if the contracts cannot be read.
    """
    found = []
    if run is not None:
        found += _of_run(settings, run, stages, said, at)
        if deadline and at > deadline and run["status"] != "published":
            found.append(Need("bad", f"{run['biz_date']} 未按时发布", f"the night of {run['biz_date']} is not published by {deadline:%H:%M}",
                              "", "operator", "see below what it stands at; tell BI", "tagmart board"))  # fmt: skip
        found += [
            Need("bad" if alarm.severity == "fail" else "warn", "质量门告警", alarm.cause, alarm.message, alarm.owner, alarm.do,
                 f"tagmart gate show {run['run_id']}")
            for alarm in said.alarms
        ]  # fmt: skip
        if said.rest:
            count = sum(said.rest.values())
            owners = ", ".join(f"{owner} {number}" for owner, number in said.rest.items())
            found.append(Need("warn", f"另有 {count} 条提醒", f"{count} more warnings than the budget of {said.most}", owners, "owners",
                              "mend, accept or freeze causes until they fit", f"tagmart gate show {run['run_id']}"))  # fmt: skip
    if look:
        found += _stale(settings, state)
    return sorted(found, key=lambda need: need.tone != "bad")


def _of_run(
    settings: Settings, run: Mapping[str, object], stages: Mapping[str, Mapping[str, object]], said: Told, at: datetime
) -> Iterator[Need]:
    """A run that failed, or that somebody has ended from outside."""
    failed = next((row for row in stages.values() if row["status"] == "failed"), None)
    if run["status"] == "failed" and failed:
        start = MENDED_FROM.get(str(failed["stage"]), failed["stage"])
        first = (str(failed["message"] or "").splitlines() or [""])[0][:300]
        # What a gate found is told by its alarms.
        seen = first if not any(alarm.severity == "fail" for alarm in said.alarms) else ""
        yield Need("bad", f"步骤 {failed['stage']} 失败", f"stage {failed['stage']} has failed", seen, "operator",
                   "mend the cause, then clear the task in Airflow, or run the command",
                   f"tagmart resume {run['run_id']} --from {start}")  # fmt: skip
    last = max((str(row["ended_at"] or row["started_at"]) for row in stages.values()), default=str(run["started_at"]))
    if run["status"] == "running" and not writing(settings.home) and at - datetime.fromisoformat(last) > IDLE:
        yield Need("bad", "批次中断", "the run has stopped without a word: its process was ended", f"nothing since {last[11:19]}",
                   "operator", "clear the task in Airflow, or run the command", f"tagmart resume {run['run_id']}")  # fmt: skip


def _stale(settings: Settings, state: State) -> Iterator[Need]:
    """Deliveries that came, or came again, after nights had been published without them."""
    from tagmart.ingest import overtaken, resent
    from tagmart.night.restate import restate_command, stale_nights

    try:
        nights = stale_nights(settings, state)
        feeds = sorted({one.feed for one in (*overtaken(settings, state), *resent(state))})
    except TagmartError as error:
        yield Need("warn", "迟到供数未知", "which deliveries came late is not known", str(error), "data engineer", "mend the contract",
                   "tagmart status")  # fmt: skip
        return
    if nights:
        yield Need("warn", "供数迟到或重发", f"{', '.join(feeds)} came, or came again, after nights were published",
                   f"published without it: {', '.join(map(str, nights))}", "operator",
                   "make them and the nights after them anew, if their marts must have it", restate_command(nights))  # fmt: skip
