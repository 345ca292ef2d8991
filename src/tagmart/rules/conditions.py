"""The conditions of rules in the forms that `tagmart.rules.evaluate` answers: which are asked, of which columns.

A rule is a condition, or `["and" | "or", part, …]`. A condition is a list of texts:

| form | true where the column is known and |
|---|---|
| `[">", column, value]`, likewise `>=`, `<`, `<=`, `=`, `<>` | compares so; a number, a text, a date, or days from the business date: `D`, `D-30` |
| `["in", column, value, …]`, `["not in", …]` | is one of the values, or none |
| `["yes", column]`, `["no", column]` | is true, or false |
| `["known", column]`; `["missing", column]` | it is known; it is not |

What has no such form (two tags beside each other, arithmetic, past nights, branches, lists) the query calculates, as a flag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sqlglot import exp

# What a comparison says when it is denied; a missing side makes both of them missing.
DENIED = {exp.GT: exp.LTE, exp.GTE: exp.LT, exp.LT: exp.GTE, exp.LTE: exp.GT, exp.EQ: exp.NEQ, exp.NEQ: exp.EQ}
MIRRORED = {exp.GT: exp.LT, exp.GTE: exp.LTE, exp.LT: exp.GT, exp.LTE: exp.GTE, exp.EQ: exp.EQ, exp.NEQ: exp.NEQ}
VERBS = {exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<=", exp.EQ: "=", exp.NEQ: "<>"}
# The widest decimal that is stored in 64 bits.
WIDEST = 18


@dataclass
class Conditions:
    """The conditions of a storey.

    Attributes:
        kinds: the types of the tags' columns, by name.
        tags: the tags whose columns are asked as they are.
        flags: the segments of lower storeys that are asked: column → its table.
        calculated: SQL of a flag that the query calculates → its name.
    """

    kinds: dict[str, str]
    tags: set[str] = field(default_factory=set)
    flags: dict[str, str] = field(default_factory=dict)
    calculated: dict[str, str] = field(default_factory=dict)

    def of(self, condition: exp.Expression) -> list:
        """A rule's condition in the forms above; columns that were not asked before are from now on.

        A condition that is missing selects nobody, as one that is false: `and` is true only where both sides are, `or` where
        one is, whatever the others are. `not` is where the two differ, so it is put on the single conditions first, where what is
        denied and missing is missing again.
        """
        return self._part(_denials_inside(condition))

    def _part(self, condition: exp.Expression) -> list:
        if not isinstance(condition, exp.And | exp.Or):
            return self._single(condition) or self._by_query(condition)
        word = "and" if isinstance(condition, exp.And) else "or"
        parts: list[list] = []
        for part in _parts(condition, type(condition)):
            found = self._part(part)
            if found not in parts:
                parts.append(found)
        return [word, *parts] if len(parts) > 1 else parts[0]

    def _single(self, condition: exp.Expression) -> list | None:
        """A single condition of a tag or a segment; None if it is of another kind."""
        denied = isinstance(condition, exp.Not)
        inner = condition.this.unnest() if denied else condition
        if isinstance(inner, exp.Is) and self._is_tag(inner.this.unnest()):
            return ["known" if denied else "missing", self._asked(inner.this.unnest())]
        if isinstance(inner, exp.Column):
            if inner.table.startswith("storey_"):
                self.flags[inner.name] = inner.table
            elif not self._is_tag(inner) or self.kinds[inner.name] != "boolean":
                return None
            else:
                self._asked(inner)
            return ["no" if denied else "yes", inner.name]
        if isinstance(inner, exp.In):
            values = self._values(inner.this, inner.expressions)
            return None if values is None else ["not in" if denied else "in", self._asked(inner.this), *values]
        return self._compared(inner)

    def _compared(self, condition: exp.Expression) -> list | None:
        """A tag beside a value that is written out, or days from the business date."""
        kind = type(condition)
        if kind not in VERBS:
            return None
        for left, right, turned in ((condition.this, condition.expression, kind), (condition.expression, condition.this, MIRRORED[kind])):
            values = self._values(left, [right])
            if values is not None:
                return [VERBS[turned], self._asked(left), *values]
        return None

    def _is_tag(self, node: exp.Expression) -> bool:
        return isinstance(node, exp.Column) and node.table == "tags" and (node.name in self.kinds or node.name == "biz_date")

    def _asked(self, tag: exp.Column) -> str:
        self.tags.add(tag.name)
        return tag.name

    def _values(self, node: exp.Expression, values: list[exp.Expression]) -> list[str] | None:
        """What a tag is compared with, as texts; None if it is no tag, or they are of another kind."""
        if not self._is_tag(node):
            return None
        data_type = self.kinds.get(node.name, "date")
        read = {"varchar": _text, "date": _day}.get(data_type) or (_number if _is_narrow(data_type) else None)
        found = [read(value) for value in values] if read else [None]
        return None if None in found else found

    def _by_query(self, condition: exp.Expression) -> list:
        """A condition that the query answers, true, false or missing."""
        return ["yes", self.calculated.setdefault(printed(condition), f"asked_{len(self.calculated)}")]


def printed(condition: exp.Expression) -> str:
    """A condition as lower-case SQL, one part per line. Only texts can hold capitals, and they keep them."""
    return re.sub(
        r"'[^']*'|[^']+", lambda found: found[0] if found[0][0] == "'" else found[0].lower(), condition.sql("duckdb", pretty=True)
    )


def _denials_inside(condition: exp.Expression, denied: bool = False) -> exp.Expression:
    """The same condition with `not` before single conditions only, and comparisons turned round in place of it."""
    condition = condition.unnest()
    if isinstance(condition, exp.Not):
        return _denials_inside(condition.this, not denied)
    if isinstance(condition, exp.And | exp.Or):
        kind = type(condition) if not denied else exp.Or if isinstance(condition, exp.And) else exp.And
        return kind(this=_denials_inside(condition.this, denied), expression=_denials_inside(condition.expression, denied))
    if not denied:
        return condition
    if type(condition) in DENIED:
        return DENIED[type(condition)](this=condition.this, expression=condition.expression)
    return exp.Not(this=condition)


def _parts(condition: exp.Expression, kind: type[exp.Expression]) -> Iterator[exp.Expression]:
    """The parts of a chain of `and` or of `or`."""
    for part in (condition.this, condition.expression):
        yield from _parts(part, kind) if isinstance(part, kind) else (part,)


def _number(value: exp.Expression) -> str | None:
    """A number that is written out, with its sign."""
    value = value.unnest()
    if isinstance(value, exp.Neg):
        inner = _number(value.this)
        return None if inner is None else str(-Decimal(inner))
    return value.this if isinstance(value, exp.Literal) and not value.is_string else None


def _text(value: exp.Expression) -> str | None:
    return value.name if isinstance(value, exp.Literal) and value.is_string else None


def _day(value: exp.Expression) -> str | None:
    """A date that is written out; the business date, and days from it, as `D`, `D-30`, `D+5`."""
    value = value.unnest()
    if isinstance(value, exp.Cast) and value.this.is_string:
        return date.fromisoformat(value.this.name).isoformat()
    sign = {exp.Add: "+", exp.Sub: "-"}.get(type(value))
    base, days = (value.this, f"{sign}{value.expression.name}") if sign and value.expression.is_int else (value, "")
    return f"D{days}" if isinstance(base, exp.Column) and base.name == "biz_date" and base.table == "tags" else None


def _is_narrow(data_type: str) -> bool:
    """Is it a number that is stored in 64 bits at most?"""
    digits = re.match(r"decimal\((\d+)", data_type)
    return int(digits[1]) <= WIDEST if digits else data_type in ("tinyint", "smallint", "integer", "bigint")
