"""A rule, tried on a published night: whom it selects, without the segments' models and without a writer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sqlglot import exp

from tagmart.core.duck import connect, literal
from tagmart.core.errors import TagmartError
from tagmart.core.mart import MART_FILE, TAGS_PREFIX, table_columns
from tagmart.core.settings import Settings
from tagmart.rules import Catalogue, CompiledRule, Rule, compile_rules, read_catalogue, read_entities
from tagmart.rules.conditions import printed
from tagmart.rules.files import ENTITY_LETTERS, Top
from tagmart.rules.language import segment_keys
from tagmart.rules.sql import with_validity
from tagmart.rules.terms import Builder

if TYPE_CHECKING:
    import duckdb

TRIED = "tried_rule"
PUBLISHED_LATER = ("channels", "priority", "distribution", "late")
RANKING = re.compile(r"(\d+) by (\w+) (asc|desc)(?: within (\w+))?")


@dataclass(frozen=True)
class Night:
    """A published night, open to try rules on.

    Attributes:
        settings: where things are.
        mart: the published file, read-only.
        biz_date: its date.
        past_folder: the folder of the good run so many days before, or None.
    """

    settings: Settings
    mart: duckdb.DuckDBPyConnection
    biz_date: date
    past_folder: Callable[[int], Path | None]

    @cached_property
    def catalogue(self) -> Catalogue:
        """The tags, as the checkout's catalogue says them."""
        seeds = self.settings.dbt_project / "seeds"
        return read_catalogue(seeds / "generated" / "tag_catalog.csv", seeds / "code_value.csv")

    @cached_property
    def live(self) -> Mapping[str, Rule]:
        """The rules of the segments that this night published, by key."""
        names = ("segment_id", "key", "zh", "en", "entity", "line", "owner", "purpose", "scope", "description_zh", "description_en",
                 "rule", "valid_from", "valid_to")  # fmt: skip
        # What earlier versions did not publish.
        more = [name for name in ("ranking", *PUBLISHED_LATER) if name in self.columns("segment_catalog")]
        rows = self.mart.execute(f"select {', '.join([*names, *more])} from mart.segment_catalog").fetchall()
        found = {}
        for values in rows:
            said = dict(zip([*names, *more], values, strict=True))
            text, ranked = said.pop("rule"), said.pop("ranking", None)
            if "channels" in said:
                said["channels"] = tuple(said["channels"].split("|")) if said["channels"] else ()
            found[said["key"]] = Rule(**said, text=text, where=f"segment {said['key']}", top=_top(ranked),
                                      is_list=said["segment_id"].startswith("L-"))  # fmt: skip
        return found

    def columns(self, table: str, database: str | None = None) -> set[str]:
        """The columns of a mart table; of a file attached as `database`, else of the night's own."""
        return set(table_columns(self.mart, table, database=database))

    def named(self, rule: Rule) -> list[str]:
        """The keys of the segments that a rule names."""
        return [] if rule.is_list else segment_keys(rule.text, rule.where)

    def compile(self, rule: Rule, others: Mapping[str, Rule] | None = None) -> CompiledRule:
        """Check a rule and compile it over the segments of this night; only those that it stands on are read.

        Raises:
            TagmartError: if the rule cannot run.
        """
        others = self.live if others is None else others
        needed, waiting = {rule.key: rule}, [rule]
        while waiting:
            one = waiting.pop()
            for key in self.named(one):
                if key in others and key not in needed and others[key].entity == rule.entity:
                    needed[key] = others[key]
                    waiting.append(others[key])
        entities = read_entities(self.settings.entities_file, self.catalogue)
        return next(item for item in compile_rules(list(needed.values()), self.catalogue, entities) if item.rule.key == rule.key)

    def selection(self, item: CompiledRule) -> str:
        """A query for the customers whom a rule selects: one column, customer_id.

        Segments that it stands on are those that the night published; a past night that was not published is missing.

        Raises:
            TagmartError: if the night's wide table lacks a tag that the rule names.
        """
        condition = with_validity(item)
        steps, joins = self.beside(item)
        chosen = printed(known_membership(condition))
        body = f"select tags.customer_id from mart.{TAGS_PREFIX}{item.rule.entity} as tags {joins} where {chosen}"
        if (top := item.rule.top) is not None:
            within = f"partition by tags.{item.within_tag} " if item.within_tag else ""
            direction = "desc" if top.order == "desc" else "asc"
            body += f" qualify row_number() over ({within}order by tags.{top.by} {direction}, tags.customer_id) <= {top.n}"
        return f"{steps}{body}"

    def beside(self, item: CompiledRule) -> tuple[str, str]:
        """What a rule reads beside the wide table: the WITH clause (or nothing) and the joins."""
        table = f"{TAGS_PREFIX}{item.rule.entity}"
        lacking = sorted(set(item.tags) - self.columns(table))
        if lacking:
            raise TagmartError("the published night does not have a tag of this rule", where=f"mart.{table}", seen=", ".join(lacking),
                               do="run a night of this version, or take the tag out")
        steps, joins = [], []
        if item.segments:
            flags = ", ".join(
                f"bool_or(segment_id = {literal(self.live[key].segment_id)}) as in_{key}" for key in item.segments
            )
            ids = ", ".join(literal(self.live[key].segment_id) for key in item.segments)
            steps.append(f"segments as (select customer_id, {flags} from mart.segment_member where segment_id in ({ids}) group by 1)")
            joins.append("left join segments on tags.customer_id = segments.customer_id")
        for days in sorted({days for _, days in item.past}):
            steps.append(f"past_{days}d as ({self._past(item, days)})")
            joins.append(f"left join past_{days}d on tags.customer_id = past_{days}d.customer_id")
        if item.branch_tag:
            steps.append("branches as (select org_id, '/' || org_path || '/' as org_path from mart.dim_branch)")
            joins.append(f"left join branches on tags.{item.branch_tag} = branches.org_id")
        return (f"with {', '.join(steps)} " if steps else ""), " ".join(joins)

    def built(self, item: CompiledRule, part: exp.Expression) -> tuple[exp.Expression, list[str], list[tuple[str, int]]]:
        """One condition of a compiled rule as SQL, with the tags and the past values that it names."""
        storeys = dict.fromkeys(item.segments, 0)
        builder = Builder(item.rule.where, self.catalogue.of(item.rule.entity), storeys)
        built = builder.condition(part)
        today = {column.name for column in built.find_all(exp.Column) if column.table == "tags"} - {"biz_date"}
        return built, sorted(today), sorted(builder.past_used)

    def _past(self, item: CompiledRule, days: int) -> str:
        """The values of a past night: nothing where it was not published, null where it had no such tag."""
        wanted = {tag: kind for tag, kind in zip(item.tags, item.data_types, strict=True) if (tag, days) in item.past}
        folder = self.past_folder(days)
        table = f"{TAGS_PREFIX}{item.rule.entity}"
        if folder is None:
            nulls = ", ".join(f"cast(null as {kind}) as {tag}" for tag, kind in wanted.items())
            return f"select cast(null as varchar) as customer_id, {nulls} where false"
        alias = f"night_{days}"
        self.mart.execute(f"attach if not exists {literal(folder / MART_FILE)} as {alias} (read_only)")
        there = self.columns(table, alias)
        listed = ", ".join(tag if tag in there else f"cast(null as {kind}) as {tag}" for tag, kind in wanted.items())
        return f"select customer_id, {listed} from {alias}.mart.{table}"


@contextmanager
def open_night(settings: Settings, folder: Path, past_folder: Callable[[int], Path | None]) -> Iterator[Night]:
    """Open a published night."""
    with connect(folder / MART_FILE, read_only=True) as mart:
        yield Night(settings, mart, date.fromisoformat(folder.parent.name), past_folder)


def rule_to_try(text: str, entity: str, purpose: str, key: str = TRIED, **more: object) -> Rule:
    """A rule that stands in no file.

    Raises:
        TagmartError: if there is no such entity.
    """
    if entity not in ENTITY_LETTERS:
        raise TagmartError(f"unknown entity '{entity}'", where="--entity", do=f"use one of {', '.join(ENTITY_LETTERS)}")
    return Rule(
        segment_id=f"S-{ENTITY_LETTERS[entity]}-0000", key=key, zh="", en="", entity=entity, line="", owner="", purpose=purpose,
        scope=str(more.get("scope") or "head_office"), description_zh="", description_en="", text=" ".join(text.split()),
        valid_from=None, valid_to=None, where="the rule", top=more.get("top"),
    )  # fmt: skip


def known_membership(condition: exp.Expression) -> exp.Expression:
    """Flags of lower storeys as columns of `segments`: who is in none of them is in no row there, which is known to be false."""
    def known(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Column) and node.table.startswith("storey_"):
            return exp.Coalesce(this=exp.column(node.name, "segments"), expressions=[exp.false()])
        return node

    return condition.transform(known)


def _top(ranked: str | None) -> Top | None:
    found = RANKING.fullmatch(ranked or "")
    return Top(int(found[1]), found[2], found[3], found[4]) if found else None
