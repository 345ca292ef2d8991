"""What a rule would select, before it is saved: its size, who they are, what they share with live segments, ten of them."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from tagmart.core.duck import identifier, literal
from tagmart.core.mart import TAGS_PREFIX
from tagmart.explain.selection import Night
from tagmart.rules import CompiledRule, Rule

SAMPLE = 10
# The profile of a large segment is that of so many of its members, chosen by a hash: more would not fit into a second.
PROFILED = 5000
PER_THEME = 3
OVERLAPS = 10
SHOWN_SIGNS = 4


@dataclass(frozen=True)
class Trait:
    """A tag in which the members differ from everybody.

    Attributes:
        theme, name, zh, en: the tag.
        kind: flag (shares) or number (means).
        members, everybody: the share or the mean.
        score: how much they differ, 0 to 1.
    """

    theme: str
    name: str
    zh: str
    en: str
    kind: str
    members: float
    everybody: float
    score: float


@dataclass(frozen=True)
class Shared:
    """A live segment that shares members with the rule."""

    segment_id: str
    key: str
    zh: str
    size: int
    both: int


@dataclass(frozen=True)
class Preview:
    """What a rule selects on a published night.

    Attributes:
        size, of: its customers, exactly, and all of the entity.
        profiled: how many members the traits are of.
        traits: by theme, the most different first.
        shared: live segments, the closest first.
        sample: masked customer numbers.
        seconds: how long the questions took.
    """

    item: CompiledRule
    size: int
    of: int
    profiled: int
    traits: tuple[Trait, ...]
    shared: tuple[Shared, ...]
    sample: tuple[str, ...]
    seconds: float


def preview(night: Night, rule: Rule) -> Preview:
    """Try a rule on a published night.

    Raises:
        TagmartError: if the rule cannot run, or the night lacks a tag that it names.
    """
    began, mart = perf_counter(), night.mart
    item = night.compile(rule)
    mart.execute(f"create temp table tried as {night.selection(item)}")
    size = mart.execute("select count(*) from tried").fetchone()[0]
    of = mart.execute(f"select count(*) from mart.{TAGS_PREFIX}{rule.entity}").fetchone()[0]
    rows = mart.execute(f"select customer_id from tried order by hash(customer_id), customer_id limit {SAMPLE}").fetchall()
    return Preview(
        item, size, of, min(size, PROFILED), _traits(night, rule), _shared(night, rule, size), tuple(masked(one) for (one,) in rows),
        perf_counter() - began,
    )  # fmt: skip


def masked(customer_id: str) -> str:
    """A customer number of which only the last signs can be read."""
    return "…" + customer_id[-SHOWN_SIGNS:]


def _traits(night: Night, rule: Rule) -> tuple[Trait, ...]:
    """Of every theme the tags in which members differ most; only tags that the rule's purpose allows."""
    table = f"{TAGS_PREFIX}{rule.entity}"
    everybody = {
        name: (float(mean), theme, zh, en)
        for name, mean, theme, zh, en in night.mart.execute(
            "select profile.tag_name, profile.mean_value, tags.theme_code, tags.zh, tags.en from mart.tag_profile as profile"
            " inner join mart.tag_catalog as tags on profile.tag_name = tags.tag_name and profile.entity = tags.entity"
            f" where profile.entity = {literal(rule.entity)} and profile.mean_value is not null"
            f" and contains(' ' || tags.purposes || ' ', {literal(f' {rule.purpose} ')})"
        ).fetchall()
    }
    kinds = {name: tag.kind for name, tag in night.catalogue.of(rule.entity).items() if tag.kind in ("flag", "number")}
    names = [name for name in everybody if name in kinds]
    if not names:
        return ()
    means = ", ".join(f"avg({f'cast({identifier(name)} as integer)' if kinds[name] == 'flag' else identifier(name)})" for name in names)
    found = night.mart.execute(
        f"select {means} from mart.{table} where customer_id in"
        f" (select customer_id from tried order by hash(customer_id), customer_id limit {PROFILED})"
    ).fetchone()
    traits = []
    for name, mean in zip(names, found, strict=True):
        whole, theme, zh, en = everybody[name]
        if mean is not None:
            mean = float(mean)
            spread = 1.0 if kinds[name] == "flag" else abs(mean) + abs(whole)
            score = abs(mean - whole) / spread if spread else 0.0
            # What none of the members has tells little where few of anybody have it.
            traits.append(Trait(theme, name, zh, en, kinds[name], mean, whole, score if mean else score / 2))
    best: dict[str, list[Trait]] = {}
    for trait in sorted(traits, key=lambda one: (-one.score, one.name)):
        if trait.score and len(best.setdefault(trait.theme, [])) < PER_THEME:
            best[trait.theme].append(trait)
    return tuple(trait for theme in sorted(best) for trait in best[theme])


def _shared(night: Night, rule: Rule, size: int) -> tuple[Shared, ...]:
    """Live segments by the part of all customers of either that is in both."""
    rows = night.mart.execute(
        "with shared as (select segment_id, count(*) as cnt from mart.segment_member inner join tried using (customer_id) group by 1)"
        " select segment_id, catalog.key, catalog.zh, daily.size, shared.cnt from shared"
        " inner join mart.segment_catalog as catalog using (segment_id) inner join mart.segment_daily as daily using (segment_id)"
        f" where catalog.entity = {literal(rule.entity)} and catalog.key <> {literal(rule.key)}"
        f" order by shared.cnt / (daily.size + {size} - shared.cnt) desc, segment_id limit {OVERLAPS}"
    ).fetchall()
    return tuple(Shared(*row) for row in rows)
