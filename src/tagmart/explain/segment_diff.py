"""What a changed rule moves on a published night: who enters, who leaves, and the money with them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tagmart.core.duck import identifier, literal
from tagmart.core.errors import TagmartError, nearest
from tagmart.core.mart import TAGS_PREFIX
from tagmart.explain.preview import masked
from tagmart.explain.selection import PUBLISHED_LATER, Night
from tagmart.rules import Rule, load_rules, read_entities

SAMPLE = 10
FIELDS = ("zh", "en", "entity", "line", "owner", "purpose", "scope", "description_zh", "description_en", "valid_from", "valid_to")


@dataclass(frozen=True)
class Move:
    """Customers on one side of a change.

    Attributes:
        count: how many.
        money: the sum of the entity's amount at stake over them; None where it has none.
        sample: masked customer numbers.
    """

    count: int
    money: Decimal | None
    sample: tuple[str, ...]


@dataclass(frozen=True)
class Diff:
    """What a changed rule moves.

    Attributes:
        rule: as its file says it now.
        published: the rule as the night had it; None if the segment is new.
        money_tag: which amount is added up.
        entering, leaving, staying: the customers.
        above: keys of live segments that stand on it, and would move too.
        changes: what else the file says otherwise than the night did: field, before, after.
    """

    rule: Rule
    published: Rule | None
    money_tag: str | None
    entering: Move
    leaving: Move
    staying: Move
    above: tuple[str, ...]
    changes: tuple[tuple[str, str, str], ...] = ()


def diff_segment(night: Night, key: str) -> Diff:
    """Compare the file of a rule with the membership that a night published.

    The segments that it stands on are those of the night: only this rule's change is shown.

    Raises:
        TagmartError: if there is no such file, or it cannot run.
    """
    files = {rule.key: rule for rule in load_rules(night.settings.rules_dir)}
    if key not in files:
        raise TagmartError(f"there is no rule '{key}'", where="models/rules", do=nearest(key, set(files)))
    rule = files[key]
    item = night.compile(rule)
    money = read_entities(night.settings.entities_file, night.catalogue)[rule.entity].money
    night.mart.execute(f"create temp table tried as {night.selection(item)}")
    night.mart.execute(
        "create temp table moved as select coalesce(tried.customer_id, kept.customer_id) as customer_id,"
        " case when kept.customer_id is null then 'entering' when tried.customer_id is null then 'leaving' else 'staying' end as side"
        f" from tried full join (select customer_id from mart.segment_member where segment_id = {literal(rule.segment_id)}) as kept"
        " on tried.customer_id = kept.customer_id"
    )
    above = tuple(sorted(
        other.key for other in night.live.values() if other.entity == rule.entity and key in night.named(other)
    ))  # fmt: skip
    sides = [_move(night, rule, money, side) for side in ("entering", "leaving", "staying")]
    published = night.live.get(key)
    return Diff(rule, published, money, *sides, above, _changes(night, published, rule) if published else ())


def _changes(night: Night, published: Rule, rule: Rule) -> tuple[tuple[str, str, str], ...]:
    """Fields besides the rule's text that differ: they move nobody, or the membership shows it, but who is spoken to and how."""
    later = [name for name in PUBLISHED_LATER if name in night.columns("segment_catalog")]
    pairs = [(name, getattr(published, name), getattr(rule, name)) for name in (*FIELDS, *later)]
    if "ranking" in night.columns("segment_catalog"):
        pairs.append(("top", published.top.said if published.top else None, rule.top.said if rule.top else None))
    return tuple((name, _said(before), _said(after)) for name, before, after in pairs if before != after)


def _said(value: object) -> str:
    listed = ", ".join(value) if isinstance(value, tuple) else value
    return "none" if listed in (None, "") else str(listed)


def _move(night: Night, rule: Rule, money: str | None, side: str) -> Move:
    amount = f"cast(sum({identifier(money)}) as decimal(18, 2))" if money else "null"
    count, total = night.mart.execute(
        f"select count(*), {amount} from moved left join mart.{TAGS_PREFIX}{rule.entity} using (customer_id) where side = {literal(side)}"
    ).fetchone()
    rows = night.mart.execute(
        f"select customer_id from moved where side = {literal(side)} order by hash(customer_id), customer_id limit {SAMPLE}"
    ).fetchall()
    return Move(count, total, tuple(masked(one) for (one,) in rows))
