"""Why a customer is in a segment, or is not: each condition with the customer's own values, and since when it is true."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from tagmart.core.duck import literal
from tagmart.core.errors import TagmartError, nearest
from tagmart.core.mart import TAGS_PREFIX
from tagmart.explain.selection import Night, known_membership
from tagmart.rules import CompiledRule, Rule
from tagmart.rules.conditions import printed
from tagmart.rules.language import parse, segment_key
from tagmart.rules.terms import said

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True)
class Condition:
    """One condition of a rule, for one customer.

    Attributes:
        text: as the rule says it.
        holds: true, false or missing (None).
        values: the tags that it names, with the customer's values.
        since: the first of the published dates without a break on which it is as it is now; None if that was not asked.
        distance: how far a comparison of numbers is from being true, as a part of its line; None where there is no such measure.
        below: where it fails because the customer is not in a lower segment: that segment, likewise taken apart.
    """

    text: str
    holds: bool | None
    values: tuple[tuple[str, str], ...]
    since: date | None = None
    distance: float | None = None
    below: tuple[Below, ...] = ()


@dataclass(frozen=True)
class Below:
    """A lower segment that a customer is not in.

    Attributes:
        item: its rule.
        failure: why it has no members that night; None if it did not fail.
        conditions: as those of an answer: the failing ones first, the nearest first.
        notes: what else keeps the customer out.
    """

    item: CompiledRule
    failure: str | None
    conditions: tuple[Condition, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """Why a customer is in a segment or not.

    Attributes:
        item: the rule.
        biz_date: of which night.
        is_member: whether the published membership has the customer.
        first_date: since when without a break, for a member.
        failure: why the segment has no members that night; None if it did not fail.
        conditions: the rule's own, in its order; for one who is not in, the failing ones first, the nearest first.
        notes: what else keeps the customer out: the rule's dates, its scope, its rank.
    """

    item: CompiledRule
    biz_date: date
    is_member: bool
    first_date: date | None
    failure: str | None
    conditions: tuple[Condition, ...]
    notes: tuple[str, ...]


def why_segment(night: Night, customer_id: str, segment: str, earlier: Callable[[], Iterable[AbstractContextManager[Night]]]) -> Answer:
    """Explain a customer's place in or outside a segment.

    Args:
        night: the published night asked about.
        customer_id: the customer.
        segment: the segment's number or key.
        earlier: opens the published nights before it, day by day until one is lacking, to find since when a condition is as it is.

    Raises:
        TagmartError: if the segment or the customer is not in this night, or the rule no longer fits its tags.
    """
    rule = next((one for one in night.live.values() if segment in (one.segment_id, one.key)), None)
    if rule is None:
        raise TagmartError("there is no such segment in this night", where=f"{night.biz_date}", seen=repr(segment),
                           do=nearest(segment, set(night.live)) or "see mart.segment_catalog")
    item = night.compile(rule)
    parts = _parts_of(item)
    now = _evaluate(night, item, parts, customer_id)
    if now is None:
        raise TagmartError(f"this customer is not among the {rule.entity} customers of the night", where=f"{night.biz_date}",
                           do="check the number, and whom the segment selects")
    row = night.mart.execute(
        f"select first_date from mart.segment_member where segment_id = {literal(rule.segment_id)} and customer_id = {literal(customer_id)}"
    ).fetchone()
    conditions = _since(now, earlier(), item, parts, customer_id, night.biz_date)
    if row is None:
        conditions = _nearest_first(night, parts, conditions, customer_id)
    return Answer(item, night.biz_date, row is not None, row[0] if row else None, _failure(night, rule.segment_id),
                  tuple(conditions), _notes(night, item, row is not None, conditions))


def _nearest_first(night: Night, parts: list[exp.Expression], conditions: list[Condition], customer_id: str) -> list[Condition]:
    """The failing ones first, the nearest first, each with the lower segments for whose sake it fails."""
    far = float("inf")
    found = [
        one if one.holds else replace(one, below=tuple(_below(night, key, customer_id) for key in _asked_for(part)))
        for one, part in zip(conditions, parts, strict=True)
    ]
    return sorted(found, key=lambda one: (one.holds is True, far if one.distance is None else one.distance))


def _asked_for(part: exp.Expression) -> list[str]:
    """The segments that a condition wants the customer to be in: those that it names without `not`."""
    from sqlglot import exp

    if isinstance(part, exp.Not):
        return []
    if (key := segment_key(part)) is not None:
        return [key]
    inner = part.iter_expressions() if isinstance(part, (exp.And, exp.Or, exp.Paren)) else ()
    return [key for node in inner for key in _asked_for(node)]


def _below(night: Night, key: str, customer_id: str) -> Below:
    """A lower segment taken apart, down to the tags: no segment stands on itself, so this ends."""
    item = night.compile(night.live[key])
    parts = _parts_of(item)
    conditions = _nearest_first(night, parts, _evaluate(night, item, parts, customer_id) or [], customer_id)
    is_member = all(one.holds for one in conditions)
    return Below(item, _failure(night, item.rule.segment_id), tuple(conditions), _notes(night, item, is_member, conditions))


def _parts_of(item: CompiledRule) -> list[exp.Expression]:
    """The conditions of a rule that must all hold; of an imported list that the customer is on it."""
    from sqlglot import exp

    if item.rule.is_list:
        return [exp.true()]
    return _parts(parse(item.rule.text, item.rule.where))


def _parts(tree: exp.Expression) -> list[exp.Expression]:
    """The conditions that must all hold: the rule, taken apart at its outermost `and`."""
    from sqlglot import exp

    if isinstance(tree, exp.And):
        return _parts(tree.left) + _parts(tree.right)
    return _parts(tree.this) if isinstance(tree, exp.Paren) and isinstance(tree.this, exp.And) else [tree]


def _evaluate(night: Night, item: CompiledRule, parts: list[exp.Expression], customer_id: str) -> list[Condition] | None:
    """Every condition for one customer, in one query; None if the night does not know the customer."""
    if item.rule.is_list:
        return _on_list(night, item.rule, customer_id)
    steps, joins = night.beside(item)
    columns, shapes = [], []
    for part in parts:
        built, used, past = night.built(item, part)
        sides = _sides(built)
        names = [f"tags.{tag}" for tag in used] + [f"past_{days}d.{tag}" for tag, days in past]
        columns += [f"({printed(known_membership(built))})", *(f"cast({name} as varchar)" for name in names)]
        columns += [f"cast({printed(side)} as double)" for side in sides]
        labels = [*used, *(f"{tag} {days} days before" for tag, days in past)]
        shapes.append((said(part), labels, len(sides)))
    row = night.mart.execute(
        f"{steps}select {', '.join(columns)} from mart.{TAGS_PREFIX}{item.rule.entity} as tags {joins}"
        f" where tags.customer_id = {literal(customer_id)}"
    ).fetchone()
    if row is None:
        return None
    rest, found = iter(row), []
    for text, labels, sides in shapes:
        holds = next(rest)
        values = tuple((label, "missing" if (value := next(rest)) is None else value) for label in labels)
        ends = [next(rest) for _ in range(sides)]
        found.append(Condition(text, holds, values, distance=None if holds or None in ends or not ends else _distance(*ends)))
    return found


def _on_list(night: Night, rule: Rule, customer_id: str) -> list[Condition] | None:
    """An imported list has one condition: that the customer stands on it."""
    known = night.mart.execute(f"select 1 from mart.{TAGS_PREFIX}{rule.entity} where customer_id = {literal(customer_id)}").fetchone()
    row = night.mart.execute(
        f"select 1 from mart.segment_member where segment_id = {literal(rule.segment_id)} and customer_id = {literal(customer_id)}"
    ).fetchone()
    return [Condition(f"stands on the list: {rule.text}", row is not None, ())] if known else None


def _sides(built: exp.Expression) -> list[exp.Expression]:
    """Both sides of a comparison of numbers or days, where there is one."""
    from sqlglot import exp

    plain = isinstance(built, (exp.GT, exp.GTE, exp.LT, exp.LTE)) 
    days = any(column.name == "biz_date" for column in built.find_all(exp.Column))
    return [built.this, built.expression] if plain and not days and not any(
        written.is_string for written in built.find_all(exp.Literal)
    ) else []


def _distance(left: float, right: float) -> float:
    return abs(left - right) / max(abs(left), abs(right), 1.0)


def _since(
    now: list[Condition], earlier: Iterable[AbstractContextManager[Night]], item: CompiledRule, parts: list[exp.Expression],
    customer_id: str, biz_date: date,
) -> list[Condition]:  # fmt: skip
    """Go back through published nights as long as any condition is still as it is now."""
    since = [biz_date] * len(now)
    unbroken = set(range(len(now)))
    for opened in earlier:
        with opened as night:
            try:
                then = _evaluate(night, night.compile(item.rule), parts, customer_id)
            except TagmartError:
                # That night did not have a tag or a segment that the rule names: nothing is known of it.
                break
            day = night.biz_date
        unbroken = {place for place in unbroken if then is not None and then[place].holds == now[place].holds}
        for place in unbroken:
            since[place] = day
        if not unbroken:
            break
    return [replace(one, since=day) for one, day in zip(now, since, strict=True)]


def _failure(night: Night, segment_id: str) -> str | None:
    if "failure" not in night.columns("segment_daily"):
        return None
    row = night.mart.execute(f"select failure from mart.segment_daily where segment_id = {literal(segment_id)}").fetchone()
    return row[0] if row else None


def _notes(night: Night, item: CompiledRule, is_member: bool, conditions: list[Condition]) -> tuple[str, ...]:
    rule, notes = item.rule, []
    if (rule.valid_from and night.biz_date < rule.valid_from) or (rule.valid_to and night.biz_date > rule.valid_to):
        notes.append(f"the rule holds from {rule.valid_from or 'always'} to {rule.valid_to or 'open'}")
    if item.branch_tag:
        notes.append(f"a branch's segment: only customers whose {item.branch_tag} is {rule.scope} or below it")
    if rule.top:
        notes.append(f"only the first {rule.top.said}")
    if not is_member and all(one.holds for one in conditions) and not notes:
        notes.append("every condition holds with the values published: the rule was another one when this night was made")
    return tuple(notes)

