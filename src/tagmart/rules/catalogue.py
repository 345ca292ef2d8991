"""The tags that a rule may name, as the generated tag catalogue says them."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tagmart.core.errors import TagmartError

NEEDED = ("tag_id", "tag_name", "entity", "data_type", "purposes")

# What a rule can do with a column depends on its kind, not on its width.
KINDS = {
    "boolean": "flag",
    "date": "date",
    "decimal": "number",
    "numeric": "number",
    "integer": "number",
    "smallint": "number",
    "bigint": "number",
    "varchar": "text",
    "string": "text",
    "text": "text",
    "enum": "text",
}


WHOLE_DIGITS = {"smallint": 5, "integer": 10, "bigint": 19}


@dataclass(frozen=True)
class Tag:
    """One tag as a rule sees it.

    Attributes:
        tag_id: the stable number.
        name: the column of the wide table.
        entity: whom it describes.
        kind: flag, date, number, text; anything else cannot be used in a rule.
        scale: decimals of a number; 0 for whole ones.
        unit: the unit's code, empty where there is none.
        theme: its theme; tags of the theme risk only keep people out of marketing.
        purposes: what it may be used for.
        codes: the codes it can hold, where the catalogue names a list; empty if not known.
        data_type: the column's type as the catalogue writes it.
    """

    tag_id: str
    name: str
    entity: str
    kind: str
    scale: int = 0
    unit: str = ""
    theme: str = ""
    purposes: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    data_type: str = ""

    @property
    def digits(self) -> int:
        """How many digits a number can have before the point; 0 for anything else."""
        if self.kind != "number":
            return 0
        decimal = re.match(r"(?:decimal|numeric)\((\d+),(\d+)\)", self.data_type.replace(" ", ""))
        return int(decimal[1]) - int(decimal[2]) if decimal else WHOLE_DIGITS.get(self.data_type, 16)


@dataclass(frozen=True)
class Catalogue:
    """The tags of every entity: entity → name → tag."""

    tags: Mapping[str, Mapping[str, Tag]] = field(default_factory=dict)

    def of(self, entity: str) -> Mapping[str, Tag]:
        """The tags of one entity by name; empty if it has none."""
        return self.tags.get(entity, {})


def read_catalogue(path: Path, code_list_path: Path | None = None) -> Catalogue:
    """Read the generated seed tag_catalog.csv. It holds no restricted tag, so no rule knows one.

    Args:
        path: tag_catalog.csv; columns tag_id, tag_name, entity, data_type, purposes, and where there are such columns
            unit, theme_code, status and value_list.
        code_list_path: code_value.csv (list, code): the codes that a tag with a value_list can hold.

    Raises:
        TagmartError: if the file is missing or lacks a column.
    """
    if not path.is_file():
        raise TagmartError("there is no tag catalogue", where=str(path), do="run `tagmart tags generate` first")
    code_lists = _read_code_lists(code_list_path) if code_list_path and code_list_path.is_file() else {}
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        lacking = [name for name in NEEDED if name not in (reader.fieldnames or [])]
        if lacking:
            raise TagmartError(
                f"the tag catalogue lacks the column {lacking[0]}", where=str(path),
                seen=", ".join(reader.fieldnames or []), do="generate it again with this version",
            )
        tags: dict[str, dict[str, Tag]] = {}
        for row in reader:
            tag = _tag(row, code_lists)
            if (row.get("status") or "active") in ("active", "deprecated"):
                tags.setdefault(tag.entity, {})[tag.name] = tag
    return Catalogue(tags)


def _tag(row: Mapping[str, str], code_lists: Mapping[str, frozenset[str]]) -> Tag:
    base_type, _, rest = row["data_type"].strip().lower().partition("(")
    scale = re.fullmatch(r"\s*\d+\s*,\s*(\d+)\s*\)", rest)
    return Tag(
        tag_id=row["tag_id"],
        name=row["tag_name"],
        entity=row["entity"],
        kind=KINDS.get(base_type, base_type),
        scale=int(scale[1]) if scale else 0,
        unit=(row.get("unit") or "").strip(),
        theme=row.get("theme_code") or "",
        purposes=frozenset(part for part in re.split(r"[,|;\s]+", row["purposes"]) if part),
        codes=code_lists.get(row.get("value_list") or "", frozenset()),
        data_type=row["data_type"].strip().lower(),
    )


def _read_code_lists(path: Path) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    with path.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            found.setdefault(row["list"], set()).add(row["code"])
    return {name: frozenset(codes) for name, codes in found.items()}
