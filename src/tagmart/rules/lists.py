"""Imported lists: customer groups that come as a file, declared beside the rules and read by them with `in segment`.

What a list is stands in models/lists and is reviewed; whom it names stays in the bank's home, because customer numbers
never go into the repository. The declaration carries the file's fingerprint, so that a night uses what was reviewed.
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import yaml

from tagmart.core.errors import TagmartError
from tagmart.core.plain_yaml import read_yaml
from tagmart.core.settings import Settings
from tagmart.rules.files import ENTITY_LETTERS, Rule, load_rules, rule_of
from tagmart.rules.sheets import read_column

FIELDS = ("list_id", "key", "zh", "en", "entity", "owner", "purpose", "imported", "expires", "rows", "sha256")
LINE = "list"


def load_lists(settings: Settings) -> list[Rule]:
    """The declared lists, as segments of the lowest storey, ordered by number.

    Raises:
        TagmartError: for a file that is not the declaration of a list.
    """
    return sorted((_segment(path, said) for path, said in declared(settings)), key=lambda rule: rule.segment_id)


def declared(settings: Settings) -> list[tuple[Path, dict]]:
    """Every declaration: its file and its fields."""
    found = []
    for path in sorted(settings.lists_dir.rglob("*.yml")):
        said = read_yaml(path)
        if not isinstance(said, dict) or set(said) != set(FIELDS) or path.stem != said["key"]:
            raise TagmartError("not the declaration of a list", where=f"models/lists/{path.parent.name}/{path.name}",
                               do=f"give it the fields {', '.join(FIELDS)}, or import the list anew")
        found.append((path, said))
    return found


def import_list(
    settings: Settings, source: Path, fields: Mapping[str, object], column: str, known: frozenset[str], today: date
) -> tuple[Path, int, list[str]]:
    """Take in a list: its rows into the home, its declaration into models/lists for review.

    Args:
        settings: the checkout and the bank's home.
        source: a CSV or XLSX file with a header.
        fields: key, zh, en, entity, owner, purpose, expires.
        column: the column with customer numbers.
        known: the customers of the current published night.
        today: the date of the import; the list holds from then on.

    Returns:
        The declaration, the number of rows, and the rows that are no customer's. They are kept with the others: every
        night asks anew who of the list is a customer.

    Raises:
        TagmartError: for an unknown entity, an end before today, a key that is taken, or a file that cannot be read.
    """
    entity, key = str(fields["entity"]), str(fields["key"])
    if entity not in ENTITY_LETTERS:
        raise TagmartError(f"unknown entity '{entity}'", where="--entity", do=f"use one of {', '.join(ENTITY_LETTERS)}")
    if not isinstance(fields["expires"], date) or fields["expires"] < today:
        raise TagmartError("a list ends, and not before it begins", where="--expires", seen=str(fields["expires"]),
                           do="give the last business date on which it holds")
    lists = load_lists(settings)
    if same := next((rule for rule in [*load_rules(settings.rules_dir), *lists] if rule.key == key), None):
        raise TagmartError(f"there is a segment '{key}' already", where=same.where, do="take another key; a list is never changed")
    ids = list(dict.fromkeys(read_column(source, column)))
    used = [int(rule.segment_id.rpartition("-")[2]) for rule in lists if rule.entity == entity]
    content = "customer_id\n" + "".join(f"{one}\n" for one in ids)
    said = {
        "list_id": f"L-{ENTITY_LETTERS[entity]}-{max(used, default=0) + 1:04d}", **{name: fields[name] for name in FIELDS if name in fields},
        "imported": today, "rows": len(ids), "sha256": hashlib.sha256(content.encode()).hexdigest(),
    }  # fmt: skip
    path = settings.lists_dir / entity / f"{key}.yml"
    _segment(path, said)
    settings.lists_home.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(settings.lists_home / f"{key}.csv", content)
    strangers = [one for one in ids if one not in known]
    _write(settings.lists_home / f"{key}.unmatched.csv", "customer_id\n" + "".join(f"{one}\n" for one in strangers))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({name: said[name] for name in FIELDS}, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path, len(ids), strangers


def members_of(settings: Settings, said: Mapping[str, object]) -> Sequence[str] | None:
    """The customers of a declared list; None if this home does not have the file that was declared."""
    path = settings.lists_home / f"{said['key']}.csv"
    if not path.is_file():
        return None
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != said["sha256"]:
        return None
    return [row[0] for row in csv.reader(content.decode("utf-8").splitlines()[1:])]


def _segment(path: Path, said: Mapping[str, object]) -> Rule:
    """A list as a segment: what a rule's file would say of it, checked in the same way."""
    rule = rule_of({
        "segment_id": said["list_id"], "line": LINE, "rule": f"imported list of {said['rows']} rows",
        "description": {"zh": said["zh"], "en": said["en"]}, "valid_from": said["imported"], "valid_to": said["expires"],
        **{name: said[name] for name in ("key", "zh", "en", "entity", "owner", "purpose")},
    }, f"models/lists/{path.parent.name}/{path.name}", is_list=True)  # fmt: skip
    return rule


def _write(path: Path, content: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as handle:
        handle.write(content)
