"""The segments of this checkout, selected by the generated models over any wide table, without a night."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import duckdb

from tagmart.core.duck import identifier
from tagmart.core.settings import project_root
from tagmart.rules import Catalogue, CompiledRule, Rule, compile_rules, load_rules, read_catalogue
from tagmart.rules.entities import read_entities
from tagmart.rules.writing import flags_sql

ROOT = project_root()
KINDS = {"flag": "boolean", "date": "date", "text": "varchar"}


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


def columns(entity: str, tags: Sequence[str]) -> dict[str, str]:
    """The types in which a table holds tags."""
    of = catalogue().of(entity)
    return {tag: KINDS.get(of[tag].kind, f"decimal(18, {of[tag].scale})") for tag in tags}


def make_flags(db: duckdb.DuckDBPyConnection, items: Sequence[CompiledRule]) -> dict[str, str]:
    """Make the tables of flags of one entity from its table tags_<entity>, and dim_branch where a rule has a scope.

    No past night was published here. Returns where each segment's members are: key → a condition after `from`.
    """
    entity = items[0].rule.entity
    past = sorted({tag for item in items for tag, _ in item.past})
    listed = "".join(f", {tag} {kind}" for tag, kind in columns(entity, past).items())
    db.execute(f"create temp table past_tags_{entity} (customer_id varchar, days_back integer{listed})")
    where = {}
    for storey in sorted({item.storey for item in items}):
        on_storey = [item for item in items if item.storey == storey]
        model = re.sub(r"\{\{ (?:ref|source)\((?:'ops', )?'(\w+)'\) \}\}", r"\1", flags_sql(entity, storey, on_storey))
        db.execute(f"create temp table segment_flags_{entity}_{storey} as {model}")
        where |= {item.rule.key: f"segment_flags_{entity}_{storey} where {identifier('in_' + item.rule.key)}" for item in on_storey}
    return where
