"""Rule files: one rule per YAML file under models/rules/<entity>/<line>/<key>.yml."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from tagmart.core.errors import TagmartError, nearest
from tagmart.core.plain_yaml import read_yaml

ENTITY_LETTERS = {"retail": "R", "corporate": "C", "merchant": "M"}
PURPOSES = ("marketing", "service", "risk", "management", "statutory")
HEAD_OFFICE = "head_office"
BRANCH = re.compile(r"[A-Z0-9][A-Z0-9_\-]{0,31}")
# DOMAIN.md B, touch channels: how a customer is spoken to, which is not how the customer does business.
CHANNELS = (
    "sms", "mbox", "push", "call", "robot", "wecom", "wechat", "terminal", "lobby", "qr", "link", "visit",
)  # fmt: skip
# Who acts on a segment's customers: the first of the chain, from the one named on, that a customer has.
DISTRIBUTION = ("manager", "shared_manager", "branch_pool", "remote", "digital")
PRIORITIES = range(1, 10)
MAX_TOP = 100_000
NEEDED = ("segment_id", "key", "zh", "en", "entity", "line", "owner", "purpose", "description", "rule")
OPTIONAL = ("scope", "valid_from", "valid_to", "channel", "priority", "distribution", "top", "late")
# What becomes of a segment whose tags are of an earlier day: it is selected from them and marked, or its members of that day stay.
DEGRADE, HOLD = "degrade", "hold"
# A list that people are called from may be a day old; one that limits or reports somebody is of one date or stays.
LATE = {"marketing": DEGRADE, "service": DEGRADE, "management": DEGRADE, "risk": HOLD, "statutory": HOLD}


@dataclass(frozen=True)
class Top:
    """The first so many of those for whom a rule is true; ties are broken by customer_id.

    Attributes:
        n: how many.
        by: the tag that they are ordered by; who has no value is never among them.
        order: desc (the largest first) or asc.
        within: branch or manager: so many of each; None: of all.
    """

    n: int
    by: str
    order: str = "desc"
    within: str | None = None

    @property
    def said(self) -> str:
        """In words, for the catalogue."""
        return f"{self.n} by {self.by} {self.order}" + (f" within {self.within}" if self.within else "")


@dataclass(frozen=True)
class Rule:
    """One rule file, read and checked for form; the rule itself is still text.

    Attributes:
        segment_id: the stable number, such as S-R-0001; never given to another rule.
        key: the name by which other rules and people call the segment.
        zh, en: the labels.
        entity, line, owner, purpose: who is selected, by whom and what for.
        scope: head_office, or the code of a branch: its segment sees the customers that it manages, and those below it.
        description_zh, description_en: one sentence each.
        text: the rule in the rule language.
        valid_from, valid_to: the first and the last business date on which it holds; None is open.
        where: the file, for messages.
        channels: the touch channels that the segment is meant for.
        priority: 1 (first) to 9.
        distribution: where the chain of those who act on it begins.
        top: the rule selects only the first so many; None: everybody.
        late: degrade or hold: what becomes of it where a tag that it names is of an earlier day; else by its purpose.
        is_list: true for an imported list, whose text is no rule.
    """

    segment_id: str
    key: str
    zh: str
    en: str
    entity: str
    line: str
    owner: str
    purpose: str
    scope: str
    description_zh: str
    description_en: str
    text: str
    valid_from: date | None
    valid_to: date | None
    where: str
    channels: tuple[str, ...] = ()
    priority: int = 5
    distribution: str = DISTRIBUTION[0]
    top: Top | None = None
    late: str = DEGRADE
    is_list: bool = False


def load_rules(rules_dir: Path) -> list[Rule]:
    """Read every rule file, ordered by segment_id.

    Raises:
        TagmartError: for the first file that is not a rule, a folder or name that disagrees with the file, or an id or
            key that two files share.
    """
    paths = sorted(rules_dir.rglob("*.yml"))
    if not paths:
        raise TagmartError("there are no rules", where=str(rules_dir), do="put one rule per file under <entity>/<line>/")
    rules = sorted((_load(path, rules_dir) for path in paths), key=lambda rule: rule.segment_id)
    _refuse_doubles(rules)
    return rules


def _load(path: Path, rules_dir: Path) -> Rule:
    where = path.relative_to(rules_dir.parent.parent).as_posix()
    try:
        raw = read_yaml(path)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TagmartError("the file is not YAML", where=where, seen=str(error).replace("\n", " ")) from None
    if not isinstance(raw, dict):
        raise TagmartError("the file is not a rule", where=where, do=f"give it the fields {', '.join(NEEDED)}")
    return rule_of(raw, where, path.relative_to(rules_dir).with_suffix("").parts)


def rule_of(raw: dict, where: str, place: tuple[str, ...] | None = None, *, is_list: bool = False) -> Rule:
    """Check the form of a rule and return it.

    Args:
        raw: the fields of the file.
        where: the file, for messages.
        is_list: the fields are those of an imported list, numbered apart.
        place: (entity, line, key) as the file's path says them, which must be what its fields say; None to skip.

    Raises:
        TagmartError: for a field that is unknown, missing or not in its form.
    """
    for name in raw:
        if name not in NEEDED + OPTIONAL:
            raise TagmartError(f"unknown field '{name}'", where=where, do=nearest(str(name), NEEDED + OPTIONAL))
    for name in NEEDED:
        if not raw.get(name):
            raise TagmartError(f"the field {name} is missing", where=where, do="fill it in")
    if not isinstance(raw["description"], dict) or not {"zh", "en"} <= set(raw["description"]):
        raise TagmartError("the description has no zh and en", where=where, seen=repr(raw["description"]))
    rule = Rule(
        **{name: _plain(raw, name, where) for name in NEEDED if name not in ("description", "rule")},
        scope=_plain({"scope": HEAD_OFFICE, **raw}, "scope", where),
        description_zh=_plain(raw["description"], "zh", where),
        description_en=_plain(raw["description"], "en", where),
        text=" ".join(str(raw["rule"]).split()),
        valid_from=_date(raw, "valid_from", where),
        valid_to=_date(raw, "valid_to", where),
        where=where,
        channels=_channels(raw.get("channel", []), where),
        priority=raw.get("priority", 5),
        distribution=_plain({"distribution": DISTRIBUTION[0], **raw}, "distribution", where),
        top=_top(raw.get("top"), where),
        late=_plain({"late": LATE.get(str(raw["purpose"]), DEGRADE), **raw}, "late", where),
        is_list=is_list,
    )
    _check(rule, place)
    return rule


def _plain(raw: dict, name: str, where: str) -> str:
    """A one-line text. Braces are refused because dbt renders descriptions as templates."""
    value = raw[name]
    if not isinstance(value, str) or re.search(r"[{}\n\r\x00-\x1f]", value.strip()):
        raise TagmartError(
            f"the field {name} is not one line of text", where=where, seen=repr(value),
            do="write plain text in one line, without braces",
        )
    return value.strip()


def _date(raw: dict, name: str, where: str) -> date | None:
    value = raw.get(name)
    if value is None or (isinstance(value, date) and type(value) is date):
        return value
    raise TagmartError(f"{name} is not a date", where=where, seen=repr(value), do="write it as 2026-06-30, without quotes")


def _channels(value: object, where: str) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    for channel in listed:
        if channel not in CHANNELS:
            raise TagmartError(
                f"unknown channel {channel!r}", where=where,
                do=nearest(str(channel), CHANNELS) or f"use some of {', '.join(CHANNELS)}",
            )
    if len(set(listed)) < len(listed):
        raise TagmartError("a channel is named twice", where=where, seen=", ".join(listed))
    return tuple(listed)


def _top(value: object, where: str) -> Top | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not {"n", "by"} <= set(value) or not set(value) <= {"n", "by", "order", "within"}:
        raise TagmartError("top is not in its form", where=where, seen=repr(value),
                           do="write top: {n: 50, by: <tag>, order: desc, within: branch}; order and within may be left out")
    found = Top(**value)
    fits = {
        "n": type(found.n) is int and 1 <= found.n <= MAX_TOP, "by": isinstance(found.by, str),
        "order": found.order in ("desc", "asc"), "within": found.within in (None, "branch", "manager"),
    }  # fmt: skip
    for name, good in fits.items():
        if not good:
            raise TagmartError(f"top has a {name} that is not known", where=where, seen=repr(value[name]),
                               do=f"n is 1 to {MAX_TOP:,}, by a tag, order desc or asc, within branch or manager")
    return found


def _check(rule: Rule, place: tuple[str, ...] | None) -> None:
    if rule.entity not in ENTITY_LETTERS:
        raise TagmartError(
            f"unknown entity '{rule.entity}'", where=rule.where, do=f"use one of {', '.join(ENTITY_LETTERS)}"
        )
    start = f"{'L' if rule.is_list else 'S'}-{ENTITY_LETTERS[rule.entity]}"
    if not re.fullmatch(rf"{start}-\d{{4}}", str(rule.segment_id)):
        raise TagmartError(
            f"segment_id does not have the form {start}-0001", where=rule.where,
            seen=repr(rule.segment_id), do="take the next free number of the entity",
        )
    if not re.fullmatch(r"[a-z][a-z0-9_]{2,47}", rule.key):
        raise TagmartError(
            "the key is not a name", where=rule.where, seen=repr(rule.key),
            do="use 3 to 48 lower-case letters, digits and underscores, a letter first",
        )
    if rule.purpose not in PURPOSES:
        raise TagmartError(
            f"unknown purpose '{rule.purpose}'", where=rule.where, do=f"use one of {', '.join(PURPOSES)}"
        )
    if rule.late not in (DEGRADE, HOLD):
        raise TagmartError(f"unknown word for late: '{rule.late}'", where=rule.where, do=f"use {DEGRADE} or {HOLD}, or leave it out")
    if rule.scope != HEAD_OFFICE and not BRANCH.fullmatch(rule.scope):
        raise TagmartError(
            "the scope is neither the head office nor the code of a branch", where=rule.where, seen=f"scope {rule.scope!r}",
            do=f"leave scope out, write {HEAD_OFFICE}, or the code as in mart.dim_branch: B101",
        )
    if type(rule.priority) is not int or rule.priority not in PRIORITIES:
        raise TagmartError("the priority is not 1 to 9", where=rule.where, seen=repr(rule.priority), do="1 comes first")
    if rule.distribution not in DISTRIBUTION:
        raise TagmartError(
            f"unknown distribution '{rule.distribution}'", where=rule.where, do=f"use one of {', '.join(DISTRIBUTION)}"
        )
    if rule.valid_from and rule.valid_to and rule.valid_to < rule.valid_from:
        raise TagmartError("valid_to is before valid_from", where=rule.where, seen=f"{rule.valid_from}, {rule.valid_to}")
    if place is not None and place != (rule.entity, rule.line, rule.key):
        raise TagmartError(
            "the file's place and its fields disagree", where=rule.where,
            seen="/".join((rule.entity, rule.line, rule.key)), do="keep a rule in <entity>/<line>/<key>.yml",
        )


def _refuse_doubles(rules: Iterable[Rule]) -> None:
    seen: dict[tuple[str, str], Rule] = {}
    for rule in rules:
        for field_name, value in (("segment_id", rule.segment_id), ("key", rule.key)):
            first = seen.setdefault((field_name, value), rule)
            if first is not rule:
                raise TagmartError(
                    f"two rules have the {field_name} {value}", where=rule.where, seen=first.where,
                    do="give the newer one its own; a used number is never given again",
                )
