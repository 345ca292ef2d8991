"""The segments of this checkout, selected by the generated models over any wide table, without a night."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import duckdb

from tagmart.core.settings import project_root
from tagmart.rules import Catalogue, CompiledRule, Rule, compile_rules, load_rules, read_catalogue
from tagmart.rules.entities import read_entities
from tagmart.rules.writing import model_files
from tests.rule_tables import fill_members, rendered

ROOT = project_root()


@cache
def catalogue() -> Catalogue:
    """The tags of this checkout."""
    seeds = ROOT / "dbt_project" / "seeds"
    return read_catalogue(seeds / "generated" / "tag_catalog.csv", seeds / "code_value.csv")


@cache
def rules() -> tuple[Rule, ...]:
    """The rule files of this checkout."""
    return tuple(load_rules(ROOT / "models" / "rules"))


def compiled(some: Sequence[Rule]) -> list[CompiledRule]:
    """Rules by way of the real compiler."""
    return compile_rules(some, catalogue(), read_entities(ROOT / "models" / "entities.yml", catalogue()))


def columns(entity: str, tags: Iterable[str]) -> dict[str, str]:
    """The types in which a table holds tags."""
    return {tag: catalogue().of(entity)[tag].data_type for tag in sorted(tags)}


def members(db: duckdb.DuckDBPyConnection, items: Sequence[CompiledRule]) -> dict[str, set[str]]:
    """Who is in which segment of one entity: by key, from its table tags_<entity>, and dim_branch where a rule has a scope.

    No past night was published here.
    """
    entity = items[0].rule.entity
    past = columns(entity, {tag for item in items for tag, _ in item.past})
    listed = "".join(f", {tag} {kind}" for tag, kind in past.items())
    db.execute(f"create temp table past_tags_{entity} (customer_id varchar, days_back integer{listed})")
    files = model_files(items)
    fill_members(db, files)
    keys = {item.rule.segment_id: item.rule.key for item in items}
    found: dict[str, set[str]] = {key: set() for key in keys.values()}
    for segment_id, customer_id, _ in db.execute(rendered(files["segment_membership.sql"])).fetchall():
        found[keys[segment_id]].add(customer_id)
    return found
