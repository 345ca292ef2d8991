"""All rules together: which stand on which, what each may use, and the SQL of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from sqlglot import exp

from tagmart.core.errors import TagmartError, nearest
from tagmart.rules.catalogue import Catalogue, Tag
from tagmart.rules.entities import Entity
from tagmart.rules.files import HEAD_OFFICE, Rule
from tagmart.rules.language import LIST_MARK, parse, past_value, segment_key, tag_named
from tagmart.rules.terms import Builder

EXCLUDABLE = ("marketing", "service")
NO_ENTITIES: Mapping[str, Entity] = MappingProxyType({})


@dataclass(frozen=True)
class CompiledRule:
    """A rule that may run.

    Attributes:
        rule: its file.
        predicate: its condition as SQL; columns are those of `tags`, `storey_<n>`, `past_<n>d` and `branches`.
        storey: 0 if it names no segment, else one more than the highest storey that it reads.
        tags: the tags that it names, ordered.
        tag_ids: their stable numbers, in the same order.
        data_types: the types of their columns, in the same order.
        segments: the keys of the segments that it names, ordered.
        past: (tag, days back) of the past values that it names, ordered.
        branch_tag: the tag that says who manages the customer, where the rule is a branch's; else None.
        within_tag: the tag in whose values the rule's `top` ranks; None: among all.
    """

    rule: Rule
    predicate: exp.Expression
    storey: int
    tags: tuple[str, ...]
    tag_ids: tuple[str, ...]
    segments: tuple[str, ...]
    past: tuple[tuple[str, int], ...] = ()
    branch_tag: str | None = None
    within_tag: str | None = None
    data_types: tuple[str, ...] = ()


def compile_rules(
    rules: Sequence[Rule], catalogue: Catalogue, entities: Mapping[str, Entity] = NO_ENTITIES
) -> list[CompiledRule]:
    """Check every rule against the catalogue and the other rules, and compile it.

    Args:
        rules: all of them: a rule may stand on any other of its entity.
        catalogue: the tags.
        entities: which tags say who manages a customer; without it no rule can be a branch's, or rank within one.

    Returns:
        the rules in the order given.

    Raises:
        TagmartError: for the first rule that cannot run; the message names its file and the part.
    """
    compiled: list[CompiledRule] = []
    for entity in dict.fromkeys(rule.entity for rule in rules):
        of_entity = {rule.key: rule for rule in rules if rule.entity == entity}
        trees = {
            key: _list_tree(key) if rule.is_list else parse(rule.text, rule.where) for key, rule in of_entity.items()
        }
        storeys = _storeys(of_entity, trees)
        tags = catalogue.of(entity)
        for key, rule in of_entity.items():
            compiled.append(_compile(rule, trees[key], tags, storeys, entities.get(entity, Entity())))
            _check_purpose(rule, trees, of_entity, tags)
            _check_validity(rule, compiled[-1].segments, of_entity)
    position = {rule.segment_id: index for index, rule in enumerate(rules)}
    return sorted(compiled, key=lambda item: position[item.rule.segment_id])


def _compile(
    rule: Rule, tree: exp.Expression, tags: Mapping[str, Tag], storeys: Mapping[str, int], entity: Entity
) -> CompiledRule:
    builder = Builder(rule.where, tags, storeys)
    predicate = builder.condition(tree)
    used = set(builder.tags_used)
    branch_tag = within_tag = None
    if rule.scope != HEAD_OFFICE:
        branch_tag = _asked(rule, entity.branch, "scope")
        predicate = exp.and_(predicate, _in_branch(rule.scope))
    if rule.top is not None:
        predicate = exp.and_(predicate, _known(builder.ranked_by(rule.top.by)))
        used.add(rule.top.by)
        if rule.top.within is not None:
            within_tag = _asked(rule, getattr(entity, rule.top.within), "top")
            predicate = exp.and_(predicate, _known(within_tag))
    names = tuple(sorted(used | {tag for tag in (branch_tag, within_tag) if tag is not None}))
    return CompiledRule(
        rule=rule, predicate=predicate, storey=storeys[rule.key], tags=names,
        tag_ids=tuple(tags[name].tag_id for name in names), segments=tuple(sorted(builder.segments_used)),
        past=tuple(sorted(builder.past_used)), branch_tag=branch_tag, within_tag=within_tag,
        data_types=tuple(tags[name].data_type for name in names),
    )  # fmt: skip


def _list_tree(key: str) -> exp.Expression:
    """What an imported list stands on: itself."""
    return exp.Column(this=exp.Identifier(this=LIST_MARK + key, quoted=False))


def _asked(rule: Rule, tag: str | None, field: str) -> str:
    """The tag that a field of the rule needs."""
    if tag is None:
        raise TagmartError(
            f"{rule.entity} customers have no tag for this {field}", where=rule.where,
            seen=rule.scope if field == "scope" else rule.top.said, do="leave it out, or name the tag in models/entities.yml",
        )
    return tag


def _in_branch(code: str) -> exp.Expression:
    """The customer's managing organisation is the branch, or stands below it. The code's form is checked with the file."""
    return exp.Anonymous(this="contains", expressions=[exp.column("org_path", "branches"), exp.Literal.string(f"/{code}/")])


def _known(tag: str) -> exp.Expression:
    return exp.Not(this=exp.Is(this=exp.column(tag, "tags"), expression=exp.Null()))


def _storeys(rules: Mapping[str, Rule], trees: Mapping[str, exp.Expression]) -> dict[str, int]:
    """The storey of every rule; refuses names that are no rule, and rules that stand on themselves."""
    named = {}
    for key, tree in trees.items():
        named[key] = sorted({found for node in tree.find_all(exp.Column) if (found := segment_key(node)) is not None})
        for other in named[key]:
            if other not in rules:
                raise TagmartError(
                    f"unknown segment '{other}'", where=rules[key].where,
                    do=nearest(other, set(rules)) or "use the key of a rule of the same entity",
                )
    storeys: dict[str, int] = {}
    while len(storeys) < len(rules):
        ready = [key for key in rules if key not in storeys and all(other in storeys for other in named[key])]
        if not ready:
            raise _cycle(rules, named, storeys)
        storeys |= {key: max((storeys[other] + 1 for other in named[key]), default=0) for key in ready}
    return storeys


def _cycle(rules: Mapping[str, Rule], named: Mapping[str, list[str]], done: Mapping[str, int]) -> TagmartError:
    """The error that names the circle: every rule left over stands on another one left over, so walking finds it."""
    path = [next(key for key in rules if key not in done)]
    while path[-1] not in path[:-1]:
        path.append(next(other for other in named[path[-1]] if other not in done))
    circle = path[path.index(path[-1]) :]
    return TagmartError(
        "segments stand on each other in a circle", where=rules[circle[0]].where, seen=" → ".join(circle),
        do="take one `in segment` out",
    )


def _check_validity(rule: Rule, segments: Sequence[str], rules: Mapping[str, Rule]) -> None:
    """A segment that has ended is empty, which would silently empty what stands on it."""
    for key in segments:
        other = rules[key]
        starts_late = other.valid_from is not None and (rule.valid_from or date.min) < other.valid_from
        ends_early = other.valid_to is not None and (rule.valid_to or date.max) > other.valid_to
        if starts_late or ends_early:
            raise TagmartError(
                f"the segment '{key}' does not hold as long as this rule", where=rule.where,
                seen=f"{key}: {other.valid_from or 'always'} to {other.valid_to or 'open'}",
                do="set valid_from and valid_to of this rule within those of the segment",
            )


def _check_purpose(
    rule: Rule, trees: Mapping[str, exp.Expression], rules: Mapping[str, Rule], tags: Mapping[str, Tag]
) -> None:
    """Refuse tags that may not be used for the rule's purpose, in the rule and in the segments that it stands on.

    Tags of the theme risk, and those whose purposes name risk but not the rule's, may keep people out of a marketing or
    service segment: as `not tag`, `tag = 0`, `tag < n`, `tag <= n`, or `is [not] missing`. To pick people by them is refused,
    and so is to rank them. An imported list has one purpose: rules of another may at most keep its people out.
    """
    waiting, met = [(trees[rule.key], True)], {(rule.key, True)}
    keys, assured = {rule.key}, _assured(trees[rule.key], trees)
    while waiting:
        node, positive = waiting.pop()
        key = segment_key(node)
        if key is not None:
            keys.add(key)
            # Whom the rule selects is in every assured segment, so `not` of a segment that stands on it picks nobody by it.
            if (key, positive) not in met and (positive or key not in assured):
                met.add((key, positive))
                waiting.append((trees[key], positive))
                _check_list_purpose(rule, rules[key], keeps_out=not positive)
        elif isinstance(node, exp.Not):
            waiting.append((node.this, not positive))
        elif isinstance(node, (exp.And, exp.Or, exp.Paren)):
            waiting.extend((child, positive) for child in node.iter_expressions())
        else:
            for column in node.find_all(exp.Column):
                if (tag := tags.get(tag_named(column))) is not None:
                    _check_tag_purpose(rule, tag, _keeps_out(node, column, positive))
    for top in (rules[key].top for key in keys):
        # A tag that is not known is refused with the rule that names it.
        if top is not None and top.by in tags:
            _check_tag_purpose(rule, tags[top.by], keeps_out=False)


def _assured(tree: exp.Expression, trees: Mapping[str, exp.Expression]) -> set[str]:
    """The segments that everybody whom a rule selects is in: those that it joins by `and`, and those that these join."""
    found: set[str] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        key = segment_key(node)
        if key is not None and key not in found:
            found.add(key)
            waiting.append(trees[key])
        elif isinstance(node, (exp.And, exp.Paren)):
            waiting.extend(node.iter_expressions())
    return found


def _check_tag_purpose(rule: Rule, tag: Tag, keeps_out: bool) -> None:
    allowed = rule.purpose in tag.purposes
    may_exclude = rule.purpose in EXCLUDABLE and (tag.theme == "risk" or (not allowed and "risk" in tag.purposes))
    if keeps_out if may_exclude else allowed:
        return
    raise TagmartError(
        f"the tag '{tag.name}' may not be used{' this way' if may_exclude else ''} for {rule.purpose}", where=rule.where,
        seen=f"its theme is {tag.theme or 'not known'}, its purposes are {', '.join(sorted(tag.purposes)) or 'none'}",
        do="use it only to keep people out: `not tag`, `tag = 0`, `tag <= n`" if may_exclude else
        "take it out, or give the rule a purpose that the tag has",
    )  # fmt: skip


def _check_list_purpose(rule: Rule, other: Rule, keeps_out: bool) -> None:
    """A list was given for one purpose, which is what its people were told or what the law allows it for."""
    may_exclude = rule.purpose in EXCLUDABLE
    if not other.is_list or other.purpose == rule.purpose or (keeps_out and may_exclude):
        return
    raise TagmartError(
        f"the list '{other.key}' may not be used for {rule.purpose}", where=rule.where,
        seen=f"it was imported for {other.purpose}: {other.where}",
        do=f"give the rule the purpose {other.purpose}, or import a list for {rule.purpose}"
        + ("; `not in segment` may keep its people out" if may_exclude else ""),
    )  # fmt: skip


def _keeps_out(node: exp.Expression, column: exp.Column, positive: bool) -> bool:
    """True if the condition can only remove people for what the risk tag says: low, zero, false, or not known."""
    past = past_value(column)
    if past is not None and past[0] == "chg":
        return False
    if node is column:
        return not positive
    if node.this is not column:
        return False
    if isinstance(node, exp.Is):
        return True
    zero = isinstance(node.expression, exp.Literal) and node.expression.this == "0"
    if positive:
        return isinstance(node, (exp.LT, exp.LTE)) or (isinstance(node, exp.EQ) and zero)
    return isinstance(node, (exp.GT, exp.GTE)) or (isinstance(node, exp.NEQ) and zero)
