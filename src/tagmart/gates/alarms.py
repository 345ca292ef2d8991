"""Alarms worth reading: what is red, grouped by its cause, the worst first, and whether there are too many of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tagmart.core.policy import whole_number

UP_TO_DATE = ("loaded", "unchanged")
# A feed whose delivery has come and was not taken is not late.
NOT_LATE = {"refused": "refused", "over_limit": "over its limit of bad rows"}
# Subjects named per alarm.
MOST_NAMED = 3


@dataclass(frozen=True)
class Alarm:
    """One cause of everything that is red because of it.

    Attributes:
        severity: fail or warn, the worse of what it groups.
        cause: the feed that is late or was refused, else the expectation.
        owner: who mends it.
        message: what is wrong.
        do: what to do.
        subjects: what is touched: ties, feeds, tags, lines of the ledger.
    """

    severity: str
    cause: str
    owner: str
    message: str
    do: str
    subjects: tuple[str, ...]


def alarms(results: Iterable[Mapping[str, object]], feeds: Iterable[Mapping[str, object]]) -> list[Alarm]:
    """Group the red rows of gate_result by cause.

    Args:
        results: rows of gate_result of one run.
        feeds: rows of feed_fact of the run: what names a feed that is not up to date has that for its cause.
    """
    late = {str(feed["feed"]): feed for feed in feeds if feed["status"] not in UP_TO_DATE}
    red = [result for result in results if not result["success"]]
    told = {result["expectation"] for result in red if result["subject"]}
    groups: dict[tuple[str, str], list[Mapping[str, object]]] = {}
    for result in red:
        # An expectation whose subjects are told speaks through them.
        if not result["subject"] and result["expectation"] in told:
            continue
        feed = _late_feed(result, late)
        groups.setdefault(("feed", feed) if feed else ("expectation", str(result["expectation"])), []).append(result)
    found = [_alarm(kind, name, rows, late) for (kind, name), rows in groups.items()]
    return sorted(found, key=lambda alarm: (alarm.severity != "fail", -len(alarm.subjects), alarm.cause))


def budget(path: Path) -> int:
    """How many causes of warnings a night may have before they are too many to read.

    Args:
        path: expectations/alarms.yml.

    Raises:
        TagmartError: if the file does not say it.
    """
    return whole_number(path, "warnings", "the budget of warnings is not said", 12)


@dataclass(frozen=True)
class Told:
    """What is told of the alarms of a night.

    Attributes:
        alarms: told one by one: everything that stops the night, and warnings up to the budget.
        rest: owner → how many more of its warnings there are; they are summed up.
        most: the budget of warnings.
        warned: how many warnings there are.
    """

    alarms: tuple[Alarm, ...]
    rest: Mapping[str, int]
    most: int
    warned: int


def told(found: Sequence[Alarm], most: int) -> Told:
    """Alarms as a person can read them: beyond the budget warnings are only counted, by owner.

    Args:
        found: alarms, the worst first.
        most: how many warnings are told one by one.
    """
    fails = [alarm for alarm in found if alarm.severity == "fail"]
    warnings = [alarm for alarm in found if alarm.severity != "fail"]
    rest: dict[str, int] = {}
    for alarm in warnings[most:]:
        rest[alarm.owner] = rest.get(alarm.owner, 0) + 1
    return Told((*fails, *warnings[:most]), dict(sorted(rest.items())), most, len(warnings))


def _late_feed(result: Mapping[str, object], late: Mapping[str, object]) -> str:
    """The late feed that a result is about: its subject, or named in its message as a whole word."""
    if result["subject"] in late:
        return str(result["subject"])
    words = str(result["message"]).replace(",", " ").split()
    return next((feed for feed in late if feed in words), "")


def _alarm(kind: str, name: str, rows: Sequence[Mapping[str, object]], late: Mapping[str, Mapping[str, object]]) -> Alarm:
    """What is told of one cause."""
    first = next((row for row in rows if row["subject"] == name), rows[0])
    subjects = tuple(str(row["subject"] or row["expectation"]) for row in rows)
    severity = "fail" if any(row["severity"] == "fail" for row in rows) else "warn"
    message = str(late[name]["message"] or f"{name} is {late[name]['status']}") if kind == "feed" else _meaning(str(first["message"]))
    owner = str(late[name]["owner"] or first["owner"]) if kind == "feed" else str(first["owner"])
    cause = f"{name} is {NOT_LATE.get(str(late[name]['status']), 'late')}" if kind == "feed" else name
    return Alarm(severity, cause, owner, message, str(first["what_to_do"] or ""), subjects)


def _meaning(message: str) -> str:
    """What a break means: the message of an expectation without its title, which stands beside it."""
    title, _, meaning = message.partition(": ")
    return meaning if "｜" in title and meaning else message
