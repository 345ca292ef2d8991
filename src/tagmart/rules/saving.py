"""A rule that was tried becomes a file for review."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from tagmart.core.errors import TagmartError
from tagmart.core.settings import Settings
from tagmart.rules.catalogue import read_catalogue
from tagmart.rules.compiler import compile_rules
from tagmart.rules.entities import read_entities
from tagmart.rules.files import ENTITY_LETTERS, load_rules, rule_of


def save(settings: Settings, fields: Mapping[str, object]) -> Path:
    """Write models/rules/<entity>/<line>/<key>.yml with the next free number of the entity.

    Args:
        settings: where rules and catalogue are.
        fields: those of the file, without segment_id.

    Returns:
        The file.

    Raises:
        TagmartError: if the rule cannot run beside the others, or its file is there already. Nothing is written then.
    """
    rules = load_rules(settings.rules_dir)
    letter = ENTITY_LETTERS.get(str(fields["entity"]), "?")
    used = [int(rule.segment_id.rpartition("-")[2]) for rule in rules if rule.entity == fields["entity"]]
    place = (str(fields["entity"]), str(fields["line"]), str(fields["key"]))
    path = settings.rules_dir.joinpath(*place[:2], f"{place[2]}.yml")
    said = {"segment_id": f"S-{letter}-{max(used, default=0) + 1:04d}", **fields}
    rule = rule_of(said, path.relative_to(settings.root).as_posix() if path.is_relative_to(settings.root) else str(path), place)
    if same := next((other for other in rules if other.key == rule.key), None):
        raise TagmartError(f"there is a rule '{rule.key}' already", where=same.where, do="take another key, or edit that file")
    seeds = settings.dbt_project / "seeds"
    catalogue = read_catalogue(seeds / "generated" / "tag_catalog.csv", seeds / "code_value.csv")
    compile_rules([*rules, rule], catalogue, read_entities(settings.entities_file, catalogue))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as handle:
        yaml.safe_dump({**said, "rule": rule.text}, handle, allow_unicode=True, sort_keys=False, width=120)
    return path
