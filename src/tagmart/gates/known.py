"""Known dirt: what somebody has looked at and lets pass for a while, by count and date; it thaws by itself.

Ties freeze their own differences, by amount (gates.ties). Everything else that an expectation finds is frozen here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from tagmart.core.errors import TagmartError, nearest
from tagmart.core.plain_yaml import read_yaml
from tagmart.gates.expect import Checked
from tagmart.gates.facts import Fact
from tagmart.gates.suite import load_suite

FILE = "known.yml"
KEYS = {"bank", "gate", "expectation", "subject", "count", "since", "until", "reason"}
NEEDED = KEYS - {"subject"}
# How many things a share or an excess is about.
COUNT_OF = {"null_share": "null_cnt", "share_over": "orphan_cnt", "bad_share_over": "rows_quarantined"}
EVERY_BANK = "all"
# How a result begins that tells of an entry: what was let pass, and what was not any more.
KNOWN, THAWED, OF_AT_MOST = "known: ", "thawed: ", " of at most "


@dataclass(frozen=True)
class KnownDirt:
    """Dirt that is let pass.

    Attributes:
        bank: whose it is, or all.
        gate, expectation: what would be red.
        subject: the feed, reference, tag … that breaks it; empty where the number of such subjects is frozen.
        count: at most so many rows (customers) of the subject, or so many subjects.
        since: when it was looked at.
        until: last business date on which it is let pass.
        reason: why, and who is cleaning up.
    """

    bank: str
    gate: str
    expectation: str
    subject: str
    count: int
    since: date
    until: date
    reason: str

    @property
    def place(self) -> str:
        """What it is about, in words."""
        return f"{self.expectation}: {self.subject or 'subjects that break it'}"


def read_known(expectations_dir: Path, bank: str) -> tuple[KnownDirt, ...]:
    """What is frozen for a bank, from expectations/known.yml; nothing where there is no such file.

    Raises:
        TagmartError: if an entry does not say everything, or names an expectation that there is not.
    """
    path = expectations_dir / FILE
    if not path.is_file():
        return ()
    content = read_yaml(path) or {}
    entries = content.get("known") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise TagmartError("known dirt is a list", where=FILE, seen=repr(content)[:80], do="write `known: []`, or entries of a dash each")
    found = tuple(_entry(number, entry) for number, entry in enumerate(entries, start=1))
    for one in found:
        ids = [item.id for item in load_suite(expectations_dir / "suites", one.gate).expectations if item.facts != "tie"]
        if one.expectation not in ids:
            # A slip of the pen would freeze nothing, silently.
            raise TagmartError("there is no such expectation to freeze", where=f"{FILE}: {one.gate}", seen=repr(one.expectation),
                               do=nearest(one.expectation, ids) or "a tie freezes differences in its own file, under `known`")
    return tuple(one for one in found if one.bank in (bank, EVERY_BANK))


def let_pass(
    checked: Sequence[Checked], known: Sequence[KnownDirt], facts: Mapping[str, Sequence[Fact]], biz_date: date
) -> list[Checked]:
    """The results without what is frozen: an expectation of which nothing else is left holds, and says what it lets pass.

    Args:
        checked: what a gate found.
        known: what is frozen in this gate.
        facts: what the gate looked at.
        biz_date: of the run.

    Raises:
        TagmartError: if a subject is frozen of an expectation that counts nothing.
    """
    return [_passed(result, [one for one in known if one.expectation == result.expectation.id], facts, biz_date) for result in checked]


def _passed(result: Checked, known: Sequence[KnownDirt], facts: Mapping[str, Sequence[Fact]], biz_date: date) -> Checked:
    """One result without what is frozen of it."""
    if result.success or not result.broken or not known:
        return result
    about = {str(fact["subject"]): fact for fact in facts[result.expectation.facts]}
    left, said = dict(result.broken), []
    # One by one first: what is left is then counted.
    for one in sorted(known, key=lambda entry: not entry.subject):
        if one.subject and one.subject not in left:
            continue
        count = _counted(result, one, about[one.subject]) if one.subject else len(left)
        thawed = biz_date > one.until or biz_date < one.since or count > one.count
        if not thawed:
            left = {subject: values for subject, values in left.items() if one.subject and subject != one.subject}
        said.append(f"{THAWED if thawed else KNOWN}{one.place}, {count:,}{OF_AT_MOST}{one.count:,} until {one.until} ({one.reason})")
    broken = tuple((subject, values) for subject, values in result.broken if subject in left)
    return replace(result, success=not broken, broken=broken, observed="; ".join([result.observed, *said]))


def _counted(result: Checked, known: KnownDirt, fact: Fact) -> int:
    """How many rows of the subject break the expectation."""
    kwargs = result.expectation.kwargs
    if "column_A" in kwargs:
        sides = [fact.get(kwargs[name]) for name in ("column_A", "column_B")]
        if all(isinstance(side, int) for side in sides):
            return abs(sides[0] - sides[1])
    column = kwargs.get("column")
    value = fact.get(COUNT_OF.get(column, column))
    if "max_value" not in kwargs or "min_value" in kwargs or not isinstance(value, int):
        raise TagmartError("the expectation counts nothing of a subject", where=f"{FILE}: {known.place}",
                           do="freeze the number of subjects: leave `subject` out, and give as `count` how many may break it")
    return int(value)


def _entry(number: int, entry: object) -> KnownDirt:
    """One entry, checked."""
    where = f"{FILE}: entry {number}"
    if not isinstance(entry, dict):
        raise TagmartError("known dirt is a block of keys", where=where, seen=repr(entry)[:80], do=f"keys are {', '.join(sorted(KEYS))}")
    for key in sorted(map(str, entry.keys() - KEYS)):
        raise TagmartError("unknown key", where=where, seen=repr(key), do=nearest(key, KEYS) or f"keys are {', '.join(sorted(KEYS))}")
    for key in sorted(NEEDED - entry.keys()):
        raise TagmartError(f"the key '{key}' is missing", where=where, do="say how many, since when, until when, and why")
    if not (isinstance(entry["since"], date) and isinstance(entry["until"], date) and isinstance(entry["count"], int)):
        raise TagmartError("`since` and `until` are dates, `count` is a number", where=where,
                           seen=f"{entry['since']!r}, {entry['until']!r}, {entry['count']!r}", do="write 2026-06-30 without quotes")
    return KnownDirt(**{"subject": "", **entry})
